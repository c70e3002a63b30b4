// Compares with an enumeration of all paths of small lattices with arbitrary rules.
import fc from "fast-check";
import { expect, it } from "vitest";
import { ChainLattice, type LatticeState, ScoredLattice } from "./chain-lattice.ts";
import { viterbi } from "./viterbi.ts";

const TAGS = 3;
const GROUPS = [
  [0, 1, 2],
  [2, 2],
  [1, 0, 1, 2],
] as const;
const numbers = (length: number) =>
  fc
    .array(fc.integer({ min: -32, max: 32 }), { minLength: length, maxLength: length })
    .map((values) => Float32Array.from(values, (value) => value / 8));
const chains = fc
  .array(fc.integer({ min: 0, max: GROUPS.length - 1 }), { minLength: 1, maxLength: 4 })
  .chain((groups) =>
    fc.record({
      positions: fc.constant(Uint8Array.from(groups)),
      emissions: numbers(groups.length * TAGS),
      chain: fc.record({ start: numbers(TAGS), end: numbers(TAGS), transitions: numbers(TAGS * TAGS) }),
      /** One in `sparsity` starts and neighbours is not allowed. */
      sparsity: fc.integer({ min: 2, max: 5 }),
      temperature: fc.constantFrom(0.5, 1, 4),
    }),
  );

function rules(sparsity: number) {
  const allowed = (...values: number[]) =>
    values.reduce((hash, value) => hash * 7 + value + 1, 3) % sparsity !== 0;
  return {
    groups: GROUPS,
    starts: (group: number, state: number) => allowed(group, state),
    follows: (from: LatticeState, to: LatticeState) => allowed(from.group, from.state, to.group, to.state),
  };
}

type Rules = ReturnType<typeof rules>;

/** All allowed paths that begin with `path`. */
function* paths(
  positions: Uint8Array,
  allowed: Rules,
  path: readonly number[] = [],
): Generator<readonly number[]> {
  const t = path.length;
  if (t === positions.length) {
    yield path;
    return;
  }
  const group = positions[t]!;
  for (const state of GROUPS[group]!.keys()) {
    const before = { group: positions[t - 1]!, state: path[t - 1]! };
    const fits = t === 0 ? allowed.starts(group, state) : allowed.follows(before, { group, state });
    if (fits) yield* paths(positions, allowed, [...path, state]);
  }
}

it("agrees with enumeration on the best path, the partition and the shares of segments", () => {
  fc.assert(
    fc.property(chains, ({ positions, emissions, chain, sparsity, temperature }) => {
      const score = (path: readonly number[]) => {
        const tags = path.map((state, t) => GROUPS[positions[t]!]![state]!);
        return tags.reduce<number>(
          (sum, tag, t) =>
            sum + emissions[t * TAGS + tag]! + (t > 0 ? chain.transitions[tags[t - 1]! * TAGS + tag]! : 0),
          chain.start[tags[0]!]! + chain.end[tags.at(-1)!]!,
        );
      };
      const scored = new ScoredLattice(new ChainLattice(rules(sparsity)), chain, temperature);
      const all = [...paths(positions, rules(sparsity))];
      const best = scored.bestPath(positions, emissions);
      const sums = scored.sums(positions, emissions);
      if (all.length === 0) {
        expect(best).toBeUndefined();
        expect(sums.logPartition).toBe(Number.NEGATIVE_INFINITY);
        return;
      }
      expect(all).toContainEqual(best);
      expect(score(best!)).toBe(Math.max(...all.map(score)));
      const weight = (chosen: readonly (readonly number[])[]) =>
        chosen.reduce((sum, path) => sum + Math.exp(score(path) / temperature), 0);
      expect(sums.logPartition).toBeCloseTo(Math.log(weight(all)), 9);
      for (const path of all.slice(0, 5)) {
        for (let first = 0; first < path.length; first++) {
          const segment = path.slice(first, first + 2);
          const even = (state: number) => state % 2 === 0;
          const through = all.filter(
            (other) =>
              segment.every((state, i) => other[first + i] === state) &&
              (first + 2 >= path.length || even(other[first + 2]!)),
          );
          expect(Math.exp(sums.logShare(first, segment, even))).toBeCloseTo(weight(through) / weight(all), 9);
        }
      }
    }),
  );
});

it("finds what plain Viterbi finds where everything is allowed", () => {
  const everything = new ChainLattice({ groups: [[0, 1, 2]], starts: () => true, follows: () => true });
  fc.assert(
    fc.property(chains, ({ emissions, chain }) => {
      const positions = new Uint8Array(emissions.length / TAGS);
      // Scores are multiples of 1/8, so both precisions add them exactly and break ties alike.
      expect(new ScoredLattice(everything, chain).bestPath(positions, emissions)).toEqual(
        viterbi(emissions, chain),
      );
    }),
  );
});

it("bears scores of any size", () => {
  const pair = new ChainLattice({ groups: [[0, 1]], starts: () => true, follows: () => true });
  const flat = { start: new Float32Array(2), end: new Float32Array(2), transitions: new Float32Array(4) };
  const sums = new ScoredLattice(pair, flat, 0.001).sums(
    new Uint8Array(2),
    Float32Array.of(900, -900, 0, 900),
  );
  expect(sums.logPartition).toBeCloseTo(1_800_000, 6);
  expect(sums.logShare(0, [0, 1], () => true)).toBe(0);
  expect(sums.logShare(0, [1], () => true)).toBeCloseTo(-1_800_000, 6);
});
