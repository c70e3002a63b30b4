// Bodies of multipart/form-data, correct ones and odd ones.
import fc from "fast-check";
import { NASTY_TEXTS } from "./from-schema.ts";
import { PICTURES } from "./pictures.ts";

const BOUNDARY = "----boundary7MA4YWxk";

/** A form's header and its bytes. */
export interface Form {
  readonly contentType: string;
  readonly body: Buffer;
}

interface Part {
  readonly headers: readonly string[];
  readonly bytes: Buffer;
}

const disposition = (name: string, file?: string) =>
  `Content-Disposition: form-data; name="${name}"${file === undefined ? "" : `; filename="${file}"`}`;

const PART: fc.Arbitrary<Part> = fc
  .record({
    name: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom("text", "image", "request", "caption", "model", "one") },
      fc.constantFrom("", "__proto__", "txt", "a".repeat(300), "image\0", "\u202e", 'a"b'),
    ),
    file: fc.option(fc.constantFrom("photo.jpg", "../../etc/passwd", "a.svg", "", "x\0.png", "C:\\a.png"), {
      nil: undefined,
    }),
    bytes: fc.oneof(
      fc.constantFrom(...Object.values(PICTURES)),
      fc
        .constantFrom(
          ...NASTY_TEXTS,
          "Ada met Bo",
          '{"text":"Ada","image":{"part":"one"}}',
          '{"posts":[{"text":"a"}]}',
          "{",
        )
        .map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    ),
    odd: fc.constantFrom(
      [],
      [],
      ["Content-Type: image/png"],
      ["Content-Type: text/plain; charset=utf-16"],
      ['Content-Type: text/plain; charset="no such"'],
      ["Content-Transfer-Encoding: base64"],
      ["Content-Type: multipart/mixed; boundary=inner"],
      Array.from({ length: 40 }, (_, i) => `X-${i}: ${"y".repeat(50)}`),
      [`X-Long: ${"y".repeat(9000)}`],
      ["no colon"],
      ["Content-Disposition: attachment"],
    ),
    place: fc.constantFrom("named", "named", "named", "named", "nameless", "none"),
  })
  .map(({ name, file, bytes, odd, place }) => ({
    headers: [
      ...(place === "named"
        ? [disposition(name, file)]
        : place === "nameless"
          ? ["Content-Disposition: form-data"]
          : []),
      ...odd,
    ],
    bytes,
  }));

/** A correct form of one post, for which only the picture's bytes may be wrong. */
const CORRECT: fc.Arbitrary<Form> = fc.constantFrom(...Object.values(PICTURES)).map((picture) => ({
  contentType: `multipart/form-data; boundary=${BOUNDARY}`,
  body: Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\n${disposition("text")}\r\n\r\nAda met Bo\r\n`),
    Buffer.from(`--${BOUNDARY}\r\n${disposition("image", "a.png")}\r\n\r\n`),
    picture,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]),
}));

/** Forms with one to four parts, or very many. */
const ODD: fc.Arbitrary<Form> = fc
  .record({
    parts: fc.oneof(
      { weight: 9, arbitrary: fc.array(PART, { maxLength: 4 }) },
      fc.constant(
        Array.from(
          { length: 700 },
          (_, i): Part => ({ headers: [disposition(`p${i}`)], bytes: Buffer.from("x") }),
        ),
      ),
    ),
    line: fc.constantFrom("\r\n", "\r\n", "\r\n", "\n", "\r"),
    end: fc.constantFrom("--", "--", "--", "", "-", "--\r\nepilogue", `--\r\n--${BOUNDARY}`),
    contentType: fc.constantFrom(
      ...Array<string>(6).fill(`multipart/form-data; boundary=${BOUNDARY}`),
      `multipart/form-data; boundary="${BOUNDARY}"`,
      "multipart/form-data",
      "multipart/form-data; boundary=",
      `multipart/form-data; boundary=${"x".repeat(2000)}`,
      `multipart/mixed; boundary=${BOUNDARY}`,
      `multipart/form-data; charset=utf-7; boundary=${BOUNDARY}`,
    ),
  })
  .map(({ parts, line, end, contentType }) => ({
    contentType,
    body: Buffer.concat([
      ...parts.flatMap(({ headers, bytes }) => [
        Buffer.from(`--${BOUNDARY}${line}${headers.map((header) => header + line).join("")}${line}`),
        bytes,
        Buffer.from(line),
      ]),
      Buffer.from(`--${BOUNDARY}${end}${line}`),
    ]),
  }));

export const FORMS: fc.Arbitrary<Form> = fc.oneof(
  { weight: 1, arbitrary: CORRECT },
  { weight: 3, arbitrary: ODD },
);
