import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Document } from "../data/document.ts";
import { mapLabels, shuffleImages } from "./derive.ts";

function post(id: number, image: string | undefined): Document {
  const none = { entities: [], relations: [] };
  return { id: String(id), text: "a", ...(image === undefined ? {} : { image }), ...none };
}

const imagesOf = (documents: readonly Document[]) => documents.flatMap(({ image }) => image ?? []).sort();

describe("shuffleImages", () => {
  it("gives every document the image of another one, each image as often as before", () => {
    // No image belongs to more than half of the documents with one: two of each, and at least two images.
    const posts = fc
      .record({ pairs: fc.integer({ min: 2, max: 12 }), without: fc.integer({ min: 0, max: 3 }) })
      .map(({ pairs, without }) => [
        ...Array.from({ length: 2 * pairs }, (_, i) => post(i, `${i % pairs}.png`)),
        ...Array.from({ length: without }, (_, i) => post(100 + i, undefined)),
      ]);
    fc.assert(
      fc.property(posts, fc.nat(), (documents, seed) => {
        const shuffled = shuffleImages(documents, seed);
        expect(imagesOf(shuffled)).toEqual(imagesOf(documents));
        for (const [i, document] of documents.entries()) {
          expect(shuffled[i]?.id).toBe(document.id);
          if (document.image === undefined) expect(shuffled[i]?.image).toBeUndefined();
          else expect(shuffled[i]?.image).not.toBe(document.image);
        }
      }),
    );
  });

  it("draws the same for the same seed, and otherwise for another", () => {
    const documents = Array.from({ length: 20 }, (_, i) => post(i, `${i}.png`));
    expect(shuffleImages(documents, 1)).toEqual(shuffleImages(documents, 1));
    expect(shuffleImages(documents, 1)).not.toEqual(shuffleImages(documents, 2));
  });

  it("says which image is in too many documents", () => {
    const documents = [post(1, "a.png"), post(2, "a.png"), post(3, "b.png")];
    expect(() => shuffleImages(documents, 1)).toThrow('"a.png"');
  });
});

describe("mapLabels", () => {
  const document: Document = {
    id: "d",
    text: "Ana left Oslo",
    entities: [
      { start: 0, end: 3, label: "PER" },
      { start: 0, end: 3, label: "person" },
      { start: 9, end: 13, label: "LOC" },
      { start: 4, end: 8, label: "VERB" },
    ],
    relations: [
      { head: 0, tail: 2, label: "lived in" },
      { head: 1, tail: 2, label: "place of" },
      { head: 1, tail: 3, label: "lived in" },
      { head: 2, tail: 0, label: "odd" },
    ],
  };

  it("renames, takes out with what hangs on it, and keeps what has become the same once", () => {
    const labels = { PER: "person", LOC: "place", VERB: null, "place of": "lived in", odd: null };
    expect(mapLabels(document, labels)).toEqual({
      ...document,
      entities: [
        { start: 0, end: 3, label: "person" },
        { start: 9, end: 13, label: "place" },
      ],
      relations: [{ head: 0, tail: 1, label: "lived in" }],
    });
  });

  it("leaves labels as they are that the map does not name", () => {
    expect(mapLabels(document, {})).toEqual(document);
  });
});
