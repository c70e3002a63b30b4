import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Document } from "./document.ts";
import { splitDocuments } from "./split-documents.ts";
import { compareSplits } from "./splits.ts";

const SHARES = { train: 80, validation: 10, test: 10 };

const post = (
  i: number,
  { text = `post number ${i}`, image, label = "PER" }: Partial<Document> & { label?: string } = {},
): Document => ({
  id: `p${i}`,
  text,
  ...(image !== undefined && { image }),
  entities: [{ start: 0, end: 4, label }],
  relations: [],
});
const sizesOf = (parts: Readonly<Record<string, readonly Document[]>>) =>
  Object.values(parts).map((part) => part.length);

describe("splitDocuments", () => {
  it("gives each part its share, every document once, in the given order", () => {
    const documents = Array.from({ length: 100 }, (_, i) => post(i));
    const { parts, groups, largest } = splitDocuments(documents, { shares: SHARES, seed: 1 });
    expect(sizesOf(parts)).toEqual([80, 10, 10]);
    expect({ groups, largest }).toEqual({ groups: 100, largest: 1 });
    for (const part of Object.values(parts)) {
      const order = part.map(({ id }) => Number(id.slice(1)));
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
    expect(new Set(Object.values(parts).flat()).size).toBe(100);
  });

  it("depends on the seed, and not on the order of the documents", () => {
    const documents = Array.from({ length: 60 }, (_, i) => post(i));
    const idsOf = (given: readonly Document[], seed: number) => {
      const { parts } = splitDocuments(given, { shares: SHARES, seed });
      return Object.values(parts).map((part) => part.map(({ id }) => id).sort());
    };
    expect(idsOf(documents, 1)).toEqual(idsOf([...documents].reverse(), 1));
    expect(idsOf(documents, 1)).not.toEqual(idsOf(documents, 2));
  });

  it("spreads a rare label over the parts that have room for it", () => {
    const documents = Array.from({ length: 200 }, (_, i) => post(i, { label: i < 20 ? "RARE" : "PER" }));
    for (const seed of [1, 2, 3]) {
      const { parts } = splitDocuments(documents, { shares: SHARES, seed });
      const rare = Object.values(parts).map(
        (part) => part.filter(({ entities }) => entities[0]?.label === "RARE").length,
      );
      expect(rare).toEqual([16, 2, 2]);
    }
  });

  it("keeps nearly equal texts together, and texts apart that share fewer words", () => {
    const words = (from: number) => Array.from({ length: 12 }, (_, i) => `word${from + i}`);
    const versions = (at: number) => [
      post(3 * at, { text: words(100 * at).join(" ") }),
      post(3 * at + 1, { text: `RT ${words(100 * at).join(" ")}` }),
      post(3 * at + 2, {
        text: [...words(100 * at).slice(0, 5), ...words(100 * at + 50).slice(0, 7)].join(" "),
      }),
    ];
    const documents = Array.from({ length: 20 }, (_, at) => versions(at)).flat();
    const divided = splitDocuments(documents, { shares: SHARES, seed: 1 });
    expect(divided).toMatchObject({ groups: 40, largest: 2, nearTexts: true });
    for (let at = 0; at < 20; at++) {
      const pair = documents.slice(3 * at, 3 * at + 2);
      expect(
        Object.values(divided.parts).filter((part) => pair.some((one) => part.includes(one))),
      ).toHaveLength(1);
    }
    const reversed = splitDocuments([...documents].reverse(), { shares: SHARES, seed: 1 });
    for (const [name, part] of Object.entries(divided.parts))
      expect(new Set(reversed.parts[name])).toEqual(new Set(part));
  });

  it("keeps only equal texts together where nearly equal ones connect more than half of the documents", () => {
    const fromTemplate = Array.from({ length: 40 }, (_, i) =>
      post(i, { text: `Dear all please welcome our new colleague number${i} who starts with us on Monday` }),
    );
    const divided = splitDocuments(fromTemplate, { shares: SHARES, seed: 1 });
    expect(divided).toMatchObject({ groups: 40, largest: 1, nearTexts: false });
    expect(sizesOf(divided.parts)).toEqual([32, 4, 4]);
  });

  it("keeps documents together that are connected over others", () => {
    const chain = [
      post(0, { text: "Café  Rome", image: "a.jpg" }),
      post(1, { text: "cafe\u0301 rome", image: "b.jpg" }), // the text of 0, in another case and form
      post(2, { text: "another", image: "b.jpg" }), // the picture of 1
    ];
    const documents = [...chain, ...Array.from({ length: 27 }, (_, i) => post(i + 3))];
    for (const seed of [1, 2, 3, 4, 5]) {
      const { parts, groups, largest } = splitDocuments(documents, { shares: SHARES, seed });
      expect({ groups, largest }).toEqual({ groups: 28, largest: 3 });
      const holding = Object.values(parts).filter((part) =>
        part.some((document) => chain.includes(document)),
      );
      expect(holding).toHaveLength(1);
    }
  });

  it("refuses to leave a part empty, and says why", () => {
    const documents = Array.from({ length: 50 }, (_, i) => post(i, { image: "logo.png" }));
    expect(() => splitDocuments(documents, { shares: SHARES, seed: 1 })).toThrow(
      expect.objectContaining({
        code: "data/cannot-split",
        value: { documents: 50, groups: 1, largest: 50 },
      }),
    );
    expect(() => splitDocuments([], { shares: SHARES, seed: 1 })).toThrow(/nothing is left for train/);
  });

  it("never puts a text or a picture into two parts, and stays near the shares", () => {
    const documents = fc.array(
      fc.record({ text: fc.nat(120), image: fc.option(fc.nat(120), { nil: undefined }), label: fc.nat(5) }),
      { minLength: 30, maxLength: 120 },
    );
    fc.assert(
      fc.property(documents, fc.nat(1000), (rows, seed) => {
        const given = rows.map(({ text, image, label }, i) =>
          post(i, {
            text: `text ${text}`,
            ...(image !== undefined && { image: `${image}.jpg` }),
            label: `L${label}`,
          }),
        );
        let divided: ReturnType<typeof splitDocuments>;
        try {
          divided = splitDocuments(given, { shares: SHARES, seed });
        } catch (error) {
          expect(error).toMatchObject({ code: "data/cannot-split" });
          return;
        }
        const { parts, largest } = divided;
        expect(Object.values(parts).flat()).toHaveLength(given.length);
        for (const overlap of compareSplits(parts)) {
          expect(overlap).toMatchObject({ texts: [], images: [], similarTexts: 0 });
        }
        for (const [name, share] of Object.entries(SHARES)) {
          const size = parts[name]?.length ?? 0;
          expect(Math.abs(size - (given.length * share) / 100)).toBeLessThanOrEqual(largest + 1);
        }
      }),
    );
  });
});
