// The linear-chain conditional random field: parameters, scores of given tag sequences, negative log-likelihood.

import { addDimensions, type Dimension } from "../graph/dimension.ts";
import { reduceSum } from "../graph/operators/broadcasting.ts";
import { add, cast, multiply, subtract } from "../graph/operators/elementwise.ts";
import { gatherRows, takeAlongLastAxis } from "../graph/operators/indexing.ts";
import { chainLogPartition } from "../graph/operators/linear-chain.ts";
import { concatenate, filled, reshape, split } from "../graph/operators/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ParameterScope } from "./parameter-scope.ts";

/** Scores of a first tag, a last tag, and of neighbours [from, to]. */
export interface CrfParameters {
  readonly start: Tensor;
  readonly end: Tensor;
  readonly transitions: Tensor;
}

const INITIAL = { kind: "uniform", bound: 0.1 } as const; // as in pytorch-crf

/** Declares `start` [tags], `end` [tags] and `transitions` [tags, tags]. */
export function crfParameters(scope: ParameterScope, tags: number): CrfParameters {
  return {
    start: scope.parameter("start", [tags], INITIAL),
    end: scope.parameter("end", [tags], INITIAL),
    transitions: scope.parameter("transitions", [tags, tags], INITIAL),
  };
}

/**
 * Score of the sequences `tags` (int64 [rows, length], any valid tag where `mask` is 0) under `emissions` [rows, length, tags] and
 * `mask` float32 [rows, length]: [rows].
 */
export function crfScore(crf: CrfParameters, emissions: Tensor, tags: Tensor, mask: Tensor): Tensor {
  const [rows, length, size] = emissions.shape as readonly [Dimension, Dimension, number];
  const neighbours = addDimensions(length, -1);
  const [firstTag, laterTags] = split(tags, 1, [1, neighbours]) as [Tensor, Tensor];
  const [earlierTags] = split(tags, 1, [neighbours, 1]) as [Tensor];
  const [, laterMask] = split(mask, 1, [1, neighbours]) as [Tensor, Tensor];
  const emitted = reduceSum(multiply(takeAlongLastAxis(emissions, tags), mask), { axes: [1] });
  const pair = add(multiply(cast(earlierTags, "float32"), size), cast(laterTags, "float32"));
  const moved = gatherRows(reshape(crf.transitions, [size * size]), cast(pair, "int64"));
  const transitions = reduceSum(multiply(moved, laterMask), { axes: [1] });
  const start = reshape(gatherRows(crf.start, firstTag), [rows]);
  const nextMask = concatenate([laterMask, filled([rows, 1], 0)], 1);
  const isLast = multiply(mask, subtract(1, nextMask));
  const end = reduceSum(multiply(gatherRows(crf.end, tags), isLast), { axes: [1] });
  return add(add(start, end), add(emitted, transitions));
}

/** log of the sum over all tag sequences, per row: [rows]. */
export function crfLogPartition(crf: CrfParameters, emissions: Tensor, mask: Tensor): Tensor {
  return chainLogPartition(emissions, mask, crf.start, crf.end, crf.transitions);
}
