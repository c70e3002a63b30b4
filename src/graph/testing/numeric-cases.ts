// Gradient cases of matrix products, normalisation, convolution and pooling.

import { tanh } from "../operators/activation.ts";
import { averagePool2d, conv2d, maxPool2d } from "../operators/convolution.ts";
import { multiply } from "../operators/elementwise.ts";
import { chainLogPartition } from "../operators/linear-chain.ts";
import { linear, type MatmulOptions, matmul } from "../operators/matrix.ts";
import { layerNorm } from "../operators/normalization.ts";
import type { Tensor } from "../tensor.ts";
import { type CaseInput, type GradientCase, random, spaced, values } from "./check-gradients.ts";

type Inputs = Readonly<Record<string, Tensor>>;

const PRODUCTS: readonly (readonly [string, CaseInput, CaseInput, MatmulOptions?])[] = [
  ["plain", random([2, 3]), random([3, 4])],
  ["a transposed", random([3, 2]), random([3, 4]), { transposeA: true }],
  [
    "b transposed and scaled",
    random(["batch", 2, 3]),
    random(["batch", 4, 3]),
    { transposeB: true, scale: 0.5 },
  ],
  [
    "both transposed",
    random([2, 3, 2]),
    random([2, 4, 3]),
    { transposeA: true, transposeB: true, scale: -2 },
  ],
  ["a batch against one matrix", random(["batch", 2, 3]), random([3, 2])],
  ["one matrix against a batch", random([2, 3]), random(["batch", 3, 1])],
  ["broadcast batches", random([2, 1, 1, 3]), random(["batch", 3, 2]), { scale: 3 }],
  [
    "broadcast batches, transposed",
    random([2, 1, 3, 1]),
    random([1, 2, 2, 3]),
    { transposeA: true, transposeB: true },
  ],
  ["a named inner size", random([2, "length"]), random(["length", 3])],
  ["a single row", random([1, 1, 3]), random([1, 3, 1])],
];

/** Rows of "length" with a different number of real positions each, one at least. */
const MASK = [1, 1, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0];

const chains: GradientCase[] = [
  {
    operators: ["chainLogPartition"],
    title: "rows of different lengths",
    variables: {
      emissions: random(["batch", "length", 3]),
      start: random([3]),
      end: random([3]),
      transitions: random([3, 3]),
    },
    data: { mask: values(["batch", "length"], MASK) },
    build: ({ emissions, mask, start, end, transitions }: Inputs) =>
      chainLogPartition(
        emissions as Tensor,
        mask as Tensor,
        start as Tensor,
        end as Tensor,
        transitions as Tensor,
      ),
  },
];

const products: GradientCase[] = [
  ...PRODUCTS.map(([title, a, b, options]) => ({
    operators: ["matmul"],
    title,
    variables: { a, b },
    build: ({ a, b }: Inputs) => matmul(a as Tensor, b as Tensor, options),
  })),
  {
    operators: ["matmul"],
    title: "a matrix by its own transpose",
    variables: { a: random([3, 2]) },
    build: ({ a }: Inputs) => matmul(a as Tensor, a as Tensor, { transposeB: true }),
  },
  {
    operators: ["linear"],
    title: "three axes with bias",
    variables: { x: random(["batch", "length", 3]), weight: random([2, 3]), bias: random([2]) },
    build: ({ x, weight, bias }: Inputs) => tanh(linear(x as Tensor, weight as Tensor, bias as Tensor)),
  },
  {
    operators: ["linear"],
    title: "one row without bias",
    variables: { x: random([1, 4]), weight: random([1, 4]) },
    build: ({ x, weight }: Inputs) => tanh(linear(x as Tensor, weight as Tensor)),
  },
  {
    operators: ["linear"],
    title: "a vector, and one weight in two layers",
    variables: { x: random([2]), weight: random([2, 2]), bias: random([2]) },
    build: ({ x, weight, bias }: Inputs) =>
      linear(tanh(linear(x as Tensor, weight as Tensor, bias as Tensor)), weight as Tensor, bias as Tensor),
  },
];

const NORMALIZED: readonly (readonly [string, CaseInput])[] = [
  ["three axes", random(["batch", 2, 5])],
  ["one row", random([1, 5], -3, 3)],
  ["a vector", random([5])],
];

const normalization: GradientCase[] = NORMALIZED.map(([title, x]) => ({
  operators: ["layerNorm"],
  title,
  variables: { x, weight: random([5], 0.5, 1.5), bias: random([5]) },
  build: ({ x, weight, bias }) => layerNorm(x as Tensor, weight as Tensor, bias as Tensor, 1e-5),
  step: 0.02, // the deviation is small in some rows, so slopes change fast
  tolerance: 2e-3,
}));

interface Convolution {
  readonly title: string;
  readonly x: CaseInput;
  readonly weight: CaseInput;
  readonly bias?: CaseInput;
  readonly stride?: number;
  readonly padding?: number;
}

const CONVOLUTIONS: readonly Convolution[] = [
  { title: "3x3, padded", x: random(["batch", 2, 4, 4]), weight: random([2, 2, 3, 3]), padding: 1 },
  { title: "1x1, stride 2, odd size", x: random([2, 2, 5, 5]), weight: random([3, 2, 1, 1]), stride: 2 },
  { title: "1x1, stride 2, even size", x: random([1, 1, 4, 6]), weight: random([2, 1, 1, 1]), stride: 2 },
  {
    title: "3x3, stride 2, a row left out",
    x: random([1, 1, 6, 6]),
    weight: random([2, 1, 3, 3]),
    bias: random([2]),
    stride: 2,
  },
  {
    title: "3x3, stride 2, padded",
    x: random([1, 2, 5, 6]),
    weight: random([1, 2, 3, 3]),
    stride: 2,
    padding: 1,
  },
  {
    title: "2x3, stride 3, two rows left out",
    x: random([2, 1, 7, 5]),
    weight: random([1, 1, 2, 3]),
    stride: 3,
  },
  {
    title: "7x7, stride 2, the stem",
    x: random([1, 1, 9, 8]),
    weight: random([1, 1, 7, 7]),
    stride: 2,
    padding: 3,
  },
  {
    title: "patches",
    x: random(["batch", 2, 4, 4]),
    weight: random([3, 2, 2, 2]),
    bias: random([3]),
    stride: 2,
  },
  { title: "one pixel", x: random([1, 3, 1, 1]), weight: random([2, 3, 1, 1]), bias: random([2]) },
];

const convolution: GradientCase[] = CONVOLUTIONS.map(({ title, x, weight, bias, ...options }) => ({
  operators: ["conv2d"],
  title,
  variables: { x, weight, ...(bias ? { bias } : {}) },
  build: ({ x, weight, bias }) => conv2d(x as Tensor, weight as Tensor, bias, options),
}));

const POOLS: readonly (readonly [string, CaseInput, { kernel: number; stride: number; padding?: number }])[] =
  [
    [
      "3x3, stride 2, padded: overlapping windows",
      spaced([2, 2, 5, 5]),
      { kernel: 3, stride: 2, padding: 1 },
    ],
    ["3x3, stride 2, padded, even size", spaced(["batch", 1, 4, 6]), { kernel: 3, stride: 2, padding: 1 }],
    ["3x3, stride 1", spaced([1, 2, 4, 4]), { kernel: 3, stride: 1 }],
    ["2x2, stride 3: rows between and after windows", spaced([1, 1, 7, 6]), { kernel: 2, stride: 3 }],
    ["a picture smaller than the padded window", spaced([1, 2, 2, 2]), { kernel: 3, stride: 1, padding: 1 }],
  ];

const pooling: GradientCase[] = POOLS.flatMap(([title, x, options]) => [
  {
    operators: ["maxPool2d"],
    title,
    variables: { x },
    build: ({ x }: Inputs) => multiply(maxPool2d(x as Tensor, options), 2),
  },
  ...(options.padding
    ? []
    : [
        {
          operators: ["averagePool2d"],
          title,
          variables: { x },
          build: ({ x }: Inputs) => tanh(averagePool2d(x as Tensor, options)),
        },
      ]),
]);

const mapPooling: GradientCase = {
  operators: ["averagePool2d"],
  title: "7x7 to 2x2, as the visual maps pool",
  variables: { x: random(["batch", 1, 7, 7]) },
  build: ({ x }) => tanh(averagePool2d(x as Tensor, { kernel: 3, stride: 3 })),
};

export const NUMERIC_CASES: readonly GradientCase[] = [
  ...chains,
  ...products,
  ...normalization,
  ...convolution,
  ...pooling,
  mapPooling,
];
