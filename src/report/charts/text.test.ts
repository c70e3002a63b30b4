import fc from "fast-check";
import { expect, it } from "vitest";
import { fitText, textWidth } from "./text.ts";

it("takes narrow, ordinary, capital and full-width characters for what they are", () => {
  expect(textWidth("il.", 10)).toBe(12); // 3 * 0.38 em
  expect(textWidth("ace", 10)).toBe(19); // 3 * 0.62 em
  expect(textWidth("ACE", 10)).toBe(26); // 3 * 0.85 em
  expect(textWidth("東京", 10)).toBe(21); // 2 * 1.05 em
});

it("leaves what fits, and cuts the rest to a beginning that fits", () => {
  expect(fitText("without mixup", 200, 12)).toBe("without mixup");
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", minLength: 1 }),
      fc.integer({ min: 30, max: 200 }),
      (text, pixels) => {
        const fitted = fitText(text, pixels, 12);
        return fitted === text || (fitted.endsWith("…") && textWidth(fitted, 12) <= pixels);
      },
    ),
  );
});
