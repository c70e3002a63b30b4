// Writes a small object detector for the corpus's pictures: of many square windows, it finds those whose pixels vary most. It was trained on
// nothing and sees only pixels, so its crops can tell no more about a post than its picture does.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hostTensor } from "../graph/host-tensor.ts";
import { relu, sqrt } from "../graph/operators/activation.ts";
import { averagePool2d } from "../graph/operators/convolution.ts";
import { multiply, subtract } from "../graph/operators/elementwise.ts";
import { reduceMean } from "../graph/operators/reduction.ts";
import { concatenate, reshape } from "../graph/operators/shape.ts";
import { serialize } from "../graph/serialize.ts";
import { constant, input, type Tensor } from "../graph/tensor.ts";
import { PICTURE_SIZE } from "./drawings.ts";

/** Sides of the windows: people and houses are about half as wide as a picture, cups and hearts a third. */
const WINDOWS = [32, 48] as const;
/** Distance between windows. */
const STRIDE = 8;
/** The deviation of pixels from 0 to 1 is at most one half. */
const MOST_DEVIATION = 0.5;
const MODEL = "model.onnx";

const DESCRIPTION = {
  layout: "boxes",
  model: MODEL,
  input: "pixels",
  resize: { kind: "exact", width: PICTURE_SIZE, height: PICTURE_SIZE },
  scoreThreshold: 0.1, // above the grain of a plain background
  iouThreshold: 0.2, // crops show different parts
};

/** Writes the detector into `folder`, and returns the path of its description, which `visual.detector` names. */
export async function writeObjectDetector(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, MODEL), serialize(windowsOf()).bytes);
  const place = join(folder, "detector.json");
  await writeFile(place, `${JSON.stringify(DESCRIPTION, undefined, 2)}\n`);
  return place;
}

/** `boxes` [windows, 4] in pixels, and `scores` [windows]: the deviation of a window's pixels, over the channels, from 0 to 1. */
function windowsOf(): Record<"boxes" | "scores", Tensor> {
  const pixels = input("pixels", "float32", [1, 3, PICTURE_SIZE, PICTURE_SIZE]);
  const scores = WINDOWS.map((side) => {
    const mean = (x: Tensor) => averagePool2d(x, { kernel: side, stride: STRIDE });
    const variance = subtract(mean(multiply(pixels, pixels)), multiply(mean(pixels), mean(pixels)));
    const deviation = reduceMean(sqrt(relu(variance)), { axes: [1] }); // rounding may make it slightly negative
    return reshape(multiply(deviation, 1 / MOST_DEVIATION), [places(side).length ** 2]);
  });
  const boxes = WINDOWS.flatMap((side) =>
    places(side).flatMap((top) => places(side).flatMap((left) => [left, top, left + side, top + side])),
  );
  return {
    boxes: constant(hostTensor("float32", [boxes.length / 4, 4], boxes)),
    scores: concatenate(scores, 0),
  };
}

/** Left or top edges of the windows of one side. */
function places(side: number): readonly number[] {
  return Array.from({ length: Math.floor((PICTURE_SIZE - side) / STRIDE) + 1 }, (_, i) => i * STRIDE);
}
