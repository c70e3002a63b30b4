import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ownSequences, printable, printableJson } from "./printable.ts";

const CONTROLS = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

describe("printable", () => {
  it("shows control characters, escape sequences and changes of direction, whatever the text", () => {
    expect(printable("a\u001b]0;title\u0007\u001b[2J\u202etxt.exe\r\u009bm")).toBe(
      "a\\u001b]0;title\\u0007\\u001b[2J\\u202etxt.exe\\u000d\\u009bm",
    );
    expect(printable("two\nlines\tof 😀 text")).toBe("two\nlines\tof 😀 text");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(CONTROLS.test(printable(text))).toBe(false);
      }),
    );
  });

  it("sends relata's own colours, and no others", () => {
    expect(printable(`${ownSequences("\u001b[31m")}red \u001b[31m`)).toBe("\u001b[31mred \\u001b[31m");
  });

  it("keeps the value of JSON", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const json = printableJson(JSON.stringify({ text }));
        expect(JSON.parse(json)).toEqual({ text });
        expect(CONTROLS.test(json)).toBe(false);
      }),
    );
  });
});
