// The uncertainty of tag sequences, compared with the sum over all sequences written out.
import { expect, it } from "vitest";
import { stream } from "../training/random.ts";
import { tagUncertainty } from "./tag-uncertainty.ts";

const TAGS = 3;

function chainOf(draw: () => number) {
  const some = (length: number) => Float32Array.from({ length }, draw);
  return { start: some(TAGS), end: some(TAGS), transitions: some(TAGS * TAGS) };
}

it("is 1 minus the geometric mean, over tokens, of the probability of the best of all sequences", () => {
  const random = stream(1, 0, "chain");
  for (const temperature of [1, 2.5]) {
    const chain = chainOf(() => random.normal());
    const length = 4;
    const emissions = Float32Array.from({ length: length * TAGS }, () => random.normal());
    const scores = Array.from({ length: TAGS ** length }, (_, code) => {
      const path = Array.from({ length }, (_, t) => Math.floor(code / TAGS ** t) % TAGS);
      const emitted = path.reduce((sum, tag, t) => sum + emissions[t * TAGS + tag]!, 0);
      const moved = path.slice(1).reduce((sum, tag, t) => sum + chain.transitions[path[t]! * TAGS + tag]!, 0);
      return (emitted + moved + chain.start[path[0]!]! + chain.end[path[length - 1]!]!) / temperature;
    });
    const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
    const best = Math.exp(Math.max(...scores)) / total;
    expect(tagUncertainty(emissions, chain, temperature)).toBeCloseTo(1 - best ** (1 / length), 6);
  }
});

it("is close to 0 for scores that leave no doubt, and 0 for a text without tokens", () => {
  const chain = chainOf(() => 0);
  expect(tagUncertainty(Float32Array.from([40, 0, 0, 0, 40, 0]), chain)).toBeCloseTo(0, 9);
  expect(tagUncertainty(new Float32Array(0), chain)).toBe(0);
});
