// A small real model for the trainer's tests: linear regression with dropout on its inputs, and AdamW in plain loops.
import { type HostTensor, hostTensor } from "../../src/graph/host-tensor.ts";
import {
  fillDropoutMask,
  type StepAddress,
  stream,
  type TrainingModel,
  type TrainingOptimizer,
} from "../../src/training/index.ts";

export interface Point {
  readonly id: string;
  readonly x: readonly number[];
  readonly y: number;
  /** Pretended tokens. */
  readonly length: number;
}

export const DIMENSIONS = 5;
const TRUE_WEIGHTS = [1, -2, 0.5, 3, 0];
const TRUE_BIAS = 0.7;

/** Points on a known plane with a little noise. */
export function points(count: number, seed = 1): Point[] {
  const random = stream(seed, 0, "points");
  return Array.from({ length: count }, (_, i) => {
    const x = Array.from({ length: DIMENSIONS }, () => random.normal());
    const exact = x.reduce((sum, value, k) => sum + value * (TRUE_WEIGHTS[k] as number), TRUE_BIAS);
    return { id: `p${i}`, x, y: exact + 0.01 * random.normal(), length: 1 + random.integer(30) };
  });
}

export class LinearRegression implements TrainingModel<Point> {
  readonly tensors: Readonly<Record<string, HostTensor<"float32">>> = {
    weight: hostTensor("float32", [DIMENSIONS], new Float32Array(DIMENSIONS)),
    bias: hostTensor("float32", [1], new Float32Array(1)),
  };
  readonly gradients = { weight: new Float32Array(DIMENSIONS), bias: new Float32Array(1) };
  readonly parameters = {
    names: () => Object.keys(this.tensors),
    weight: (name: string) => this.tensors[name] as HostTensor<"float32">,
  };
  readonly dropout: number;
  /** Every micro-batch that was seen, as ids. */
  readonly seen: { ids: string[]; at: StepAddress }[] = [];

  constructor(dropout = 0.1) {
    this.dropout = dropout;
  }

  lengthOf(point: Point): number {
    return point.length;
  }

  async step(batch: readonly Point[], at: StepAddress) {
    this.seen.push({ ids: batch.map((point) => point.id), at });
    const mask = new Float32Array(batch.length * DIMENSIONS);
    fillDropoutMask(mask, this.dropout, at.seed, at.step, `inputs/${at.microStep}`);
    this.gradients.weight.fill(0);
    this.gradients.bias.fill(0);
    let loss = 0;
    batch.forEach((point, row) => {
      const x = point.x.map((value, k) => value * (mask[row * DIMENSIONS + k] as number));
      const error = this.predict(x) - point.y;
      loss += error ** 2 / batch.length;
      x.forEach((value, k) => {
        this.gradients.weight[k]! += (2 * error * value) / batch.length; // k is below DIMENSIONS
      });
      this.gradients.bias[0]! += (2 * error) / batch.length; // one element
    });
    return { loss, terms: { squared: loss } };
  }

  predict(x: readonly number[]): number {
    const { weight, bias } = this.tensors;
    return x.reduce(
      (sum, value, k) => sum + value * (weight?.data[k] ?? Number.NaN),
      bias?.data[0] ?? Number.NaN,
    );
  }

  meanSquaredError(held: readonly Point[]): number {
    return held.reduce((sum, point) => sum + (this.predict(point.x) - point.y) ** 2, 0) / held.length;
  }
}

/** AdamW without weight decay, over the two tensors of the model. */
export class PlainAdam implements TrainingOptimizer {
  readonly #model: LinearRegression;
  readonly #accumulated: Readonly<Record<string, Float32Array>>;
  readonly #moments: Readonly<Record<string, HostTensor<"float32">>>;
  readonly applied: { step: number; learningRate: number; accumulated: number }[] = [];

  constructor(model: LinearRegression) {
    this.#model = model;
    const empty = (suffix: string) =>
      Object.entries(model.tensors).map(([name, { shape, data }]) => [
        name + suffix,
        hostTensor("float32", shape, new Float32Array(data.length)),
      ]);
    this.#moments = Object.fromEntries([...empty(".first"), ...empty(".second")]);
    this.#accumulated = { weight: new Float32Array(DIMENSIONS), bias: new Float32Array(1) };
  }

  state() {
    return this.#moments;
  }

  async accumulate(): Promise<void> {
    for (const [name, sum] of Object.entries(this.#accumulated)) {
      const gradient = this.#model.gradients[name as "weight" | "bias"];
      for (let i = 0; i < sum.length; i++) sum[i]! += gradient[i] as number; // equal lengths
    }
  }

  async apply(
    step: number,
    learningRate: number,
    options: { maxGradientNorm?: number; accumulated: number },
  ) {
    this.applied.push({ step, learningRate, accumulated: options.accumulated });
    const sums = Object.entries(this.#accumulated);
    const squares = sums.flatMap(([, sum]) => [...sum]).map((g) => (g / options.accumulated) ** 2);
    const gradientNorm = Math.sqrt(squares.reduce((a, b) => a + b, 0));
    const scale =
      Math.min(1, (options.maxGradientNorm ?? Number.POSITIVE_INFINITY) / gradientNorm) / options.accumulated;
    for (const [name, sum] of sums) {
      const weights = this.#model.parameters.weight(name).data;
      const first = this.#moments[`${name}.first`]?.data as Float32Array;
      const second = this.#moments[`${name}.second`]?.data as Float32Array;
      for (let i = 0; i < sum.length; i++) {
        const g = (sum[i] as number) * scale;
        first[i] = 0.9 * (first[i] as number) + 0.1 * g;
        second[i] = 0.999 * (second[i] as number) + 0.001 * g * g;
        const corrected = (first[i] as number) / (1 - 0.9 ** step);
        weights[i]! -=
          (learningRate * corrected) / (Math.sqrt((second[i] as number) / (1 - 0.999 ** step)) + 1e-8);
      }
      sum.fill(0);
    }
    return { gradientNorm };
  }
}
