// Characters that cannot be seen are named; what belongs to a script or an emoji stays as it is.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { glyphsOf } from "./invisible.ts";

const names = (text: string) => glyphsOf(text).flatMap((one) => (one.kind === "invisible" ? [one.name] : []));

/** `fc.string({ unit: "binary" })` takes a tenth of a second a text. */
const TEXTS = fc
  .array(
    fc.oneof(fc.integer({ min: 0, max: 0x10ffff }), fc.constantFrom(0x200b, 0x200d, 0x1f468, 0xfe0f, 0x202e)),
  )
  .map((points) => String.fromCodePoint(...points));

describe("invisible characters", () => {
  it("are named: zero width space, overrides of direction, no-break space, unknown ones by code", () => {
    expect(names("a\u200bb\u202ec\u00a0d\u0007e\u{e0041}")).toEqual([
      "zero width space",
      "RLO",
      "nbsp",
      "U+0007",
      "U+E0041",
    ]);
  });

  it("leaves line breaks, families, flags and the joiners of Persian and Hindi alone", () => {
    for (const text of ["a\nb", "👨‍👩‍👧 ok", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️", "می‌خواهم", "क्‍ष"]) expect(names(text)).toEqual([]);
  });

  it("keeps every offset: glyphs are the whole text in order", () => {
    fc.assert(
      fc.property(TEXTS, (text) => {
        let next = 0;
        for (const glyph of glyphsOf(text)) {
          expect(glyph.start).toBe(next);
          next += glyph.kind === "text" ? glyph.text.length : glyph.length;
        }
        expect(next).toBe(text.length);
      }),
    );
  });
});
