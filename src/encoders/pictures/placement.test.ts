import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PictureResize, placePicture } from "./placement.ts";
import { type PicturePreprocessing, preprocessPicture } from "./preprocess.ts";
import type { RgbPicture } from "./rgb-picture.ts";

const DETR: PictureResize = { kind: "shortest-edge", size: 800, longest: 1333 };
const YOLO: PictureResize = { kind: "letterbox", width: 640, height: 640, placement: "center", fill: 114 };

describe("placePicture", () => {
  it.each([
    // 800 * 640 / 480 = 1066.7, rounded down.
    { what: "within the limit", from: [640, 480], to: [1066, 800] },
    // 2 * 800 > 1333, so the shorter side is 1333 / 2 = 666.5, rounded to even; the longer one twice that.
    { what: "too wide", from: [1000, 500], to: [1332, 666] },
    { what: "too high", from: [500, 1000], to: [666, 1332] },
    // 1333 / 5000 rounds to 0, and one pixel is the least.
    { what: "a line", from: [5000, 1], to: [5000, 1] },
  ])("fits the shorter side as DETR does: $what", ({ from: [width = 0, height = 0], to }) => {
    const place = placePicture({ width, height }, DETR);
    expect([place.width, place.height]).toEqual(to);
    expect(place.scaleX).toBe(place.width / width);
  });

  it("puts a letterbox's picture into the middle, an odd pixel of margin behind it", () => {
    // 640 / 1280 = 0.5: 640 x 361 at (640 - 361) / 2 = 139.5, rounded down.
    const place = placePicture({ width: 1280, height: 722 }, YOLO);
    expect(place).toEqual({
      width: 640,
      height: 640,
      left: 0,
      top: 139,
      resizedWidth: 640,
      resizedHeight: 361,
      scaleX: 0.5,
      scaleY: 0.5,
    });
    expect(placePicture({ width: 1280, height: 722 }, { ...YOLO, placement: "corner" })).toMatchObject({
      left: 0,
      top: 0,
    });
  });

  it("never lets a picture stand out of its input", () => {
    const size = fc.integer({ min: 1, max: 3000 });
    const letterbox = fc.record({
      kind: fc.constant("letterbox" as const),
      width: size,
      height: size,
      placement: fc.constantFrom("center" as const, "corner" as const),
      fill: fc.constant(0),
    });
    fc.assert(
      fc.property(size, size, letterbox, (width, height, resize) => {
        const place = placePicture({ width, height }, resize);
        const isInside =
          place.left >= 0 &&
          place.top >= 0 &&
          place.left + place.resizedWidth <= place.width &&
          place.top + place.resizedHeight <= place.height;
        const touches = place.resizedWidth === place.width || place.resizedHeight === place.height;
        return isInside && touches;
      }),
    );
  });
});

describe("preprocessPicture with a letterbox", () => {
  const grey: RgbPicture = { width: 2, height: 1, data: new Uint8Array(6).fill(200) };
  const how: PicturePreprocessing = {
    resize: { kind: "letterbox", width: 4, height: 4, placement: "center", fill: 100 },
    resample: "bilinear",
    crop: undefined,
    scale: 1 / 100,
    mean: [0, 1, 0],
    deviation: [1, 1, 2],
  };

  it.each(["bilinear", "aligned-corners"] as const)("fills what is around the picture (%s)", (resample) => {
    const input = preprocessPicture(grey, { ...how, resample });
    expect([input.width, input.height]).toEqual([4, 4]);
    // 4 x 2 pixels in rows 1 and 2; red 200/100 and 100/100, green one less, blue half.
    const rows = (inside: number, outside: number) =>
      [outside, inside, inside, outside].flatMap((value) => [value, value, value, value]);
    expect([...input.data]).toEqual([...rows(2, 1), ...rows(1, 0), ...rows(1, 0.5)]);
  });
});
