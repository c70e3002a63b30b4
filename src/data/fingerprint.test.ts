import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "./document.ts";
import { documentStatistics, fingerprintDocuments, fingerprintFile } from "./fingerprint.ts";
import { compareSplits } from "./splits.ts";

const one: Document = {
  id: "1",
  text: "Ann met Bob",
  image: "a.jpg",
  entities: [
    { start: 0, end: 3, label: "PER" },
    { start: 8, end: 11, label: "PER" },
  ],
  relations: [{ head: 0, tail: 1, label: "peer" }],
  meta: { b: 1, a: { y: [1, 2], x: null } },
};
const two: Document = {
  ...one,
  id: "2",
  text: "Ann met Bob again",
  relations: [{ head: 0, tail: 1, label: "None" }],
};
const three: Document = { id: "3", text: "Hello", entities: [], relations: [] };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-fingerprint-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("fingerprintDocuments", () => {
  it("depends on content and order, not on the order of keys", () => {
    const { meta: _, id, ...rest } = one;
    const shuffled: Document = { meta: { a: { x: null, y: [1, 2] }, b: 1 }, ...rest, id };
    const print = fingerprintDocuments([one, two]);
    expect(print).toMatch(/^[\da-f]{64}$/);
    expect(fingerprintDocuments([shuffled, two])).toBe(print);
    expect(fingerprintDocuments([two, one])).not.toBe(print);
    expect(fingerprintDocuments([{ ...one, meta: { b: 1 } }, two])).not.toBe(print);
  });

  it("differs from a file's fingerprint, which is that of its bytes", async () => {
    await writeFile(join(folder, "abc"), "abc");
    expect(await fingerprintFile(join(folder, "abc"))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", // FIPS 180-2, example B.1
    );
  });
});

describe("documentStatistics", () => {
  it("counts labels, pictures, texts and lengths", () => {
    expect(documentStatistics([one, two, three])).toEqual({
      documents: 3,
      withoutImage: 1,
      images: 1,
      texts: 3,
      characters: { min: 5, mean: 11, max: 17 },
      tokens: { min: 1, mean: 8 / 3, max: 4 },
      entities: { PER: 4 },
      relations: { None: 1, peer: 1 },
    });
    expect(documentStatistics([]).characters).toEqual({ min: 0, mean: 0, max: 0 });
  });
});

describe("compareSplits", () => {
  it("counts texts apart that differ in white space, case or the form of accents alone", () => {
    const known = { ...one, text: "In the caf\u00e9  today" };
    const copies = ["in the Cafe\u0301 today ", "IN THE CAF\u00c9\ttoday", "in the cafe today"];
    const others = copies.map((text, i) => ({ ...one, id: String(i), text }));
    expect(compareSplits({ a: [known], b: others })[0]).toMatchObject({ texts: [], similarTexts: 2 });
    expect(compareSplits({ a: [known], b: [known] })[0]).toMatchObject({ similarTexts: 0 });
  });

  it("names what splits share and where their answers differ", () => {
    const other: Document = { ...one, id: "9", relations: [{ head: 0, tail: 1, label: "None" }] };
    const overlaps = compareSplits({ train: [one, two], val: [other], test: [three] });
    expect(overlaps.map(({ a, b }) => `${a} ${b}`)).toEqual(["train val", "train test", "val test"]);
    expect(overlaps[0]).toMatchObject({ ids: [], images: ["a.jpg"], texts: ["Ann met Bob"], questions: 1 });
    expect(overlaps[0]?.conflicts).toMatchObject([{ code: "data/conflicting-labels", place: "val:9" }]);
    expect(overlaps[1]).toMatchObject({ ids: [], images: [], texts: [], questions: 0, conflicts: [] });
    expect(compareSplits({ a: [one, other], b: [one] })[0]?.conflicts).toHaveLength(1); // two answers against one
    expect(compareSplits({ a: [one], b: [one] })[0]).toMatchObject({
      ids: ["1"],
      questions: 1,
      conflicts: [],
    });
  });
});
