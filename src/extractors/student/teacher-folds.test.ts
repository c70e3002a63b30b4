// Folds and halves: examples of one text or picture stay together, and no example teaches two teachers of a fold.
import { describe, expect, it } from "vitest";
import { clustersOf, foldsOf, halvesOf } from "./teacher-folds.ts";

const KEYS = Array.from({ length: 60 }, (_, i) => `text ${i % 40}`); // a third of the texts twice

describe("halves of the other folds", () => {
  const folds = foldsOf(KEYS, 4, 7);

  it.each([0, 1, 2, 3])("leave out fold %i, and divide the rest by texts into two equal parts", (fold) => {
    const halves = halvesOf(KEYS, folds, fold, 7);
    expect(halves.map((half) => half === undefined)).toEqual(folds.map((one) => one === fold));
    const textsOf = (half: 0 | 1) => new Set(KEYS.filter((_, i) => halves[i] === half));
    expect([textsOf(0).size, textsOf(1).size]).toEqual([15, 15]);
    for (const text of textsOf(0)) expect(textsOf(1).has(text)).toBe(false);
  });

  it("are other halves for another fold, and the same again for the same", () => {
    const both = (a: number, b: number) => {
      const [first, second] = [halvesOf(KEYS, folds, a, 7), halvesOf(KEYS, folds, b, 7)];
      return first.filter((half, i) => half !== undefined && second[i] !== undefined && half !== second[i])
        .length;
    };
    expect(both(0, 0)).toBe(0);
    expect(both(0, 1)).toBeGreaterThan(5);
  });
});

describe("clustersOf", () => {
  it("has the relations of a document in one, and documents that share a picture", () => {
    const relation = { head: 0, tail: 1, label: "met" };
    const documents = [
      { id: "a", text: "one", image: "1.jpg", entities: [], relations: [relation, relation] },
      { id: "b", text: "two", image: "1.jpg", entities: [], relations: [relation] },
      { id: "c", text: "three", image: "2.jpg", entities: [], relations: [relation] },
      { id: "d", text: "four", entities: [], relations: [] },
    ];
    const examples = ["a#0", "a#1", "b", "c"].map((id) => ({ id })) as never;
    expect([...clustersOf({ documents, examples }).values()]).toEqual([0, 0, 0, 2]);
  });
});
