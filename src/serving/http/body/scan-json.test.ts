// The pass over JSON before it is parsed: it takes pictures out and changes nothing else, whatever the JSON is.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atOnce } from "../../../base/turns.ts";
import { decodeBase64 } from "./base64.ts";
import { scanJson } from "./scan-json.ts";

const scan = (text: string) => atOnce(scanJson(Buffer.from(text)));

describe("a scan", () => {
  it("leaves JSON as it is, apart from long base64 of fields of this name", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 1, 3), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(scan(text).rest.toString()).toBe(text);
      }),
    );
  });

  it("gives back exactly what it took out", () => {
    const long = fc.base64String({ minLength: 1100, maxLength: 5000 });
    fc.assert(
      fc.property(
        fc.array(long, { minLength: 1, maxLength: 4 }),
        fc.constantFrom("", "\\", '"', '\\"base64":'),
        (texts, odd) => {
          const value = { odd, posts: texts.map((base64) => ({ text: odd, image: { base64 } })) };
          const { rest, taken } = scan(JSON.stringify(value));
          expect(rest.length).toBeLessThan(1000);
          const { posts } = JSON.parse(rest.toString()) as typeof value;
          expect(posts.map(({ image }) => taken(image.base64)?.toString())).toEqual(texts);
          expect(posts.map(({ text }) => taken(text))).toEqual(texts.map(() => undefined));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("takes nothing from a text that only looks like such a field", () => {
    const long = "A".repeat(2000);
    for (const value of [
      { text: `"base64":"${long}` },
      { base65: long },
      ["base64", long],
      { base64: [long] },
      { base64: `\n${long}` },
    ]) {
      const text = JSON.stringify(value);
      expect(scan(text).rest.toString()).toBe(text);
    }
  });

  it("ends with any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          atOnce(scanJson(Buffer.from(bytes)));
        } catch (error) {
          expect(error).toMatchObject({
            code: expect.stringMatching(/^serving\/(not-json|duplicate-field)$/),
          });
        }
      }),
    );
  });
});

describe("base64", () => {
  it("of any bytes is read back, in both alphabets, without padding and with line breaks", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        const buffer = Buffer.from(bytes);
        const text = buffer.toString("base64");
        const lines = text.replace(/.{20}/g, "$&\r\n");
        for (const given of [
          text,
          buffer.toString("base64url"),
          lines,
          `data:image/png;base64,${text}`,
          Buffer.from(text),
        ])
          expect(decodeBase64(given, "image.base64", 200)).toEqual(buffer);
      }),
    );
  });

  it("with a character that is not of its alphabet, or a number of them that cannot be, is refused", () => {
    const text = Buffer.alloc(30, 7).toString("base64");
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom("*", "\0", "\u00e9", "=", "."), (at, wrong) => {
        const spoiled = `${text.slice(0, at)}${wrong}${text.slice(at)}`;
        expect(() => decodeBase64(spoiled, "image.base64", 200)).toThrow(/image\.base64/);
      }),
    );
    expect(() => decodeBase64("AAAAA", "image.base64", 200)).toThrow(/not a whole number of bytes/);
    expect(() => decodeBase64("", "image.base64", 200)).toThrow(/is empty/);
  });
});
