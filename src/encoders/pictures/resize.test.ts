// Expected pixels from Pillow 13.0.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Resample, resizePicture } from "./resize.ts";
import type { RgbPicture } from "./rgb-picture.ts";

const picture: RgbPicture = {
  width: 7,
  height: 5,
  data: Uint8Array.from({ length: 7 * 5 * 3 }, (_, i) => (i * 37 + 11) % 256),
};

// Filter, the 18 bytes of 3 x 2 pixels, and the beginning of the SHA-256 of 9 x 3 pixels (wider, but fewer rows).
const CASES: readonly (readonly [Resample, readonly number[], string])[] = [
  [
    "nearest",
    [131, 168, 205, 97, 134, 171, 63, 100, 137, 149, 186, 223, 115, 152, 189, 81, 118, 155],
    "65455b12b42a",
  ],
  [
    "lanczos",
    [109, 85, 138, 172, 134, 98, 125, 180, 133, 84, 120, 157, 134, 96, 131, 160, 155, 75],
    "e8163e114733",
  ],
  [
    "bilinear",
    [113, 97, 134, 154, 131, 111, 134, 169, 128, 93, 115, 152, 131, 108, 129, 152, 149, 83],
    "e57c579afbb8",
  ],
  [
    "bicubic",
    [109, 91, 137, 167, 133, 101, 129, 175, 133, 87, 118, 157, 133, 99, 127, 156, 153, 79],
    "90129b783ea3",
  ],
  [
    "box",
    [76, 113, 150, 182, 134, 86, 119, 156, 150, 99, 136, 173, 120, 72, 109, 142, 179, 88],
    "a881ef5cbac2",
  ],
  [
    "hamming",
    [101, 106, 143, 155, 132, 110, 123, 159, 146, 95, 126, 163, 127, 104, 130, 143, 153, 87],
    "6ca7582440c8",
  ],
];

describe("resizePicture", () => {
  it.each(CASES)("equals PIL's %s filter bit for bit", (resample, small, wide) => {
    expect([...resizePicture(picture, 3, 2, resample).data]).toEqual(small);
    const { data } = resizePicture(picture, 9, 3, resample);
    expect(createHash("sha256").update(data).digest("hex").slice(0, 12)).toBe(wide);
  });

  it("leaves a picture of the wanted size alone", () => {
    expect(resizePicture(picture, 7, 5, "bicubic")).toBe(picture);
  });
});
