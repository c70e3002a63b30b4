import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Box } from "./boxes.ts";
import { cropPicture, toPixelBox } from "./pixel-box.ts";
import { type Candidate, selectObjects } from "./selection.ts";

const PICTURE = { width: 100, height: 50 };
const RULES = { maxObjects: 10, minAreaShare: 0, iouThreshold: 0.5 };

const candidate = (
  score: number,
  [left, top, right, bottom]: readonly number[],
  label?: string,
): Candidate => ({
  box: { left, top, right, bottom } as Box,
  score,
  label,
});

describe("toPixelBox", () => {
  it("clips to the picture and rounds to pixel borders", () => {
    const box = { left: -7, top: 3.4, right: 20.5, bottom: 80 };
    expect(toPixelBox(box, PICTURE)).toEqual({ left: 0, top: 3, right: 21, bottom: 50 });
  });

  it.each([
    { what: "beside the picture", box: [100.2, 0, 120, 10] },
    { what: "above it", box: [0, -20, 10, -1] },
    { what: "turned inside out", box: [30, 10, 20, 20] },
    { what: "without width", box: [30, 10, 30, 20] },
    { what: "narrower than half a pixel", box: [30.1, 10, 30.4, 20] },
  ])("gives nothing for a box $what", ({ box: [left = 0, top = 0, right = 0, bottom = 0] }) => {
    expect(toPixelBox({ left, top, right, bottom }, PICTURE)).toBeUndefined();
  });
});

describe("cropPicture", () => {
  it("cuts rows and columns out, half-open", () => {
    // Pixel (x, y) of a 4 x 3 picture has the value 10 y + x in all channels.
    const data = Uint8Array.from({ length: 36 }, (_, i) => 10 * Math.floor(i / 12) + (Math.floor(i / 3) % 4));
    const crop = cropPicture({ width: 4, height: 3, data }, { left: 1, top: 1, right: 3, bottom: 3 });
    expect([crop.width, crop.height]).toEqual([2, 2]);
    expect([...crop.data].filter((_, i) => i % 3 === 0)).toEqual([11, 12, 21, 22]);
  });
});

describe("selectObjects", () => {
  it("sorts by score, then from the top, then from the left", () => {
    const { objects } = selectObjects(
      [
        candidate(0.5, [40, 20, 50, 30], "low"),
        candidate(0.5, [40, 5, 50, 10], "right"),
        candidate(0.5, [10, 5, 20, 10], "left"),
        candidate(0.9, [60, 40, 70, 45], "best"),
      ],
      PICTURE,
      RULES,
    );
    expect(objects.map(({ label }) => label)).toEqual(["best", "left", "right", "low"]);
    expect(objects[0]).toEqual({
      box: { left: 60, top: 40, right: 70, bottom: 45 },
      score: 0.9,
      label: "best",
    });
  });

  it("drops and counts boxes without a pixel, and drops small ones", () => {
    const { objects, degenerate } = selectObjects(
      [candidate(0.9, [200, 0, 210, 10]), candidate(0.8, [0, 0, 10, 5]), candidate(0.7, [0, 0, 10, 4.4])],
      PICTURE,
      { ...RULES, minAreaShare: 0.01, iouThreshold: 1 }, // 50 of 5000 pixels
    );
    expect(degenerate).toBe(1);
    expect(objects.map(({ score }) => score)).toEqual([0.8]);
  });

  it("keeps one of two boxes around the same pixels, whatever their classes", () => {
    const { objects } = selectObjects(
      [candidate(0.6, [0, 0, 20, 20], "car"), candidate(0.7, [1, 0, 21, 20], "truck")],
      PICTURE,
      RULES,
    );
    expect(objects.map(({ label }) => label)).toEqual(["truck"]);
  });

  it("counts the limit after suppression", () => {
    const { objects } = selectObjects(
      [candidate(0.9, [0, 0, 20, 20]), candidate(0.8, [0, 0, 20, 20]), candidate(0.7, [50, 0, 70, 20])],
      PICTURE,
      { ...RULES, maxObjects: 2 },
    );
    expect(objects.map(({ score }) => score)).toEqual([0.9, 0.7]);
  });

  it("does not depend on the order in which the network lists its boxes", () => {
    const coordinate = fc.integer({ min: -20, max: 110 });
    const drawn = fc
      .tuple(coordinate, coordinate, coordinate, coordinate, fc.integer({ min: 1, max: 4 }))
      .map(([left, top, right, bottom, score]) => candidate(score / 4, [left, top, right, bottom]));
    const listing = fc
      .array(drawn, { maxLength: 12 })
      .chain((candidates) =>
        fc.tuple(
          fc.constant(candidates),
          fc.shuffledSubarray(candidates, { minLength: candidates.length, maxLength: candidates.length }),
        ),
      );
    fc.assert(
      fc.property(listing, ([candidates, shuffled]) => {
        const detection = selectObjects(candidates, PICTURE, RULES);
        expect(selectObjects(shuffled, PICTURE, RULES)).toEqual(detection);
        for (const { box } of detection.objects) {
          const isInside = box.left >= 0 && box.top >= 0 && box.right <= 100 && box.bottom <= 50;
          expect(isInside && box.left < box.right && box.top < box.bottom).toBe(true);
        }
      }),
    );
  });
});
