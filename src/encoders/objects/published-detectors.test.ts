// Two published networks with random weights, exported by PyTorch, against what transformers finds with them (test/reference/make_detector_cases.py).
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../engine/runtime.ts";
import { readPicture } from "../pictures/decode.ts";
import { openObjectDetector } from "./onnx-detector.ts";
import { toPixelBox } from "./pixel-box.ts";

const GOLDEN = new URL("../../../test/golden/detectors/", import.meta.url);
/** Its queries are "Lake" and "brown horse", in this order. */
const TEXT = "the brown horse at a Lake";

interface Expected {
  readonly detector: string;
  readonly scores: readonly number[];
  readonly labels: readonly number[];
  readonly boxes: readonly (readonly [number, number, number, number])[];
}

const CASES = readFileSync(new URL("expected.jsonl", GOLDEN), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Expected);
const NAMES: Readonly<Record<string, readonly string[]>> = {
  yolos: ["first", "second", "third"],
  "owl-vit": ["Lake", "brown horse"],
};

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

describe("detectors as published", () => {
  it.each(CASES)(
    "find what transformers finds ($detector)",
    async ({ detector: name, scores, labels, boxes }) => {
      const outcome = await readPicture(fileURLToPath(new URL("picture.png", GOLDEN)));
      if (outcome.state !== "present") throw new Error(`the picture is ${outcome.state}`);
      const detector = await openObjectDetector(runtime, fileURLToPath(new URL(`${name}.json`, GOLDEN)));
      const { objects, degenerate } = await detector.detect(outcome.picture, TEXT);
      await detector.dispose();

      const expected = scores
        .map((score, i) => {
          const [left = 0, top = 0, right = 0, bottom = 0] = boxes[i] ?? [];
          const box = toPixelBox({ left, top, right, bottom }, outcome.picture);
          return {
            box,
            score: expect.closeTo(score, 4),
            label: NAMES[name]?.[labels[i] ?? -1],
            order: score,
          };
        })
        .sort((a, b) => b.order - a.order);
      expect(objects).toEqual(expected.filter(({ box }) => box).map(({ order: _, ...object }) => object));
      expect(degenerate).toBe(expected.filter(({ box }) => !box).length);
      expect(objects.length).toBeGreaterThan(3);
    },
  );
});
