import { describe, expect, it } from "vitest";
import { TagScheme } from "./tag-scheme.ts";

// "[CLS] in New York ##er ##s park Bow ##ie [SEP]": words 0 in, 1 New, 2 Yorkers, 3 (no token), 4 park, 5 Bowie
const wordIndex = [-1, 0, 1, 2, 2, 2, 4, 5, 5, -1];
const names = (
  scheme: TagScheme,
  entities: { start: number; end: number; label: string }[],
  words = wordIndex,
) =>
  scheme
    .encode(words, entities)
    .map((tag) => scheme.tags[tag])
    .join(" ");

describe("TagScheme", () => {
  const published = new TagScheme(["PER", "LOC"], "x");
  const ours = new TagScheme(["PER", "LOC"], "inside");

  it("lists its tags in the order of the types", () => {
    expect(published.tags).toEqual(["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "X", "[CLS]", "[SEP]"]);
    expect(ours.tags).toEqual(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]);
    expect([published.tags[published.begin(1)], published.tags[published.inside(1)]]).toEqual([
      "B-LOC",
      "I-LOC",
    ]);
  });

  it("tags first subwords with BIO and the rest with X, as published", () => {
    const entities = [
      { start: 5, end: 6, label: "PER" },
      { start: 1, end: 3, label: "LOC" },
    ];
    expect(names(published, entities)).toBe("[CLS] O B-LOC I-LOC X X O B-PER X [SEP]");
  });

  it("or with the inside tag of the word's entity", () => {
    const entities = [
      { start: 1, end: 3, label: "LOC" },
      { start: 5, end: 6, label: "PER" },
    ];
    expect(names(ours, entities)).toBe("O O B-LOC I-LOC I-LOC I-LOC O B-PER I-PER O");
    expect(names(ours, [{ start: 2, end: 3, label: "PER" }])).toBe("O O O B-PER I-PER I-PER O O O O");
  });

  it("begins a new entity after a neighbouring one of the same type", () => {
    const entities = [
      { start: 1, end: 2, label: "PER" },
      { start: 2, end: 3, label: "PER" },
    ];
    expect(names(ours, entities)).toBe("O O B-PER B-PER I-PER I-PER O O O O");
  });

  it("begins an entity at its first word with a token, and names an entity without any", () => {
    expect(names(published, [{ start: 3, end: 6, label: "LOC" }])).toBe(
      "[CLS] O O O X X B-LOC I-LOC X [SEP]",
    );
    const lost = { start: 3, end: 4, label: "LOC" };
    expect(names(ours, [lost])).toBe("O O O O O O O O O O");
    expect(ours.withoutTokens(wordIndex, [lost, { start: 3, end: 5, label: "LOC" }])).toEqual([lost]);
  });

  it("handles a window that starts inside a text, and a text without words", () => {
    expect(names(published, [{ start: 6, end: 9, label: "PER" }], [-1, 7, 7, 8, 9, -1])).toBe(
      "[CLS] B-PER X I-PER O [SEP]",
    );
    expect(names(published, [], [-1, -1])).toBe("[CLS] [SEP]");
  });

  it("refuses what its tags cannot hold", () => {
    const refuses = (run: () => unknown, error: object) =>
      expect(run).toThrow(expect.objectContaining(error));
    refuses(() => ours.encode(wordIndex, [{ start: 0, end: 1, label: "ORG" }]), {
      code: "models/unknown-entity-type",
      value: "ORG",
    });
    const overlapping = [
      { start: 1, end: 3, label: "PER" },
      { start: 2, end: 4, label: "LOC" },
    ];
    refuses(() => ours.encode(wordIndex, overlapping), { code: "models/overlapping-entities" });
    for (const [start, end] of [
      [2, 2],
      [-1, 1],
      [0.5, 1],
    ] as const) {
      refuses(() => ours.encode(wordIndex, [{ start, end, label: "PER" }]), {
        code: "models/bad-entity-range",
      });
    }
    for (const words of [[0, 2, 1], [-2], [Number.NaN]]) {
      refuses(() => ours.encode(words, []), { code: "models/bad-word-index" });
    }
    for (const types of [[], [""], ["PER", "PER"]]) {
      refuses(() => new TagScheme(types, "x"), { code: "models/bad-entity-types" });
    }
  });
});
