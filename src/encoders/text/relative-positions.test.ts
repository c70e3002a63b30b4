// Tables by distance and their spread over pairs, against values of the published functions and a loop.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../engine/runtime.ts";
import { gradients } from "../../graph/gradients.ts";
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import { reduceSum } from "../../graph/operators/broadcasting.ts";
import { cast, multiply } from "../../graph/operators/elementwise.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import { evaluate } from "../../graph/testing/check-gradients.ts";
import * as deberta from "./deberta.ts";
import * as mpnet from "./mpnet.ts";
import { byDistance, spreadDistances } from "./relative-positions.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

/** The elements of each tensor, in their order; inputs that none reads may be given. */
async function valuesOf(
  tensors: readonly Tensor[],
  given: Readonly<Record<string, HostTensor>>,
): Promise<number[][]> {
  const named = Object.fromEntries(tensors.map((tensor, i) => [`result_${i}`, tensor]));
  const found = await evaluate(runtime, named, given);
  return tensors.map((_, i) => found[`result_${i}`]!);
}

/** Distances and the buckets that PyTorch computes for them; edges of buckets lie at powers of two. */
const MPNET = [
  [-600, 15], [-128, 15], [-64, 14], [-33, 12], [-32, 12], [-17, 10], [-16, 10], [-8, 8], [-3, 3], [0, 0],
  [3, 19], [7, 23], [8, 24], [15, 25], [16, 26], [31, 27], [32, 28], [63, 29], [64, 30], [128, 31], [511, 31],
] as const; // biome-ignore format: pairs
const DEBERTA: readonly (readonly [
  buckets: number,
  farthest: number,
  pairs: readonly (readonly [number, number])[],
])[] = [
  [
    256,
    512,
    [
      [-511, -255],
      [-300, -207],
      [-129, -129],
      [-128, -128],
      [0, 0],
      [63, 63],
      [300, 207],
      [511, 255],
    ],
  ],
  [
    8,
    32,
    [
      [-129, -10],
      [-33, -8],
      [-17, -7],
      [-8, -6],
      [-3, -3],
      [3, 3],
      [7, 5],
      [8, 6],
      [15, 6],
      [16, 7],
      [31, 7],
    ],
  ],
  [
    32,
    128,
    [
      [-33, -22],
      [-17, -17],
      [-16, -16],
      [31, 21],
      [32, 22],
      [63, 26],
      [64, 27],
      [128, 32],
    ],
  ],
];

describe("the bucket of a distance", () => {
  it.each(MPNET)("of %d is MPNet's %d", (distance, bucket) => {
    expect(mpnet.bucketOf(distance)).toBe(bucket);
  });

  it.each(DEBERTA)("of DeBERTa's %d buckets up to %d", (buckets, farthest, pairs) => {
    for (const [before, bucket] of pairs) {
      expect(deberta.bucketOf(before, buckets, farthest), `distance ${before}`).toBe(bucket);
    }
  });
});

describe("scores by distance", () => {
  it("are looked up from the shortest to the longest way back, for any number of positions", async () => {
    for (const length of [1, 2, 5]) {
      const places = input("places", "int64", ["length"]);
      const table = byDistance(places.axis(0), 5, (distance) => 10 * distance);
      const given = {
        places: hostTensor(
          "int64",
          [length],
          Array.from({ length }, (_, i) => i),
        ),
      };
      const expected = Array.from({ length: 2 * length - 1 }, (_, i) => 10 * (i - (length - 1)));
      expect(await valuesOf([table, cast(places, "float32")], given)).toEqual([
        expected,
        Array.from({ length }, (_, i) => i),
      ]);
    }
  });

  it.each([1, 2, 4])(
    "become scores by pair of %d positions, and gradients find the way back",
    async (length) => {
      const wide = 2 * length - 1;
      const heads = 3;
      const x = input("x", "float32", [heads, "length", "-1+2*length"]);
      const pairs = spreadDistances(x);
      const weights = input("weights", "float32", [heads, "length", "length"]);
      const [gradient] = gradients(reduceSum(multiply(pairs, weights)), [x]);
      const score = (head: number, row: number, column: number) => 100 * head + 10 * row + column;
      const weight = (head: number, row: number, column: number) => 1 + 0.5 * head + 0.25 * row - column;
      const cube = (columns: number, value: typeof score) =>
        Array.from({ length: heads * length * columns }, (_, i) =>
          value(Math.floor(i / (length * columns)), Math.floor(i / columns) % length, i % columns),
        );
      const [found, back] = await valuesOf([pairs, gradient!], {
        x: hostTensor("float32", [heads, length, wide], cube(wide, score)),
        weights: hostTensor("float32", [heads, length, length], cube(length, weight)),
      });
      expect(found).toEqual(cube(length, (head, row, column) => score(head, row, column - row + length - 1)));
      const expected = cube(wide, (head, row, column) => {
        const place = row + column - (length - 1);
        return place >= 0 && place < length ? weight(head, row, place) : 0;
      });
      expect(back).toEqual(expected);
    },
  );
});
