import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quantile } from "../../base/statistics.ts";
import { renderPage } from "../../report/page.ts";
import { DEFAULT_PICTURE_LIMITS, PictureEmbedder } from "../../report/pictures.ts";
import { describeFiles } from "./describe-files.ts";
import { descriptionPage } from "./description-page.ts";
import { Tally } from "./tally.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-describe-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const entity = (start: number, end: number, label: string, probability?: number) => ({
  start,
  end,
  label,
  ...(probability !== undefined && { probability }),
});

async function described(documents: readonly object[], name = "train.jsonl") {
  const path = join(folder, name);
  await writeFile(path, documents.map((one) => `${JSON.stringify(one)}\n`).join(""));
  return describeFiles({ files: [{ path }] });
}

describe("a description", () => {
  it("counts what is in a file", async () => {
    const text = "Paris met Paris in Lyon"; // 5 words, 23 characters
    const entities = [entity(0, 5, "PER", 0.5), entity(10, 15, "LOC"), entity(19, 23, "LOC")];
    const { description } = await described([
      {
        id: "1",
        text,
        image: "a.jpg",
        entities,
        relations: [
          { head: 0, tail: 1, label: "in" },
          { head: 0, tail: 1, label: "near" },
        ],
      },
      { id: "2", text, image: "a.jpg", entities: entities.slice(0, 1), meta: { source: "x" } },
      { id: "0", text: "Москва", entities: [], category: "news" },
    ]);
    const [split] = description.splits;
    expect(split).toMatchObject({
      name: "train",
      documents: 3,
      distinctTexts: 2,
      words: { total: 11, median: 5, min: 1, max: 5 },
      characters: { total: 52 },
      pictures: { documents: 2, distinct: 1 },
      scripts: { Latin: 2, Cyrillic: 1 },
      categories: [{ label: "news", count: 1, share: 1, documents: 1 }],
      meta: [{ name: "source", documents: 1, kinds: ["string"] }],
      probabilities: { entities: { count: 2, median: 50 } },
      order: { idsAscend: false },
      // 3 mentions make 6 ordered pairs; the two relations join one of them.
      pairs: { total: 6, annotated: 1, unannotated: 5, documentsBeyondMost: 0 },
    });
    expect(split?.entities).toMatchObject({
      total: 4,
      mentions: {
        distinct: 2,
        ambiguous: 1,
        ambiguousEntities: 3,
        examples: [{ text: "Paris", labels: { PER: 2, LOC: 1 } }],
      },
      labels: [
        { label: "LOC", count: 2, share: 0.5, documents: 1, distinctMentions: 2, ambiguousMentions: 1 },
        { label: "PER", count: 2, share: 0.5, documents: 2, distinctMentions: 1 },
      ],
    });
    expect(split?.relations.labels).toMatchObject([
      { label: "in", count: 1, types: [{ head: "PER", tail: "LOC", count: 1 }] },
      { label: "near", count: 1 },
    ]);
  });

  it("says what chance would give in a sorted file and in an alternating one", async () => {
    const file = (labels: string) =>
      [...labels].map((label, i) => ({ id: `${i}`, text: "x ".repeat(i + 1), category: label }));
    const sorted = (await described(file("aaaabbbb"))).description.splits[0]?.order;
    // Of 7 neighbours 6 are alike; by chance 2 * 4 * 3 / (8 * 7) are. Lengths rise with the position.
    expect(sorted).toMatchObject({ by: "category", idsAscend: true });
    expect(sorted?.sameAsNext).toBeCloseTo(6 / 7);
    expect(sorted?.sameByChance).toBeCloseTo(3 / 7);
    expect(sorted?.lengthTrend).toBeCloseTo(1);
    expect((await described(file("abababab"))).description.splits[0]?.order.sameAsNext).toBe(0);
  });

  it("draws a page, of an empty file too", async () => {
    for (const documents of [[], [{ id: "1", text: "<b>", entities: [entity(0, 3, "<i>")] }]]) {
      const { description, tallies } = await described(documents);
      const page = await renderPage(
        descriptionPage(description, tallies),
        new PictureEmbedder(DEFAULT_PICTURE_LIMITS),
      );
      expect(page).not.toContain("<i>");
      expect(page).toContain("Description of a corpus");
    }
  });
});

describe("a tally", () => {
  it("has the quantiles of its numbers", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { minLength: 1, maxLength: 60 }), (values) => {
        const tally = new Tally();
        for (const value of values) tally.add(value);
        const sorted = [...values].sort((a, b) => a - b);
        const found = tally.quantities();
        expect(found?.p5).toBeCloseTo(quantile(sorted, 0.05));
        expect(found?.median).toBeCloseTo(quantile(sorted, 0.5));
        expect(found?.p95).toBeCloseTo(quantile(sorted, 0.95));
        expect([found?.min, found?.max, found?.count]).toEqual([sorted[0], sorted.at(-1), values.length]);
        expect(tally.above(7)).toBe(values.filter((value) => value > 7).length);
      }),
    );
  });
});

const shared = join(process.env.RELATA_SHARED ?? join(import.meta.dirname, "../../../../shared"), "data");

describe.skipIf(!existsSync(shared))(`the real files (skipped unless ${shared} exists)`, () => {
  it("have the counts that their page states", async () => {
    const { description } = await describeFiles({
      files: ["twitter2015/train.txt", "twitter2017/valid.txt"].map((name) => ({ path: join(shared, name) })),
    });
    expect(
      description.splits.map(({ documents, words, entities }) => [
        documents,
        words?.total,
        Object.fromEntries(entities.labels.map(({ label, count }) => [label, count])),
      ]),
    ).toEqual([
      // The 186 orphan I- tags of Twitter-2015 begin entities, as in conlleval: 2,217 B-PER and 68 are 2,285, and so on.
      [4000, 64_439, { PER: 2285, LOC: 2135, ORG: 957, OTHER: 975 }],
      [723, 11_309, { PER: 626, ORG: 375, LOC: 173, MISC: 150 }],
    ]);
  });
});
