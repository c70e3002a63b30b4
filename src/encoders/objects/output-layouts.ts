// Reads the outputs of detection networks, one function per layout, as boxes with scores in pixels of the network's input.
import { EncoderError } from "../../base/errors.ts";
import type { DType, HostTensor } from "../../graph/host-tensor.ts";
import { type Box, boxAround } from "./boxes.ts";

/** A box above the score threshold. */
export interface Finding {
  /** In pixels of the network's input. */
  readonly box: Box;
  readonly score: number;
  /** Index of the class, or of the query. */
  readonly index: number;
}

/** An output by its name. */
export interface NamedOutput {
  readonly name: string;
  readonly tensor: HostTensor;
}

export interface QueryOutputs {
  /** [1, queries, classes]: class scores before the activation. */
  readonly logits: NamedOutput;
  /** [1, queries, 4]: centre x, centre y, width, height as shares of the input. */
  readonly boxes: NamedOutput;
}

export interface QueryRules {
  readonly threshold: number;
  /** Over all classes, or for each class separately. */
  readonly activation: "softmax" | "sigmoid";
  /** Whether the last class means "no object". */
  readonly noObject: boolean;
}

/** Activated scores from a network may leave 0..1 only by rounding. */
const SCORE_TOLERANCE = 1e-3;

/** The DETR family (YOLOS, Deformable DETR, RT-DETR), and OWL-ViT, whose classes are the queries in words. */
export function readQueries(
  { logits, boxes }: QueryOutputs,
  input: { readonly width: number; readonly height: number },
  { threshold, activation, noObject }: QueryRules,
): Finding[] {
  const scores = matrixOf(logits, "[1, queries, classes]");
  const corners = matrixOf(boxes, "[1, queries, 4]");
  if (corners.columns !== 4 || corners.rows !== scores.rows) {
    throw badOutput(boxes, `[1, ${scores.rows}, 4]`);
  }
  const classes = noObject ? scores.columns - 1 : scores.columns;
  const findings: Finding[] = [];
  for (let row = 0; row < scores.rows; row++) {
    const values = scores.data.subarray(row * scores.columns, (row + 1) * scores.columns);
    const index = largest(values, 0, classes);
    if (index < 0) continue; // no class at all
    const score = activation === "sigmoid" ? sigmoid(values[index] as number) : softmaxAt(values, index);
    if (Number.isNaN(score)) throw notFinite(logits); // infinite class scores
    if (!(score > threshold)) continue;
    const [x = 0, y = 0, width = 0, height = 0] = corners.data.subarray(4 * row, 4 * row + 4);
    const box = boxAround(x * input.width, y * input.height, width * input.width, height * input.height);
    findings.push({ box: finite(box, boxes), score, index });
  }
  return findings;
}

/**
 * YOLOv8 and later: one output [1, 4 + classes, boxes]: centre x, centre y, width, height in pixels, then
 * activated class scores.
 */
export function readColumns(output: NamedOutput, threshold: number): Finding[] {
  const { data, rows, columns } = matrixOf(output, "[1, 4 + classes, boxes]");
  if (rows < 5) throw badOutput(output, "[1, 4 + classes, boxes]");
  const at = (row: number, column: number) => data[row * columns + column] as number;
  const findings: Finding[] = [];
  for (let column = 0; column < columns; column++) {
    let best = 4;
    for (let row = 5; row < rows; row++) if (at(row, column) > at(best, column)) best = row;
    const score = finished(at(best, column), output);
    if (!(score > threshold)) continue;
    const box = boxAround(at(0, column), at(1, column), at(2, column), at(3, column));
    findings.push({ box: finite(box, output), score, index: best - 4 });
  }
  return findings;
}

/** YOLOv5 to v7: one output [1, boxes, 5 + classes]: centre x, centre y, width, height in pixels, objectness, class scores to multiply by it. */
export function readRows(output: NamedOutput, threshold: number): Finding[] {
  const { data, rows, columns } = matrixOf(output, "[1, boxes, 5 + classes]");
  if (columns < 6) throw badOutput(output, "[1, boxes, 5 + classes]");
  const findings: Finding[] = [];
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * columns, (row + 1) * columns);
    const best = largest(values, 5, columns);
    const [x = 0, y = 0, width = 0, height = 0, objectness = 0] = values;
    const score = finished(objectness, output) * finished(values[best] as number, output);
    if (!(score > threshold)) continue;
    findings.push({ box: finite(boxAround(x, y, width, height), output), score, index: best - 5 });
  }
  return findings;
}

/** YOLOv10, YOLO26 and exports with suppression inside: one output [1, boxes, 6]: left, top, right, bottom in pixels, score, class. */
export function readFinishedRows(output: NamedOutput, threshold: number): Finding[] {
  const { data, rows, columns } = matrixOf(output, "[1, boxes, 6]");
  if (columns !== 6) throw badOutput(output, "[1, boxes, 6]");
  const findings: Finding[] = [];
  for (let row = 0; row < rows; row++) {
    const [left = 0, top = 0, right = 0, bottom = 0, score = 0, index = 0] = data.subarray(
      6 * row,
      6 * row + 6,
    );
    if (!(finished(score, output) > threshold)) continue;
    findings.push({ box: finite({ left, top, right, bottom }, output), score, index });
  }
  return findings;
}

/** torchvision's detectors: boxes [n, 4] as left, top, right, bottom in pixels, scores [n], labels [n]; n may be 0. */
export function readBoxes(
  outputs: {
    readonly boxes: NamedOutput;
    readonly scores: NamedOutput;
    readonly labels: NamedOutput | undefined;
  },
  threshold: number,
): Finding[] {
  const corners = matrixOf(outputs.boxes, "[boxes, 4]");
  const scores = listOf(outputs.scores, corners.rows, ["float32"]);
  const labels = outputs.labels && listOf(outputs.labels, corners.rows, ["int64", "int32", "float32"]);
  if (corners.columns !== 4) throw badOutput(outputs.boxes, "[boxes, 4]");
  const findings: Finding[] = [];
  for (let row = 0; row < corners.rows; row++) {
    const score = finished(Number(scores[row]), outputs.scores);
    if (!(score > threshold)) continue;
    const [left = 0, top = 0, right = 0, bottom = 0] = corners.data.subarray(4 * row, 4 * row + 4);
    findings.push({
      box: finite({ left, top, right, bottom }, outputs.boxes),
      score,
      index: Number(labels?.[row] ?? 0),
    });
  }
  return findings;
}

interface Matrix {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** A float32 output as a matrix; leading axes of size 1 are dropped. */
function matrixOf(output: NamedOutput, wanted: string): Matrix {
  const { shape, data, dtype } = output.tensor;
  const [rows = 0, columns = 0] = shape.slice(-2);
  const isMatrix = shape.length >= 2 && shape.slice(0, -2).every((size) => size === 1);
  if (dtype !== "float32" || !isMatrix) throw badOutput(output, wanted);
  const numbers = data as Float32Array;
  for (const value of numbers) if (Number.isNaN(value)) throw notFinite(output);
  return { data: numbers, rows, columns };
}

/** One number per box. */
function listOf(output: NamedOutput, length: number, dtypes: readonly DType[]): HostTensor["data"] {
  const { shape, data, dtype } = output.tensor;
  const isList = data.length === length && shape.slice(0, -1).every((size) => size === 1);
  if (!isList || !dtypes.includes(dtype)) throw badOutput(output, `[${length}]`, dtypes);
  return data;
}

/** Index of the first largest value of `from` to `to` - 1; -1 when there is none. */
function largest(values: Float32Array, from: number, to: number): number {
  let best = from < to ? from : -1;
  for (let i = from + 1; i < to; i++) if ((values[i] as number) > (values[best] as number)) best = i;
  return best;
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

function softmaxAt(values: Float32Array, index: number): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (const value of values) highest = Math.max(highest, value);
  let sum = 0;
  for (const value of values) sum += Math.exp(value - highest);
  return Math.exp((values[index] as number) - highest) / sum;
}

/** A score that needs no activation. */
function finished(score: number, output: NamedOutput): number {
  if (Number.isNaN(score)) throw notFinite(output);
  if (score >= -SCORE_TOLERANCE && score <= 1 + SCORE_TOLERANCE) return score;
  throw new EncoderError({
    code: "encoder/bad-detector-output",
    message: `output ${JSON.stringify(output.name)} contains ${score}, but a score must be from 0 to 1`,
    place: output.name,
    value: score,
    remedy:
      "Name the layout that the network was exported with. Only `detr` takes scores before the activation.",
  });
}

function finite(box: Box, output: NamedOutput): Box {
  if ([box.left, box.top, box.right, box.bottom].every(Number.isFinite)) return box;
  throw notFinite(output);
}

function notFinite({ name }: NamedOutput): EncoderError {
  return new EncoderError({
    code: "encoder/detector-not-finite",
    message: `output ${JSON.stringify(name)} contains a number that is NaN or infinite`,
    place: name,
    remedy:
      "The network is damaged, or it needs another preprocessing than described (a standard deviation near 0, overflowing float16 weights). Correct the description, or export the network again in float32.",
  });
}

function badOutput(
  { name, tensor }: NamedOutput,
  wanted: string,
  dtypes: readonly DType[] = ["float32"],
): EncoderError {
  return new EncoderError({
    code: "encoder/bad-detector-output",
    message: `output ${JSON.stringify(name)} is ${tensor.dtype} [${tensor.shape.join(", ")}], but must be ${dtypes.join(" or ")} ${wanted}`,
    place: name,
    value: tensor.shape,
    remedy:
      "Name the layout and the outputs that the network was exported with. docs/your-data.md lists them.",
  });
}
