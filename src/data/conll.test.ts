import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DefectCode } from "../base/codes/data-defects.ts";
import type { Document } from "./document.ts";
import { readDocuments } from "./readers.ts";
import { compareSplits } from "./splits.ts";
import { tokensOf } from "./tokens.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-conll-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(content: string | Uint8Array, options: object = {}) {
  const path = join(folder, "posts.txt");
  await writeFile(path, content);
  return readDocuments(path, { format: "conll", ...options });
}

/** One block from `word/tag` pairs. */
const block = (pairs: string) =>
  pairs
    .split(" ")
    .map((pair) => pair.replace("/", "\t"))
    .join("\n");
const named = ({ text, entities }: Document) =>
  entities.map(({ start, end, label }) => `${label} ${text.slice(start, end)}`);
const placesOf = (found: readonly { readonly place: string }[]) =>
  found.map(({ place }) => place.split(":").at(-1));

describe("the CoNLL reader", () => {
  it("turns a block into a document with its picture, its entities and its token offsets", async () => {
    const { documents, report } = await read(
      `IMGID:77\n${block("RT/O Ann/B-PER O'Hara/I-PER in/O Rome/B-LOC 😀/O")}\n\n${block("Bo/B-PER")}\n`,
    );
    expect(documents).toEqual([
      {
        id: "posts-0",
        text: "RT Ann O'Hara in Rome 😀",
        image: "77.jpg",
        entities: [
          { start: 3, end: 13, label: "PER" },
          { start: 17, end: 21, label: "LOC" },
        ],
        relations: [],
        meta: {
          block: 0,
          line: 1,
          tokens: [
            [0, 2],
            [3, 6],
            [7, 13],
            [14, 16],
            [17, 21],
            [22, 24],
          ],
        },
      },
      {
        id: "posts-1",
        text: "Bo",
        entities: [{ start: 0, end: 2, label: "PER" }],
        relations: [],
        meta: { block: 1, line: 9, tokens: [[0, 2]] },
      },
    ]);
    expect(report).toMatchObject({
      lines: 9,
      blank: 1,
      marks: 0,
      rowLines: 8,
      read: 2,
      accepted: 2,
      counts: {},
    });
  });

  it("reads columns divided by spaces, marks of documents, CRLF and a missing last line end", async () => {
    const { documents, report } = await read(
      "-DOCSTART- -X- -X- O\r\n\r\nAnn NNP I-NP B-PER\r\nslept VBD I-VP O\r\n\r\nIMGID:a_1\r\nBo  B-PER",
      { imageExtension: ".png" },
    );
    expect(documents.map(({ text, image }) => [text, image])).toEqual([
      ["Ann slept", undefined],
      ["Bo", "a_1.png"],
    ]);
    expect(report).toMatchObject({ lines: 7, blank: 2, marks: 1, rowLines: 4, read: 2, accepted: 2 });
    expect(report.counts).toEqual({ "data/crlf": 1, "data/unused-columns": 1 });
    expect(report.defects.find(({ code }) => code === "data/unused-columns")?.value).toBe(2);
  });

  it("keeps a word that is a no-break space, and one that looks like a mark or holds spaces", async () => {
    const { documents, report } = await read("\u00a0\tO\nIMGID:5\tB-X\nNew York\tB-LOC\n-DOCSTART-x\tO\n");
    expect(documents.flatMap(tokensOf).map(({ text }) => text)).toEqual([
      "\u00a0",
      "IMGID:5",
      "New York",
      "-DOCSTART-x",
    ]);
    expect(report).toMatchObject({ accepted: 1, counts: { "data/blank-token": 1 } });
  });

  const faults: readonly (readonly [DefectCode, string, readonly string[]])[] = [
    ["data/empty-token", "Ann\tO\n\tO", ["2"]],
    ["data/empty-token", " O", ["1"]],
    ["data/missing-tag", "Ann\nslept\tO", ["1"]],
    ["data/missing-tag", "Ann\t\nslept\tO", ["1"]],
    ["data/not-a-bio-tag", "Ann\tX-PER\nslept\tO", ["1"]],
    ["data/not-a-bio-tag", "Ann\tB-\nslept\to", ["1", "2"]],
    ["data/misplaced-image", "IMGID:1\nIMGID:2\nAnn\tO", ["2"]],
    ["data/misplaced-image", "IMGID:1\nAnn\tO\nIMGID:2\nBo\tO", ["3"]],
    ["data/empty-image", "IMGID:\nAnn\tO", ["1"]],
    ["data/empty-text", "IMGID:1", ["1"]],
    ["data/empty-text", "\u00a0\tO", ["1"]],
  ];
  it.each(faults)("rejects a block with %s: %j", async (code, lines, places) => {
    const { documents, report } = await read(`${lines}\n\nBo\tO\n`);
    expect(documents.map(({ id }) => id)).toEqual(["posts-1"]);
    expect(report).toMatchObject({ read: 2, accepted: 1, rejected: 1 });
    expect(placesOf(report.defects.filter((found) => found.code === code))).toEqual(places);
    await expect(read(lines, { policy: "strict" })).rejects.toMatchObject({
      place: expect.stringMatching(/posts\.txt:\d+$/),
    });
  });

  it("rejects a whole block if one of its lines is not text, and reads the next one", async () => {
    const { documents, report } = await read(
      Buffer.concat([Buffer.from("Ann\tO\n\xff\tO\nslept\tO\n\n", "latin1"), Buffer.from("Bo\tO\n")]),
    );
    expect(documents.map(({ text }) => text)).toEqual(["Bo"]);
    expect(report).toMatchObject({ lines: 5, blank: 1, rowLines: 4, accepted: 1, rejected: 1 });
    expect(report.counts).toEqual({ "data/invalid-utf8": 1 });
  });

  it("bounds a block by bytes and by lines, and counts all its lines", async () => {
    const long = "word\tO\n".repeat(300);
    const bytes = await read(`${long}\nBo\tO\n`, { maxLineBytes: 1000 });
    expect(bytes.documents.map(({ text }) => text)).toEqual(["Bo"]);
    expect(bytes.report).toMatchObject({ lines: 302, rowLines: 301, counts: { "data/block-too-long": 1 } });
    const lines = await read("x\tO\n".repeat(20_001));
    expect(lines.report).toMatchObject({ lines: 20_001, rejected: 1, counts: { "data/block-too-long": 1 } });
  });

  it("names blank lines that divide nothing", async () => {
    const { report } = await read("\nAnn\tO\n\n\t\n\nBo\tO\n");
    expect(report).toMatchObject({ lines: 6, blank: 4, rowLines: 2, counts: { "data/blank-line": 3 } });
    expect(placesOf(report.defects)).toEqual(["1", "4", "5"]);
  });

  it("says of an empty file that it holds nothing", async () => {
    expect(await read("")).toMatchObject({ documents: [], report: { lines: 0, read: 0, counts: {} } });
  });
});

describe("files in other tag schemes", () => {
  const iob1 =
    "-DOCSTART- -X- -X- O\n\nAnn NNP B-NP I-PER\nLee NNP I-NP I-PER\nBo NNP B-NP B-PER\nmet VBD B-VP O\nRome NNP B-NP I-LOC\n";

  it("are read as such, and the report says so: the columns of CoNLL-2003 in IOB1", async () => {
    const { documents, report } = await read(iob1);
    expect(documents.map(named)).toEqual([["PER Ann Lee", "PER Bo", "LOC Rome"]]);
    expect(report).toMatchObject({ marks: 1, accepted: 1, rejected: 0 });
    expect(report.counts).toEqual({ "data/tag-scheme": 1, "data/unused-columns": 1 });
    expect(report.defects.map(({ message }) => message).join("\n")).toContain("the tags are IOB1");
  });

  it("are read as such: BIOES", async () => {
    const { documents, report } = await read(block("Ann/B-PER Lee/E-PER Bo/S-PER met/O Cy/S-PER"));
    expect(documents.map(named)).toEqual([["PER Ann Lee", "PER Bo", "PER Cy"]]);
    expect(report.counts).toEqual({ "data/tag-scheme": 1 });
  });

  it("keep IOB1's tags as orphans for a reader who names another policy", async () => {
    const { report } = await read(iob1, { bio: "strict" });
    expect(report).toMatchObject({ accepted: 0, rejected: 1, counts: { "data/orphan-tag": 2 } });
  });
});

describe("the policies for orphan I- tags", () => {
  const orphans = block("in/O Rome/I-LOC Ann/B-PER Lee/I-ORG Corp/I-ORG and/O Bo/I-PER");

  it("conll: an orphan starts an entity, and is counted", async () => {
    const { documents, report } = await read(orphans);
    expect(documents.map(named)).toEqual([["LOC Rome", "PER Ann", "ORG Lee Corp", "PER Bo"]]);
    expect(report.counts).toEqual({ "data/orphan-tag": 3 });
    expect(placesOf(report.defects)).toEqual(["2", "4", "7"]);
    expect((await read(orphans, { bio: "conll" })).documents).toEqual(documents);
  });

  it("repair: an orphan right after an entity of another type continues it", async () => {
    const { documents, report } = await read(orphans, { bio: "repair" });
    expect(documents.map(named)).toEqual([["LOC Rome", "PER Ann Lee Corp", "PER Bo"]]);
    expect(report.counts).toEqual({ "data/orphan-tag": 3 });
    expect(report.defects[1]?.message).toContain("continues");
  });

  it("strict: a block with an orphan is rejected, as with the orphan named in reject", async () => {
    for (const options of [{ bio: "strict" }, { reject: ["data/orphan-tag"] }]) {
      const { documents, report } = await read(`${orphans}\n\nBo\tB-PER`, options);
      expect(documents.map(({ text }) => text)).toEqual(["Bo"]);
      expect(report).toMatchObject({ rejected: 1, counts: { "data/orphan-tag": 3 } });
      await expect(read(orphans, { ...options, policy: "strict" })).rejects.toMatchObject({
        code: "data/orphan-tag",
        place: join(folder, "posts.txt:2"),
      });
    }
  });
});

const shared = join(process.env.RELATA_SHARED ?? join(import.meta.dirname, "../../../shared"), "data");
const absent = !existsSync(join(shared, "twitter2015"));

describe.skipIf(absent)(`the real CoNLL files (skipped unless ${shared} exists)`, () => {
  // Twitter: the numbers of ../shared/data/README.md; GMNER: lines counted by their tags with grep. "starts" are B- tags; each orphan
  // starts one more entity under the policy conll.
  const counts = {
    "twitter2015/train": { posts: 4000, words: 64_439, starts: 6166, orphans: 186 },
    "twitter2015/valid": { posts: 1000, words: 16_178, starts: 1541, orphans: 53 },
    "twitter2017/train": { posts: 3373, words: 53_007, starts: 6049, orphans: 0 },
    "twitter2017/valid": { posts: 723, words: 11_309, starts: 1324, orphans: 0 },
    "gmner/train": { posts: 4970, words: 79_370, starts: 8413, orphans: 0 },
    "gmner/dev": { posts: 1059, words: 17_035, starts: 1737, orphans: 0 },
  } as const;
  const load = (name: string, options = {}) =>
    readDocuments(join(shared, `${name}.txt`), { format: "conll", policy: "strict", ...options });

  it.each(Object.entries(counts))("%s is read whole", async (name, { posts, words, starts, orphans }) => {
    const { documents, report } = await load(name);
    expect(report).toMatchObject({ read: posts, accepted: posts, rejected: 0, rowLines: words + posts });
    expect(report.counts).toEqual({
      ...(orphans > 0 && { "data/orphan-tag": orphans }),
      ...(name === "twitter2015/valid" && { "data/blank-token": 1 }),
    });
    expect(documents.reduce((sum, document) => sum + tokensOf(document).length, 0)).toBe(words);
    expect(documents.reduce((sum, { entities }) => sum + entities.length, 0)).toBe(starts + orphans);
    expect(new Set(documents.map(({ image }) => image)).size).toBe(posts);
  });

  it("has its one blank word where the data's description says", async () => {
    const { report } = await load("twitter2015/valid");
    const [blank] = report.defects.filter(({ code }) => code === "data/blank-token");
    expect(blank?.place).toBe(`${join(shared, "twitter2015/valid.txt")}:9658`);
  });

  it("shares two texts of Twitter-2015 and one of Twitter-2017 between train and valid, and no picture", async () => {
    for (const [set, texts] of [
      ["twitter2015", 2],
      ["twitter2017", 1],
    ] as const) {
      const [train, valid] = [await load(`${set}/train`), await load(`${set}/valid`)];
      const [overlap] = compareSplits({ train: train.documents, valid: valid.documents });
      expect(overlap).toMatchObject({ images: [], ids: [] });
      expect(overlap?.texts).toHaveLength(texts);
    }
  });

  it("agrees with GMNER's boxes everywhere", async () => {
    for (const [split, boxes] of [
      ["train", 4085],
      ["dev", 828],
    ] as const) {
      const { documents, report } = await load(`gmner/${split}`, {
        boxes: join(shared, `gmner/boxes-${split}.json`),
      });
      expect(report.counts).toEqual({});
      const joined = documents.flatMap(({ meta }) => (meta?.boxes ?? []) as readonly object[]);
      expect(joined).toHaveLength(boxes); // counted in the JSON files
    }
  });
});
