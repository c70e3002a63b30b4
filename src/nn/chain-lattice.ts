// Linear chains with constraints on where a tag may occur and which may follow it: best path, sums over paths, sums over a segment's
// paths. Plain arrays in double precision, not a graph. Published decoding, without constraints, is in viterbi.ts.
import { atOnce, type Pausable } from "../base/turns.ts";
import type { ChainScores } from "./viterbi.ts";

/** Positions between two pauses: less than a millisecond with a few dozen states. */
const POSITIONS = 256;

/**
 * The constraints of a lattice. A position belongs to a group, the group determines its allowed states, and every state is scored as a tag.
 * Several states may share a tag, so a state can remember more than its tag.
 */
export interface LatticeRules {
  /** `groups[group][state]`: the tag of each state. */
  readonly groups: readonly (readonly number[])[];
  /** Whether a chain may begin in this state. */
  readonly starts: (group: number, state: number) => boolean;
  readonly follows: (from: LatticeState, to: LatticeState) => boolean;
}

export interface LatticeState {
  readonly group: number;
  readonly state: number;
}

/** Allowed neighbours between two groups, as parallel lists. */
interface Edges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Tags of both, `[from, to]` one after the other. */
  readonly tags: Int32Array;
  /** `index[from * width + to]`: the pair's index in the lists, -1 if it is not allowed. */
  readonly index: Int32Array;
}

/** Allowed states and neighbours, computed once and used for any number of chains. */
export class ChainLattice {
  readonly groups: readonly Int32Array[];
  /** States of the largest group: the row length of all tables. */
  readonly width: number;
  readonly #starts: readonly Uint8Array[];
  readonly #edges: readonly Edges[];

  constructor({ groups, starts, follows }: LatticeRules) {
    this.groups = groups.map((tags) => Int32Array.from(tags));
    this.width = Math.max(...groups.map(({ length }) => length));
    this.#starts = groups.map((tags, group) =>
      Uint8Array.from(tags, (_, state) => Number(starts(group, state))),
    );
    this.#edges = groups.flatMap((fromTags, fromGroup) =>
      groups.map((toTags, toGroup): Edges => {
        const pairs = fromTags.flatMap((_, from) =>
          toTags
            .map((_, to) => ({ from, to }))
            .filter(({ to }) => follows({ group: fromGroup, state: from }, { group: toGroup, state: to })),
        );
        const index = new Int32Array(this.width ** 2).fill(-1);
        for (const [e, { from, to }] of pairs.entries()) index[from * this.width + to] = e;
        return {
          index,
          from: Int32Array.from(pairs, ({ from }) => from),
          to: Int32Array.from(pairs, ({ to }) => to),
          tags: Int32Array.from(pairs.flatMap(({ from, to }) => [fromTags[from]!, toTags[to]!])),
        };
      }),
    );
  }

  mayStart(group: number, state: number): boolean {
    return this.#starts[group]![state] === 1;
  }

  edges(fromGroup: number, toGroup: number): Edges {
    return this.#edges[fromGroup * this.groups.length + toGroup]!;
  }
}

/** A lattice with the scores of a chain; all scores and emissions are divided by the temperature. */
export class ScoredLattice {
  readonly #lattice: ChainLattice;
  readonly #chain: ChainScores;
  readonly #scale: number;
  /** Scores of the edges between each pair of groups. */
  readonly #scores: readonly (readonly Float64Array[])[];

  /** @param temperature above 0; 1 leaves scores unchanged */
  constructor(lattice: ChainLattice, chain: ChainScores, temperature = 1) {
    const tags = chain.start.length;
    const groups = lattice.groups.map((_, group) => group);
    this.#lattice = lattice;
    this.#chain = chain;
    this.#scale = 1 / temperature;
    this.#scores = groups.map((from) =>
      groups.map((to) => {
        const pairs = lattice.edges(from, to).tags;
        return Float64Array.from(
          { length: pairs.length / 2 },
          (_, e) => chain.transitions[pairs[2 * e]! * tags + pairs[2 * e + 1]!]! * this.#scale,
        );
      }),
    );
  }

  /**
   * The states of the path with the highest score; on ties the lower state wins. Undefined if no path is allowed.
   *
   * @param positions group of each position, at least one
   * @param emissions [length, tags]
   */
  bestPath(positions: Uint8Array, emissions: Float32Array): number[] | undefined {
    return atOnce(this.findingBestPath(positions, emissions));
  }

  /** `bestPath` as work that can pause. */
  *findingBestPath(positions: Uint8Array, emissions: Float32Array): Pausable<number[] | undefined> {
    const { width } = this.#lattice;
    const length = positions.length;
    let scores = this.#firstRow(positions, emissions);
    const origins = new Int32Array(length * width);
    for (let t = 1; t < length; t++) {
      if (t % POSITIONS === 0) yield;
      const { from, to } = this.#lattice.edges(positions[t - 1]!, positions[t]!);
      const edgeScores = this.#scores[positions[t - 1]!]![positions[t]!]!;
      const next = new Float64Array(width).fill(Number.NEGATIVE_INFINITY);
      for (let e = 0; e < from.length; e++) {
        const score = scores[from[e]!]! + edgeScores[e]!;
        if (score > next[to[e]!]!) {
          next[to[e]!] = score;
          origins[t * width + to[e]!] = from[e]!;
        }
      }
      this.#addEmissions(next, 0, positions, t, emissions);
      scores = next;
    }
    const last = this.#lattice.groups[positions[length - 1]!]!;
    let best: number | undefined;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let state = 0; state < last.length; state++) {
      const score = scores[state]! + this.#chain.end[last[state]!]! * this.#scale;
      if (score > bestScore) [best, bestScore] = [state, score];
    }
    if (best === undefined) return undefined;
    const path = [best];
    for (let t = length - 1; t > 0; t--) path.push(origins[t * width + path.at(-1)!]!);
    return path.reverse();
  }

  /** Forward and backward sums of one chain. @param positions as in `bestPath` */
  sums(positions: Uint8Array, emissions: Float32Array): LatticeSums {
    return atOnce(this.summing(positions, emissions));
  }

  /** `sums` as work that can pause. */
  *summing(positions: Uint8Array, emissions: Float32Array): Pausable<LatticeSums> {
    const { width, groups } = this.#lattice;
    const length = positions.length;
    const forward = new Float64Array(length * width).fill(Number.NEGATIVE_INFINITY);
    const backward = new Float64Array(length * width).fill(Number.NEGATIVE_INFINITY);
    forward.set(this.#firstRow(positions, emissions));
    for (let t = 1; t < length; t++) {
      if (t % POSITIONS === 0) yield;
      const { from, to } = this.#lattice.edges(positions[t - 1]!, positions[t]!);
      const scores = this.#scores[positions[t - 1]!]![positions[t]!]!;
      sumInto(forward, t * width, to, forward, (t - 1) * width, from, scores, width);
      this.#addEmissions(forward, t * width, positions, t, emissions);
    }
    const last = groups[positions[length - 1]!]!;
    for (let state = 0; state < last.length; state++) {
      backward[(length - 1) * width + state] = this.#chain.end[last[state]!]! * this.#scale;
    }
    const ahead = new Float64Array(width);
    for (let t = length - 2; t >= 0; t--) {
      if (t % POSITIONS === 0) yield;
      const { from, to } = this.#lattice.edges(positions[t]!, positions[t + 1]!);
      const scores = this.#scores[positions[t]!]![positions[t + 1]!]!;
      ahead.set(backward.subarray((t + 1) * width, (t + 2) * width));
      this.#addEmissions(ahead, 0, positions, t + 1, emissions);
      sumInto(backward, t * width, from, ahead, 0, to, scores, width);
    }
    const all = last.reduce(
      (sum, _, state) =>
        logAdd(sum, forward[(length - 1) * width + state]! + backward[(length - 1) * width + state]!),
      Number.NEGATIVE_INFINITY,
    );
    const step = (t: number, from: number, to: number) => this.#step(positions, emissions, t, from, to);
    return new LatticeSums(this.#lattice, positions, { forward, backward, step }, all);
  }

  /** Score of moving from a state at position t - 1 to one at t, including its emission; -Infinity if that is not allowed. */
  #step(
    positions: Uint8Array,
    emissions: Float32Array,
    t: number,
    fromState: number,
    toState: number,
  ): number {
    const [before, here] = [positions[t - 1]!, positions[t]!];
    const edge = this.#lattice.edges(before, here).index[fromState * this.#lattice.width + toState]!;
    if (edge < 0) return Number.NEGATIVE_INFINITY;
    return this.#scores[before]![here]![edge]! + this.#emission(positions, emissions, t, toState);
  }

  #firstRow(positions: Uint8Array, emissions: Float32Array): Float64Array {
    const group = positions[0]!;
    const row = new Float64Array(this.#lattice.width).fill(Number.NEGATIVE_INFINITY);
    for (const [state, tag] of this.#lattice.groups[group]!.entries()) {
      if (!this.#lattice.mayStart(group, state)) continue;
      row[state] = this.#chain.start[tag]! * this.#scale + this.#emission(positions, emissions, 0, state);
    }
    return row;
  }

  #emission(positions: Uint8Array, emissions: Float32Array, t: number, state: number): number {
    return (
      emissions[t * this.#chain.start.length + this.#lattice.groups[positions[t]!]![state]!]! * this.#scale
    );
  }

  #addEmissions(
    row: Float64Array,
    offset: number,
    positions: Uint8Array,
    t: number,
    emissions: Float32Array,
  ): void {
    const tags = this.#lattice.groups[positions[t]!]!;
    const at = t * this.#chain.start.length;
    for (let state = 0; state < tags.length; state++) {
      row[offset + state] = row[offset + state]! + emissions[at + tags[state]!]! * this.#scale;
    }
  }
}

interface Tables {
  /** [length, width]: log of the sum over all beginnings that end in this state, including its emission. */
  readonly forward: Float64Array;
  /** [length, width]: log of the sum over all continuations after this state. */
  readonly backward: Float64Array;
  readonly step: (t: number, from: number, to: number) => number;
}

/** Sums over the paths of one chain, all of them or those through a segment, in logarithms. */
export class LatticeSums {
  /** log of the sum over all allowed paths of exp(score). */
  readonly logPartition: number;
  readonly #lattice: ChainLattice;
  readonly #positions: Uint8Array;
  readonly #tables: Tables;

  constructor(lattice: ChainLattice, positions: Uint8Array, tables: Tables, logPartition: number) {
    this.#lattice = lattice;
    this.#positions = positions;
    this.#tables = tables;
    this.logPartition = logPartition;
  }

  /**
   * log of the share of the paths that pass through `states` from position `first` on and whose next state, if there is a next position,
   * is accepted by `next`. Its exp is a probability.
   */
  logShare(first: number, states: readonly number[], next: (state: number) => boolean): number {
    const { forward, backward, step } = this.#tables;
    const { width, groups } = this.#lattice;
    let score = forward[first * width + states[0]!]!;
    for (let i = 1; i < states.length; i++) score += step(first + i, states[i - 1]!, states[i]!);
    const after = first + states.length;
    const last = states.at(-1)!;
    if (after === this.#positions.length) {
      return Math.min(0, score + backward[(after - 1) * width + last]! - this.logPartition);
    }
    let rest = Number.NEGATIVE_INFINITY;
    for (let state = 0; state < groups[this.#positions[after]!]!.length; state++) {
      if (next(state)) rest = logAdd(rest, step(after, last, state) + backward[after * width + state]!);
    }
    return Math.min(0, score + rest - this.logPartition); // rounding may leave the share of all paths above 1
  }
}

const NEGLIGIBLE = -40; // exp(-40) = 4e-18 adds nothing to the 1 of the largest term in double precision

/** target[into] = log of the sum over the edges that end there of exp(source[out] + score). */
function sumInto(
  target: Float64Array,
  targetAt: number,
  into: Int32Array,
  source: Float64Array,
  sourceAt: number,
  out: Int32Array,
  scores: Float64Array,
  width: number,
): void {
  const sums = new Float64Array(width);
  for (let e = 0; e < into.length; e++) {
    const value = source[sourceAt + out[e]!]! + scores[e]!;
    if (value > target[targetAt + into[e]!]!) target[targetAt + into[e]!] = value; // first the largest term of each sum
  }
  for (let e = 0; e < into.length; e++) {
    const largest = target[targetAt + into[e]!]!;
    if (largest === Number.NEGATIVE_INFINITY) continue;
    const below = source[sourceAt + out[e]!]! + scores[e]! - largest;
    if (below > NEGLIGIBLE) sums[into[e]!] = sums[into[e]!]! + Math.exp(below);
  }
  for (let state = 0; state < width; state++) {
    if (sums[state] !== 0) target[targetAt + state] = target[targetAt + state]! + Math.log(sums[state]!);
  }
}

function logAdd(a: number, b: number): number {
  const largest = Math.max(a, b);
  return largest === Number.NEGATIVE_INFINITY
    ? largest
    : largest + Math.log1p(Math.exp(Math.min(a, b) - largest));
}
