// Cross-validated predictive power of one feature, from counts of labels by fold and bin alone.
import { MIN_INSTANCES } from "./targets.ts";

/** Folds of cross-validation. */
export const FOLDS = 5;

/** Instances of a bin in the training folds from which the table trusts it; otherwise it answers the majority. */
const MIN_SUPPORT = 3;

/** Labels of a target, as instances: rows of the same document share slot and fold. */
export interface Instances {
  readonly labels: number;
  readonly count: number;
  /** Of each instance. */
  readonly slot: Uint32Array;
  readonly label: Uint16Array;
  readonly fold: Uint8Array;
}

/** A question of a target: which label (-1), or whether it is this one. */
export interface Power {
  readonly question: number;
  /** Share of instances that the majority and the table answer rightly, each from 0 to 1. */
  readonly majority: number;
  readonly accuracy: number;
  /** Share of the majority's mistakes that the table removes; 1: it makes none. Below 0: it adds some. */
  readonly strength: number;
  /** Standard score of the difference in right answers, as if instances were independent. For comparison with permuted labels. */
  readonly score: number;
}

/** Counts of labels by bin in the instances of each fold. */
export function countLabels(
  { count, slot, label, fold, labels }: Instances,
  bin: Uint16Array,
  bins: number,
): Float64Array[] {
  const counts = Array.from({ length: FOLDS }, () => new Float64Array(bins * labels));
  for (let i = 0; i < count; i++) counts[fold[i]!]![bin[slot[i]!]! * labels + label[i]!]!++;
  return counts;
}

/**
 * The power of each question.
 *
 * @param training counts of the other folds, for each fold
 * @param held counts of the fold itself
 */
export function powersOf(
  training: readonly Float64Array[],
  held: readonly Float64Array[],
  labels: number,
): Power[] {
  const totals = new Float64Array(labels);
  for (const counts of held) for (let i = 0; i < counts.length; i++) totals[i % labels]! += counts[i]!;
  const all = totals.reduce((sum, count) => sum + count, 0);
  const major = totals.indexOf(Math.max(...totals));
  const isBinary = labels === 2;
  const questions = totals.length > 2 ? labels : 0;
  const better = new Float64Array(questions + 1); // the last is the question of which label
  const worse = new Float64Array(questions + 1);
  for (let fold = 0; fold < held.length; fold++) {
    const [train, test] = [training[fold]!, held[fold]!];
    for (let at = 0; at < train.length; at += labels) {
      let [sum, best, bestLabel] = [0, 0, major];
      for (let label = 0; label < labels; label++) {
        const count = train[at + label]!;
        sum += count;
        if (count > best) [best, bestLabel] = [count, label];
      }
      if (sum < MIN_SUPPORT) continue; // answers the majority
      if (train[at + major]! === best) bestLabel = major; // a tie
      if (bestLabel !== major) {
        better[questions]! += test[at + bestLabel]!;
        worse[questions]! += test[at + major]!;
      }
      if (questions === 0) continue;
      let tested = 0;
      for (let label = 0; label < labels; label++) tested += test[at + label]!;
      for (let label = 0; label < labels; label++) {
        const usual = totals[label]! * 2 > all; // whether "yes" is the majority's answer
        const answer = train[at + label]! * 2 === sum ? usual : train[at + label]! * 2 > sum;
        if (answer === usual) continue;
        const yes = test[at + label]!;
        better[label]! += answer ? yes : tested - yes;
        worse[label]! += answer ? tested - yes : yes;
      }
    }
  }
  return Array.from(better, (right, i): Power | undefined => {
    const question = i === questions ? (isBinary ? 1 : -1) : i;
    const share = question === -1 ? totals[major]! / all : totals[question]! / all;
    if (question !== -1 && Math.min(share, 1 - share) * all < MIN_INSTANCES) return undefined;
    const majority = question === -1 ? share : Math.max(share, 1 - share);
    const wrong = worse[i]!;
    const gain = (right - wrong) / all;
    const deviation = Math.sqrt(Math.max(right + wrong - ((right - wrong) * (right - wrong)) / all, 0));
    return {
      question,
      majority,
      accuracy: majority + gain,
      strength: majority < 1 ? gain / (1 - majority) : 0,
      score: right > wrong ? (right - wrong) / Math.max(deviation, 1) : 0,
    };
  }).filter((power) => power !== undefined);
}

/** For each fold, the counts of all other folds. */
export function otherFolds(held: readonly Float64Array[]): Float64Array[] {
  const size = held[0]?.length ?? 0;
  const sum = new Float64Array(size);
  for (const counts of held) for (let i = 0; i < size; i++) sum[i]! += counts[i]!;
  return held.map((counts) => sum.map((total, i) => total - counts[i]!));
}
