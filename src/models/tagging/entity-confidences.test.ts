import { expect, it } from "vitest";
import type { ChainScores } from "../../nn/viterbi.ts";
import { decodeEntities } from "./decode-entities.ts";
import { entityConfidences } from "./entity-confidences.ts";
import { TagScheme } from "./tag-scheme.ts";

it("tells which of the entities found are right, with the confidences that decoding gives them", () => {
  const scheme = new TagScheme(["PER", "LOC"], "x");
  const size = scheme.tags.length;
  const chain: ChainScores = {
    start: new Float32Array(size),
    end: new Float32Array(size),
    transitions: new Float32Array(size ** 2).fill(0.25),
  };
  const wordIndex = [-1, 0, 1, 1, 2, -1];
  const text = (entities: { start: number; end: number; label: string }[], gold: typeof entities) => ({
    wordIndex,
    emissions: Float32Array.from(
      scheme.encode(wordIndex, entities).flatMap((tag) => scheme.tags.map((_, i) => (i === tag ? 3 : 0))),
    ),
    gold,
  });
  const per = { start: 0, end: 2, label: "PER" };
  const texts = [
    text(
      [per, { start: 2, end: 3, label: "LOC" }],
      [
        { start: 2, end: 3, label: "LOC" },
        { ...per, end: 1 },
      ],
    ),
    text([], [per]),
    text([per], [{ ...per, label: "LOC" }, per]),
  ];
  for (const constrained of [true, false]) {
    const { correct, labels, missed, confidencesAt } = entityConfidences(scheme, texts, chain, {
      constrained,
    });
    expect(correct).toEqual([false, true, true]);
    expect(labels).toEqual(["PER", "LOC", "PER"]);
    expect(missed).toEqual([
      { label: "PER", text: 0 },
      { label: "PER", text: 1 },
      { label: "LOC", text: 2 },
    ]);
    for (const temperature of [0.5, 1, 4]) {
      const decoded = texts.flatMap(({ emissions }) =>
        decodeEntities(scheme, emissions, wordIndex, chain, { constrained, temperature }),
      );
      expect(confidencesAt(temperature)).toEqual(decoded.map(({ probability }) => probability));
    }
  }
});
