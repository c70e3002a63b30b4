// Values are written out by hand; the layouts are those of the exporters named in the titles.
import { describe, expect, it } from "vitest";
import { type DType, hostTensor } from "../../graph/host-tensor.ts";
import {
  type NamedOutput,
  readBoxes,
  readColumns,
  readFinishedRows,
  readQueries,
  readRows,
} from "./output-layouts.ts";

const output = (name: string, shape: number[], values: number[], dtype: DType = "float32"): NamedOutput => ({
  name,
  tensor:
    dtype === "int64"
      ? hostTensor("int64", shape, BigInt64Array.from(values.map(BigInt)))
      : hostTensor("float32", shape, Float32Array.from(values)),
});

const INPUT = { width: 200, height: 100 };
const SOFTMAX = { threshold: 0.5, activation: "softmax", noObject: true } as const;
// Centre (0.5, 0.25), size 0.5 x 0.5: 50..150 by 0..50 of the input.
const BOX = [0.5, 0.25, 0.5, 0.5];
const CORNERS = { left: 50, top: 0, right: 150, bottom: 50 };

describe("readQueries (DETR, OWL-ViT)", () => {
  it("takes the best class by softmax, the last of which means nothing", () => {
    const logits = output("logits", [1, 2, 3], [Math.log(6), Math.log(1), Math.log(1), 0, 0, 9]);
    const boxes = output("pred_boxes", [1, 2, 4], [...BOX, ...BOX]);
    const findings = readQueries({ logits, boxes }, INPUT, SOFTMAX);
    expect(findings).toEqual([{ box: CORNERS, score: expect.closeTo(6 / 8, 6), index: 0 }]);
  });

  it("takes each class by itself under a sigmoid", () => {
    const logits = output("logits", [1, 1, 3], [Math.log(1 / 3), Math.log(3), Number.NEGATIVE_INFINITY]);
    const boxes = output("pred_boxes", [1, 1, 4], BOX);
    const rules = { threshold: 0.5, activation: "sigmoid", noObject: false } as const;
    expect(readQueries({ logits, boxes }, INPUT, rules)).toEqual([
      { box: CORNERS, score: expect.closeTo(0.75, 6), index: 1 },
    ]);
    expect(readQueries({ logits, boxes }, INPUT, { ...rules, threshold: 0.76 })).toEqual([]);
  });

  it("survives logits that would overflow", () => {
    const logits = output("logits", [1, 1, 2], [1000, -1000]);
    const [found] = readQueries({ logits, boxes: output("b", [1, 1, 4], BOX) }, INPUT, SOFTMAX);
    expect(found?.score).toBe(1);
  });

  it.each([
    { what: "boxes for other queries", logits: [1, 2, 3], boxes: [1, 3, 4] },
    { what: "boxes of the wrong shape", logits: [1, 2, 3], boxes: [1, 2, 5] },
    { what: "a batch", logits: [2, 2, 3], boxes: [2, 2, 4] },
    { what: "a list", logits: [6], boxes: [1, 2, 4] },
  ])("refuses $what and names the output", ({ logits, boxes }) => {
    const zeros = (shape: number[]) => shape.reduce((product, size) => product * size, 1);
    const made = (name: string, shape: number[]) => output(name, shape, new Array(zeros(shape)).fill(0));
    expect(() =>
      readQueries({ logits: made("logits", logits), boxes: made("pred_boxes", boxes) }, INPUT, SOFTMAX),
    ).toThrowError(expect.objectContaining({ code: "encoder/bad-detector-output" }));
  });

  it.each([
    { what: "NaN in the class scores", logits: [Number.NaN, 0], box: BOX },
    { what: "NaN in a box", logits: [9, 0], box: [Number.NaN, 0.2, 0.5, 0.5] },
    { what: "an infinite box", logits: [9, 0], box: [0.5, 0.2, Number.POSITIVE_INFINITY, 0.5] },
  ])("refuses $what", ({ logits, box }) => {
    expect(() =>
      readQueries(
        { logits: output("logits", [1, 1, 2], logits), boxes: output("pred_boxes", [1, 1, 4], box) },
        INPUT,
        SOFTMAX,
      ),
    ).toThrowError(expect.objectContaining({ code: "encoder/detector-not-finite" }));
  });
});

describe("readColumns (YOLOv8 and later)", () => {
  it("reads boxes from columns: four sizes in pixels, then a score per class", () => {
    // Two boxes and three classes; the second box has no class above the threshold.
    const values = [30, 9, 20, 9, 40, 2, 10, 2, 0.1, 0.2, 0.8, 0.3, 0.7, 0.1];
    expect(readColumns(output("output0", [1, 7, 2], values), 0.5)).toEqual([
      { box: { left: 10, top: 15, right: 50, bottom: 25 }, score: expect.closeTo(0.8, 6), index: 1 },
    ]);
  });

  it("refuses class scores that are not probabilities, as in another layout", () => {
    const pixels = output("output0", [1, 5, 1], [30, 20, 40, 10, 57]);
    expect(() => readColumns(pixels, 0.5)).toThrowError(
      expect.objectContaining({ code: "encoder/bad-detector-output", value: 57 }),
    );
  });
});

describe("readRows (YOLOv5 to v7)", () => {
  it("multiplies objectness and class score", () => {
    const values = [30, 20, 40, 10, 0.9, 0.2, 0.7, 30, 20, 40, 10, 0.5, 0.9, 0.8];
    expect(readRows(output("output0", [1, 2, 7], values), 0.5)).toEqual([
      { box: { left: 10, top: 15, right: 50, bottom: 25 }, score: expect.closeTo(0.63, 6), index: 1 },
    ]);
  });

  it("refuses rows without a class", () => {
    expect(() => readRows(output("output0", [1, 1, 5], [1, 1, 1, 1, 1]), 0.5)).toThrow("5 + classes");
  });
});

describe("readFinishedRows (YOLOv10, YOLO26, exports with suppression)", () => {
  it("reads corners, score and class", () => {
    const values = [10, 15, 50, 25, 0.75, 2, 0, 0, 0, 0, 0, 0];
    expect(readFinishedRows(output("output0", [1, 2, 6], values), 0.5)).toEqual([
      { box: { left: 10, top: 15, right: 50, bottom: 25 }, score: 0.75, index: 2 },
    ]);
  });
});

describe("readBoxes (torchvision)", () => {
  const boxes = output("boxes", [2, 4], [10, 15, 50, 25, 0, 0, 1, 1]);
  const scores = output("scores", [2], [0.75, 0.25]);

  it("reads three lists, with labels or without", () => {
    const labels = output("labels", [2], [7, 8], "int64");
    const box = { left: 10, top: 15, right: 50, bottom: 25 };
    expect(readBoxes({ boxes, scores, labels }, 0.5)).toEqual([{ box, score: 0.75, index: 7 }]);
    expect(readBoxes({ boxes, scores, labels: undefined }, 0.5)).toEqual([{ box, score: 0.75, index: 0 }]);
  });

  it("finds nothing where there is nothing", () => {
    const none = { boxes: output("boxes", [0, 4], []), scores: output("scores", [0], []), labels: undefined };
    expect(readBoxes(none, 0.5)).toEqual([]);
  });

  it("refuses lists of different lengths, and scores that are not floats", () => {
    const short = output("scores", [1], [0.75]);
    expect(() => readBoxes({ boxes, scores: short, labels: undefined }, 0.5)).toThrow(
      'output "scores" is float32 [1], but must be float32 [2]',
    );
    const labels = output("labels", [2], [0, 1], "int64");
    expect(() => readBoxes({ boxes, scores: labels, labels: undefined }, 0.5)).toThrow('"labels" is int64');
  });
});
