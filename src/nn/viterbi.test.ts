import fc from "fast-check";
import { expect, it } from "vitest";
import { viterbi } from "./viterbi.ts";

const TAGS = 3;
const numbers = (length: number) =>
  fc.array(
    fc.integer({ min: -40, max: 40 }).map((x) => x / 8),
    { minLength: length, maxLength: length },
  );

it("finds the sequence that enumeration finds best", () => {
  const chains = fc.integer({ min: 1, max: 5 }).chain((length) =>
    fc.record({
      emissions: numbers(length * TAGS),
      start: numbers(TAGS),
      end: numbers(TAGS),
      transitions: numbers(TAGS * TAGS),
    }),
  );
  fc.assert(
    fc.property(chains, ({ emissions, start, end, transitions }) => {
      const length = emissions.length / TAGS;
      const score = (tags: readonly number[]) =>
        tags.reduce(
          (sum, tag, t) =>
            sum + emissions[t * TAGS + tag]! + (t > 0 ? transitions[tags[t - 1]! * TAGS + tag]! : 0),
          start[tags[0]!]! + end[tags.at(-1)!]!,
        );
      let best = Number.NEGATIVE_INFINITY;
      for (let code = 0; code < TAGS ** length; code++) {
        best = Math.max(best, score(Array.from({ length }, (_, t) => Math.floor(code / TAGS ** t) % TAGS)));
      }
      const found = viterbi(Float32Array.from(emissions), {
        start: Float32Array.from(start),
        end: Float32Array.from(end),
        transitions: Float32Array.from(transitions),
      });
      expect(found.length).toBe(length);
      expect(score(found)).toBe(best);
    }),
  );
});
