// Viterbi decoding of a linear chain: the tag sequence with the highest score. Plain arrays; nothing here is a graph.

import { atOnce, type Pausable } from "../base/turns.ts";

/** Positions between two pauses. */
const POSITIONS = 256;

/** Scores of a chain, row-major: `transitions[from * tags + to]`. */
export interface ChainScores {
  readonly start: Float32Array;
  readonly end: Float32Array;
  readonly transitions: Float32Array;
}

/**
 * The best tags of one row.
 *
 * @param emissions [length, tags] of the unmasked positions
 * @returns one tag per position; on ties the lower tag wins, as in PyTorch's argmax on the CPU
 */
export function viterbi(emissions: Float32Array, chain: ChainScores): number[] {
  return atOnce(findingViterbi(emissions, chain));
}

/** `viterbi` as work that can pause. */
export function* findingViterbi(
  emissions: Float32Array,
  { start, end, transitions }: ChainScores,
): Pausable<number[]> {
  const tags = start.length;
  const length = emissions.length / tags;
  let scores = Float32Array.from(start, (score, tag) => Math.fround(score + emissions[tag]!));
  const origins: Int32Array[] = [];
  for (let t = 1; t < length; t++) {
    if (t % POSITIONS === 0) yield;
    const next = new Float32Array(tags);
    const origin = new Int32Array(tags);
    for (let to = 0; to < tags; to++) {
      let best = Number.NEGATIVE_INFINITY;
      for (let from = 0; from < tags; from++) {
        const score = Math.fround(scores[from]! + transitions[from * tags + to]!);
        if (score > best) {
          best = score;
          origin[to] = from;
        }
      }
      next[to] = best + emissions[t * tags + to]!;
    }
    scores = next;
    origins.push(origin);
  }
  const final = scores.map((score, tag) => score + end[tag]!);
  let tag = final.reduce((best, score, i) => (score > final[best]! ? i : best), 0);
  const path = [tag];
  for (const origin of origins.reverse()) {
    tag = origin[tag]!;
    path.push(tag);
  }
  return path.reverse();
}
