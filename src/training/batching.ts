// Puts the examples of an epoch into batches of similar length. A plan is a pure function of the lengths, the groups, the options,
// the seed and the epoch, so a resumed run only needs (seed, epoch, position).
import type { ErrorCode } from "../base/codes/error-code.ts";
import { TrainingError } from "../base/errors.ts";
import { type BatchComposition, groupEntropy, orderExamples } from "./batch-order.ts";
import { stream } from "./random.ts";

/** A fixed number of examples per batch, or as many as fit into a budget of padded tokens (at most `examples`). */
export type BatchSize =
  | { readonly examples: number; readonly tokens?: never }
  | { readonly tokens: number; readonly examples?: number };

/** How examples become batches. */
export interface BatchingOptions {
  readonly size: BatchSize;
  /** If false, keeps the order of the examples (for evaluation) and does not sort by length. */
  readonly shuffle?: boolean;
  /** Examples are sorted by length within random pools of this many batches: more means less padding and less randomness. */
  readonly poolBatches?: number;
  /** Batches are padded to a multiple of this length, which counts towards budgets and padding shares. */
  readonly padToMultiple?: number;
  /** Which examples share a batch, "random" by default; the others need groups, and `shuffle`. */
  readonly composition?: BatchComposition;
}

/** Fifty batches per pool leave 2-4 % padding on sentences and still mix a data set of thousands of examples well. */
const DEFAULT_POOL_BATCHES = 50;

export interface EpochPlan {
  /** Indices of the examples, batch by batch; every example is in exactly one batch. */
  readonly batches: readonly (readonly number[])[];
  /** Share of the padded tokens that is padding, 0 to 1. */
  readonly paddingShare: number;
  /** Padded tokens of the largest batch: examples x longest length. */
  readonly largestBatchTokens: number;
  /** Entropy of the groups in a batch, in nats: the mean over the batches, and that of all examples. Absent without groups. */
  readonly entropy?: { readonly batches: number; readonly examples: number };
}

function refuse(code: ErrorCode, message: string, value: unknown, remedy: string): never {
  throw new TrainingError({ code, message, value, remedy });
}

function checkPositive(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isInteger(value) && value > 0)) return;
  refuse(
    "training/bad-batching",
    `${name} must be a positive integer, got ${value}`,
    value,
    `Set ${name} to 1 or more.`,
  );
}

/**
 * The batches of one epoch.
 *
 * @param lengths tokens of each example, without padding
 * @param groups a number for each example, such as its label's: what `composition` is about
 * @throws TrainingError `training/no-examples`, `training/bad-batching`, `training/bad-length`,
 * `training/example-over-budget` if a single example exceeds the token budget
 */
export function planEpoch(
  lengths: readonly number[],
  options: BatchingOptions,
  at: { readonly seed: number; readonly epoch: number },
  groups?: readonly number[],
): EpochPlan {
  const { size, shuffle = true, poolBatches = DEFAULT_POOL_BATCHES, padToMultiple = 1 } = options;
  const { composition = "random" } = options;
  checkPositive("size.examples", size.examples);
  checkPositive("size.tokens", size.tokens);
  checkPositive("poolBatches", poolBatches);
  checkPositive("padToMultiple", padToMultiple);
  const maxExamples = size.examples ?? Number.POSITIVE_INFINITY;
  const maxTokens = size.tokens ?? Number.POSITIVE_INFINITY;
  if (maxExamples === Number.POSITIVE_INFINITY && maxTokens === Number.POSITIVE_INFINITY) {
    refuse("training/bad-batching", "no batch size was given", size, "Set size.examples or size.tokens.");
  }
  if (composition !== "random" && (groups === undefined || !shuffle)) {
    refuse(
      "training/bad-batching",
      `${composition} batches need ${shuffle ? "the group of every example" : "shuffle"}`,
      composition,
      'Pass groupOf and leave shuffle on, or set composition to "random".',
    );
  }
  if (lengths.length === 0) {
    refuse("training/no-examples", "there are no examples", 0, "Check the training file and its filters.");
  }
  const padded = lengths.map((length, index) => {
    if (!Number.isInteger(length) || length < 1) {
      refuse(
        "training/bad-length",
        `example ${index} has length ${length}`,
        length,
        "Lengths are tokens, 1 or more.",
      );
    }
    const result = Math.ceil(length / padToMultiple) * padToMultiple;
    if (result > maxTokens) {
      const message = `example ${index} has ${result} padded tokens, but the budget is ${maxTokens}`;
      refuse(
        "training/example-over-budget",
        message,
        index,
        "Raise the token budget, or shorten the example.",
      );
    }
    return result;
  });
  const lengthOf = (index: number): number => padded[index] as number; // indices come from 0..lengths.length-1

  const groupOf = (index: number): number => groups?.[index] ?? 0; // only a random order has no groups
  const order = shuffle
    ? orderExamples(composition, {
        shuffled: Array.from(stream(at.seed, at.epoch, "batching/examples").permutation(lengths.length)),
        lengthOf,
        pool: Math.ceil(poolBatches * examplesPerBatch(padded, maxExamples, maxTokens)),
        groupOf,
        draws: stream(at.seed, at.epoch, "batching/groups"),
      })
    : lengths.map((_, index) => index);
  const cut = cutBatches(order, lengthOf, maxExamples, maxTokens);
  const batches = shuffle
    ? Array.from(stream(at.seed, at.epoch, "batching/batches").permutation(cut.length), (i) => cut[i] ?? [])
    : cut;

  const sizes = batches.map((batch) => batch.length * Math.max(...batch.map(lengthOf)));
  const paddedTokens = sizes.reduce((sum, tokens) => sum + tokens, 0);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  return {
    batches,
    paddingShare: 1 - tokens / paddedTokens,
    largestBatchTokens: sizes.reduce((most, tokens) => Math.max(most, tokens), 0),
    ...(groups === undefined
      ? {}
      : {
          entropy: {
            batches: batches.reduce((sum, batch) => sum + groupEntropy(batch, groupOf), 0) / batches.length,
            examples: groupEntropy(order, groupOf),
          },
        }),
  };
}

/** About how many examples one batch holds. */
function examplesPerBatch(padded: readonly number[], maxExamples: number, maxTokens: number): number {
  const mean = padded.reduce((sum, length) => sum + length, 0) / padded.length;
  return Math.max(1, Math.min(maxExamples, maxTokens / mean));
}

function cutBatches(
  order: readonly number[],
  lengthOf: (index: number) => number,
  maxExamples: number,
  maxTokens: number,
): number[][] {
  const batches: number[][] = [];
  let batch: number[] = [];
  let longest = 0;
  for (const index of order) {
    const longestThen = Math.max(longest, lengthOf(index));
    if (batch.length > 0 && (batch.length === maxExamples || (batch.length + 1) * longestThen > maxTokens)) {
      batches.push(batch);
      batch = [];
      longest = 0;
    }
    batch.push(index);
    longest = Math.max(longest, lengthOf(index));
  }
  batches.push(batch);
  return batches;
}
