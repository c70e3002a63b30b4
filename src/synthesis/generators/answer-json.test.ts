import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonOfBytes, jsonOfText } from "./answer-json.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe("jsonOfBytes", () => {
  test("reads whatever JSON writes, with and without a byte order mark", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const text = JSON.stringify(value);
        expect(jsonOfBytes(bytesOf(text))).toEqual({ state: "json", value: JSON.parse(text) });
        expect(jsonOfBytes(bytesOf(`\ufeff${text}`))).toEqual({ state: "json", value: JSON.parse(text) });
      }),
    );
  });

  test.each<[string, string]>([
    ["[".repeat(65) + "]".repeat(65), "is nested more than 64 levels deep"],
    [`[${"0,".repeat(200_001)}0]`, "contains more than 200000 values"],
    ["{", "is not JSON"],
    ["", "is not JSON"],
    ['"never closed', "is not JSON"],
    ['"\\', "is not JSON"],
  ])("says what is wrong, before anything is made of it (%#)", (text, why) => {
    expect(jsonOfText(text)).toEqual({ state: "none", why });
  });

  test("does not count what stands in texts", () => {
    const text = JSON.stringify({ picture: `${"[,".repeat(300_000)}\\"[` });
    expect(jsonOfText(text).state).toBe("json");
  });

  test("refuses what is not UTF-8", () => {
    expect(jsonOfBytes(Uint8Array.of(0x22, 0xff, 0x22))).toEqual({ state: "none", why: "is not UTF-8" });
  });
});
