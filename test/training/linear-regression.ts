// A small real model for the trainer's tests: linear regression with dropout on its inputs, and AdamW in plain loops.
import type { Optimizer } from "../../src/engine/index.ts";
import { type FlatGroup, Parameters } from "../../src/engine/parameters.ts";
import { fillDropoutMask, type StepAddress, stream, type TrainingModel } from "../../src/training/index.ts";

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
  readonly parameters = Parameters.create(
    [
      { name: "weight", shape: [DIMENSIONS], group: "decay" },
      { name: "bias", shape: [1], group: "no-decay" },
    ],
    [
      { name: "decay", weightDecay: 0.01, learningRateScale: 1 },
      { name: "no-decay", weightDecay: 0, learningRateScale: 2 },
    ],
  );
  readonly weights = this.parameters.weight("weight").data;
  readonly bias = this.parameters.weight("bias").data;
  readonly dropout: number;
  /** Every micro-batch seen, as ids. */
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
    const gradient = this.parameters.gradient("weight").data.fill(0);
    const biasGradient = this.parameters.gradient("bias").data.fill(0);
    let loss = 0;
    batch.forEach((point, row) => {
      const x = point.x.map((value, k) => value * (mask[row * DIMENSIONS + k] as number));
      const error = this.predict(x) - point.y;
      loss += error ** 2 / batch.length;
      x.forEach((value, k) => {
        gradient[k]! += (2 * error * value) / batch.length; // k is below DIMENSIONS
      });
      biasGradient[0]! += (2 * error) / batch.length; // one element
    });
    return { loss, terms: { squared: loss } };
  }

  predict(x: readonly number[]): number {
    return x.reduce((sum, value, k) => sum + value * (this.weights[k] as number), this.bias[0] as number);
  }

  meanSquaredError(held: readonly Point[]): number {
    return held.reduce((sum, point) => sum + (this.predict(point.x) - point.y) ** 2, 0) / held.length;
  }
}

/** AdamW in plain loops over the groups' flat arrays. */
export class PlainAdamW implements Optimizer {
  readonly #groups: readonly { readonly flat: FlatGroup; readonly sum: Float32Array }[];
  readonly applied: { step: number; learningRate: number; accumulated: number }[] = [];

  constructor(parameters: Parameters) {
    this.#groups = parameters.groups().map((flat) => ({ flat, sum: new Float32Array(flat.length) }));
  }

  async accumulate(): Promise<void> {
    for (const { flat, sum } of this.#groups) {
      for (let i = 0; i < sum.length; i++) sum[i]! += flat.gradients[i] as number; // equal lengths
    }
  }

  async apply(
    step: number,
    learningRate: number,
    options: { maxGradientNorm?: number; accumulated: number },
  ) {
    const { accumulated, maxGradientNorm = Number.POSITIVE_INFINITY } = options;
    this.applied.push({ step, learningRate, accumulated });
    const squares = this.#groups.flatMap(({ sum }) => [...sum]).map((g) => (g / accumulated) ** 2);
    const gradientNorm = Math.sqrt(squares.reduce((a, b) => a + b, 0));
    const scale = Math.min(1, maxGradientNorm / gradientNorm) / accumulated;
    for (const { flat, sum } of this.#groups) {
      const { weights, firstMoments: first, secondMoments: second, weightDecay } = flat;
      const rate = learningRate * flat.learningRateScale;
      for (let i = 0; i < sum.length; i++) {
        const g = (sum[i] as number) * scale;
        first[i] = 0.9 * (first[i] as number) + 0.1 * g;
        second[i] = 0.999 * (second[i] as number) + 0.001 * g * g;
        const direction = (first[i] as number) / (1 - 0.9 ** step);
        const size = Math.sqrt((second[i] as number) / (1 - 0.999 ** step)) + 1e-8;
        weights[i]! -= rate * (direction / size + weightDecay * (weights[i] as number));
      }
      sum.fill(0);
    }
    return { gradientNorm };
  }
}
