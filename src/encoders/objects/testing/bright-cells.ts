// Detectors whose findings can be computed by hand: the input is cut into 4 x 4 cells; a cell is an object of class "red" as far as its pixels
// are red, of class "blue" as far as they are blue. One ONNX file per output layout.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hostTensor } from "../../../graph/host-tensor.ts";
import { encodeModel } from "../../../graph/onnx-messages.ts";
import { averagePool2d } from "../../../graph/operators/convolution.ts";
import { add, cast, equal, multiply, subtract } from "../../../graph/operators/elementwise.ts";
import { reduceMax } from "../../../graph/operators/reduction.ts";
import { concatenate, filled, reshape, slice, transpose } from "../../../graph/operators/shape.ts";
import { serialize } from "../../../graph/serialize.ts";
import { constant, input, scalar, type Tensor } from "../../../graph/tensor.ts";
import type { RgbPicture } from "../../pictures/rgb-picture.ts";

export type CellLayout = "detr" | "yolo" | "yolov5" | "end-to-end" | "boxes" | "owl-vit";

/** Side of the input, in pixels. */
const SIDE = 32;
const CELLS = 4;
const COUNT = CELLS * CELLS;
const CELL = SIDE / CELLS;
/** Logits are this times (redness - 1/2). */
export const STEEPNESS = 10;
/** Objectness that the YOLOv5 layout gives every cell. */
const OBJECTNESS = 0.9;
/** Tokens per query. */
export const TOKENS = 8;

/** One word per line: the number of its line is its id. */
const WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "photo", "of", "red", "blue"] as const;

/** Writes detector.onnx and detector.json into `folder`; `settings` go over the description. Returns the description's path. */
export async function writeCellDetector(
  folder: string,
  layout: CellLayout,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "detector.onnx"), layout === "boxes" ? listModel() : cellModel(layout));
  if (layout === "owl-vit") {
    await writeFile(join(folder, "vocab.txt"), `${WORDS.join("\n")}\n`);
    await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify({ do_lower_case: true }));
  }
  const description = {
    layout,
    model: "detector.onnx",
    input: "pixels",
    resize: { kind: "exact", width: SIDE, height: SIDE },
    resample: "box",
    ...(layout === "owl-vit" ? {} : { classes: ["red", "blue"] }),
    ...settings,
  };
  const path = join(folder, "detector.json");
  await writeFile(path, JSON.stringify(description));
  return path;
}

/** A black picture with coloured rectangles. */
export function painted(
  width: number,
  height: number,
  parts: readonly {
    readonly box: readonly [number, number, number, number];
    readonly color: "red" | "blue";
    readonly light: number;
  }[],
): RgbPicture {
  const data = new Uint8Array(width * height * 3);
  for (const { box, color, light } of parts) {
    const [left, top, right, bottom] = box;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) data[3 * (y * width + x) + (color === "red" ? 0 : 2)] = light;
    }
  }
  return { width, height, data };
}

function cellModel(layout: Exclude<CellLayout, "boxes">): Uint8Array {
  const [red, blue] = colours();
  switch (layout) {
    case "detr": {
      const logits = [steep(red), steep(blue), filled([1, COUNT, 1], 0)];
      return bytes({ logits: concatenate(logits, 2), pred_boxes: cellTable(1 / SIDE) });
    }
    case "yolo":
      return bytes({ output0: transpose(concatenate([cellTable(1), red, blue], 2), [0, 2, 1]) });
    case "yolov5":
      return bytes({ output0: concatenate([cellTable(1), filled([1, COUNT, 1], OBJECTNESS), red, blue], 2) });
    case "end-to-end":
      return bytes({ output0: concatenate([cornerTable(), red, filled([1, COUNT, 1], 0)], 2) });
    case "owl-vit": {
      const ids = input("input_ids", "int64", ["queries", TOKENS]);
      const mask = cast(input("attention_mask", "int64", ["queries", TOKENS]), "float32");
      const names = (word: (typeof WORDS)[number]) => {
        const isWord = equal(ids, constant(hostTensor("int64", [], [WORDS.indexOf(word)])));
        return reshape(reduceMax(multiply(mask, cast(isWord, "float32")), { axes: [1] }), [1, 1, "queries"]);
      };
      const named = add(multiply(red, names("red")), multiply(blue, names("blue")));
      return bytes({ logits: steep(named), pred_boxes: cellTable(1 / SIDE) });
    }
    default:
      return layout satisfies never;
  }
}

/** Redness and blueness of the cells, each [1, cells, 1]. */
function colours(): readonly [Tensor, Tensor] {
  const cells = averagePool2d(input("pixels", "float32", [1, 3, SIDE, SIDE]), { kernel: CELL, stride: CELL });
  const channel = (c: number) => reshape(slice(cells, 1, c, c + 1), [1, COUNT, 1]);
  return [channel(0), channel(2)];
}

function steep(share: Tensor): Tensor {
  return multiply(scalar(STEEPNESS), subtract(share, scalar(0.5)));
}

/** Centre and size of the cells [1, cells, 4], in pixels times `unit`. */
function cellTable(unit: number): Tensor {
  const sizes = cellCorners().map(([left = 0, top = 0]) => [left + CELL / 2, top + CELL / 2, CELL, CELL]);
  return table(sizes.map((row) => row.map((value) => value * unit)));
}

function cornerTable(): Tensor {
  return table(cellCorners());
}

function table(rows: readonly (readonly number[])[]): Tensor {
  return constant(hostTensor("float32", [1, rows.length, 4], Float32Array.from(rows.flat())));
}

function cellCorners(): number[][] {
  return Array.from({ length: COUNT }, (_, i) => {
    const left = (i % CELLS) * CELL;
    const top = Math.floor(i / CELLS) * CELL;
    return [left, top, left + CELL, top + CELL];
  });
}

function bytes(outputs: Readonly<Record<string, Tensor>>): Uint8Array {
  return serialize(outputs).bytes;
}

/** As torchvision exports: input [3, height, width], and lists of as many boxes as there are cells redder than a tenth. */
function listModel(): Uint8Array {
  const node = (type: string, inputs: string[], outputs: string[], attributes = {}) => ({
    type,
    domain: "",
    inputs,
    outputs,
    attributes,
  });
  const window = { kernel_shape: [CELL, CELL], strides: [CELL, CELL] };
  return encodeModel({
    nodes: [
      node("Unsqueeze", ["pixels", "axis0"], ["batch"]),
      node("AveragePool", ["batch"], ["means"], window),
      node("Reshape", ["means", "channelsByCells"], ["byChannel"]),
      node("Gather", ["byChannel", "first"], ["red"], { axis: 0 }),
      node("Greater", ["red", "tenth"], ["isRed"]),
      node("NonZero", ["isRed"], ["found"]),
      node("Squeeze", ["found", "axis0"], ["rows"]),
      node("Gather", ["corners", "rows"], ["boxes"], { axis: 0 }),
      node("Gather", ["red", "rows"], ["scores"], { axis: 0 }),
      node("Sub", ["rows", "rows"], ["labels"]),
    ],
    inputs: [{ name: "pixels", dtype: "float32", shape: [3, SIDE, SIDE] }],
    outputs: [
      { name: "boxes", dtype: "float32", shape: ["n", 4] },
      { name: "scores", dtype: "float32", shape: ["n"] },
      { name: "labels", dtype: "int64", shape: ["n"] },
    ],
    constants: [
      ["axis0", hostTensor("int64", [1], [0])],
      ["channelsByCells", hostTensor("int64", [2], [3, COUNT])],
      ["first", hostTensor("int64", [], [0])],
      ["tenth", hostTensor("float32", [], [0.1])],
      ["corners", hostTensor("float32", [COUNT, 4], Float32Array.from(cellCorners().flat()))],
    ],
  });
}
