// Requests that try to break a server: made from its OpenAPI document, and a list written by hand.
import fc from "fast-check";
import { FORMS } from "./forms.ts";
import { type Schemas, valuesOf } from "./from-schema.ts";
import { BYTE_SPOILINGS, jsonText, SPOILINGS, spoiled, spoiledBytes } from "./mutate.ts";
import { PICTURES } from "./pictures.ts";

/** A request with its exact bytes. */
export interface HostileRequest {
  readonly kind: "valid" | "spoiled" | "form" | "headers" | "by hand";
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  /** The statuses that are right for it; undefined: any that the API plans. */
  readonly expected?: readonly number[];
}

interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
}

/** What is read of an OpenAPI document. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Schemas };
}

const HEADER_VALUES = ["0", "-1", "1e9", "x", "5", "0.000001", "99999999999", "\u00e9", "a, b", "null", "'"];
const HEADERS: fc.Arbitrary<Readonly<Record<string, string>>> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  fc.constantFrom(...HEADER_VALUES).map((value) => ({ "relata-timeout": value })),
  fc.constantFrom("gzip", "br", "identity", "deflate, gzip").map((value) => ({ "content-encoding": value })),
  fc.constantFrom("null", "https://evil.example", "x").map((value) => ({ origin: value })),
  fc
    .constantFrom("00-x", `00-${"a".repeat(32)}-${"b".repeat(16)}-01`, "z".repeat(5000))
    .map((value) => ({ traceparent: value })),
  fc
    .constantFrom("evil\u0001", "a b", "x".repeat(1000))
    .map((value) => ({ "x-request-id": value.replace("\u0001", "<") })),
  fc.constantFrom("PUT", "DELETE").map((value) => ({ "x-http-method-override": value })),
  fc.constantFrom("Basic YTpi", "Bearer ", "Bearer a b", "x").map((value) => ({ authorization: value })),
);
const CONTENT_TYPES = [
  "application/json; charset=utf-16",
  'application/json; charset="utf-8"',
  "APPLICATION/JSON",
  "text/plain",
  "application/x-www-form-urlencoded",
  "application/problem+json",
  "multipart/form-data",
  "",
  ",",
];

/** Requests from a document: for every operation valid, spoiled, and as forms; and for unknown paths and methods. */
export function requestsOf(document: ApiDocument): fc.Arbitrary<HostileRequest> {
  const { schemas } = document.components;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody }]) => ({
      method: method.toUpperCase(),
      path: path.replace(/\{\w+\}/g, "1"),
      schema: requestBody?.content["application/json"]?.schema,
      isForm: requestBody?.content["multipart/form-data"] !== undefined,
    })),
  );
  const withBody = operations.filter(({ schema }) => schema !== undefined);
  const withForm = operations.filter(({ isForm }) => isForm);
  const json = { "content-type": "application/json" };
  const bodies = fc.constantFrom(...withBody).chain(({ method, path, schema = {} }) =>
    fc
      .record({ value: valuesOf(schema, schemas), keepsModel: fc.nat(9) })
      // Most made-up names of models lead no further than 404.
      .map(({ value, keepsModel }) => ({
        method,
        path,
        value: keepsModel === 0 ? value : withoutModel(value),
      })),
  );
  const valid = bodies.map(
    ({ method, path, value }): HostileRequest => ({
      kind: "valid",
      method,
      path,
      headers: json,
      body: Buffer.from(JSON.stringify(value)),
    }),
  );
  const broken = fc
    .record({
      request: bodies,
      spoilings: fc.array(SPOILINGS, { maxLength: 3 }),
      bytes: BYTE_SPOILINGS,
      headers: HEADERS,
      type: fc.oneof(
        { weight: 8, arbitrary: fc.constant("application/json") },
        fc.constantFrom(...CONTENT_TYPES),
      ),
    })
    .map(
      ({ request: { method, path, value }, spoilings, bytes, headers, type }): HostileRequest => ({
        kind: "spoiled",
        method,
        path,
        headers: { "content-type": type, ...headers },
        body: spoiledBytes(Buffer.from(jsonText(spoilings.reduce(spoiled, value))), bytes),
      }),
    );
  const pictures = fc
    .record({
      picture: fc.constantFrom(...Object.values(PICTURES)),
      operation: fc.constantFrom(...withForm),
      isUrl: fc.boolean(),
    })
    .map(
      ({ picture, operation: { method, path }, isUrl }): HostileRequest => ({
        kind: "spoiled",
        method,
        path,
        headers: json,
        body: Buffer.from(
          JSON.stringify({
            text: "Ada met Bo",
            image: { base64: `${isUrl ? "data:image/png;base64," : ""}${picture.toString("base64")}` },
          }),
        ),
      }),
    );
  const forms = fc
    .record({ form: FORMS, operation: fc.constantFrom(...withForm), bytes: BYTE_SPOILINGS })
    .map(
      ({ form, operation: { method, path }, bytes }): HostileRequest => ({
        kind: "form",
        method,
        path,
        headers: { "content-type": form.contentType },
        body: spoiledBytes(form.body, bytes),
      }),
    );
  const elsewhere = fc
    .record({
      method: fc.constantFrom("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"),
      path: fc.oneof(
        fc.constantFrom(...operations.map(({ path }) => path)),
        fc.constantFrom(
          "/",
          "//",
          "/v1",
          "/v1/extract/",
          "/V1/EXTRACT",
          "/v1//extract",
          "/v1/extract%00",
          "/.env",
          "/%2e%2e/x",
          "/index.html",
          "/assets/../package.json",
          "/v1/extract?x=%ff",
          "/a".repeat(2000),
          "/%",
          "/%e0%80%af",
        ),
      ),
      headers: HEADERS,
    })
    .map(
      ({ method, path, headers }): HostileRequest => ({
        kind: "headers",
        method,
        path,
        headers,
        body: undefined,
      }),
    );
  return fc.oneof(
    { weight: 3, arbitrary: valid },
    { weight: 5, arbitrary: broken },
    { weight: 1, arbitrary: pictures },
    { weight: 3, arbitrary: forms },
    { weight: 1, arbitrary: elsewhere },
  );
}

function withoutModel(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("model" in value)) return value;
  const { model: _, ...rest } = value;
  return rest;
}

const json = (
  body: string | object,
  expected: readonly number[],
  headers: Readonly<Record<string, string>> = {},
): HostileRequest => ({
  kind: "by hand",
  method: "POST",
  path: "/v1/extract",
  headers: { "content-type": "application/json", ...headers },
  body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
  expected,
});

/** Limits, each from both sides, and old tricks. `limits` are those of the server. */
export function requestsByHand(
  limits: {
    readonly maxTextLength: number;
    readonly maxPosts: number;
    readonly maxBodyBytes: number;
  },
  hasModels = true,
): readonly HostileRequest[] {
  const { maxTextLength, maxPosts, maxBodyBytes } = limits;
  const post = { text: "Ada met Bo" };
  const readable = hasModels ? [422] : [200]; // only models look at spans
  return [
    json({ text: "a".repeat(maxTextLength) }, [200]),
    json({ text: "a".repeat(maxTextLength + 1) }, [422]),
    json({ posts: Array.from({ length: maxPosts }, () => ({ text: "" })) }, [200]),
    json({ posts: Array.from({ length: maxPosts + 1 }, () => post) }, [413]),
    json({ posts: [] }, [400]),
    json(`{"text":"${"a".repeat(maxBodyBytes)}"}`, [413]),
    json(`${"[".repeat(1_000_000)}`, [400]),
    json(`{"text":"a","options":${'{"a":'.repeat(5000)}1${"}".repeat(5000)}}`, [400]),
    json(`{"posts":[${"{},".repeat(200_000)}{}]}`, [400, 413]),
    json(`{"text":"a","entities":[${Array(2000).fill('{"start":0,"end":1,"label":"A"}').join(",")}]}`, [400]),
    json({ text: "Ada met Bo", words: [{ start: 0, end: 2 ** 53 }] }, [400, 422]),
    json({ text: "Ada met Bo", words: [{ start: 5, end: 2 }] }, readable),
    json({ text: "\ud83d", options: { offsets: "utf-8" } }, [200]),
    json(
      { text: "\u{1f600} Ada", entities: [{ start: 1, end: 3, label: "A" }], options: { offsets: "utf-8" } },
      readable,
    ),
    json({ text: "Ada", image: { part: "image" } }, [400]),
    json({ text: "Ada", image: { url: "http://127.0.0.1:22/" } }, [422]),
    json({ text: "Ada", image: { url: "http://169.254.169.254/latest/" } }, [422]),
    json({ text: "Ada", image: { base64: "data:image/svg+xml,<svg/>" } }, [422]),
    json({ text: "Ada", image: { base64: "====" } }, [422]),
    json({ text: "Ada", image: { base64: `${"A".repeat(1_000_001)}*` } }, [422]),
    json({ text: "Ada", image: { base64: PICTURES["a PNG of four gigapixels"]?.toString("base64") } }, [422]),
    json('{"__proto__":{"text":"a"}}', [400]),
    json('{"text":"a","__proto__":{"admin":true}}', [400]),
    json('\ufeff{"text":"a"}', [200]),
    json('{"text":"a"}{"text":"b"}', [400]),
    json('{"text":"a"} // comment', [400]),
    json("null", [400]),
    json(post, [200], { "relata-timeout": "5" }),
    json(post, [400], { "relata-timeout": "-5" }),
    json(post, [400], { "relata-timeout": "Infinity" }),
    json(post, [415], { "content-encoding": "gzip" }),
    json(post, [403], { origin: "https://evil.example" }),
    { ...json(post, [405]), method: "PUT" },
    { ...json(post, [404]), path: "/v1/extract/" },
    { ...json(post, [404]), path: "/v1/models/../extract/../../x" },
  ];
}
