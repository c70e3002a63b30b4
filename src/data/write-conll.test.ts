import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "./document.ts";
import { readDocuments } from "./readers.ts";
import { type ConllLoss, type ConllOptions, writeConll } from "./write-conll.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-write-conll-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const post = (change: Partial<Document> = {}): Document => ({
  id: "out-0",
  text: "Ann Lee met Bo",
  image: "7.jpg",
  entities: [
    { start: 12, end: 14, label: "PER" },
    { start: 0, end: 7, label: "PER" },
  ],
  relations: [],
  ...change,
});

async function write(documents: readonly Document[], options: ConllOptions = {}) {
  const path = join(folder, "out.txt");
  const account = await writeConll(path, documents, options);
  return { account, text: await readFile(path, "utf8") };
}

describe("writeConll", () => {
  it("writes a block for each document, a blank line between them", async () => {
    const next = post({ id: "x", text: "Bo", entities: [] });
    const { image: _, ...withoutPicture } = next;
    const { account, text } = await write([post(), withoutPicture]);
    expect(text).toBe("IMGID:7\nAnn\tB-PER\nLee\tI-PER\nmet\tO\nBo\tB-PER\n\nBo\tO\n");
    expect(account).toEqual({ documents: 2, renamed: 1, losses: {} });
  });

  it("keeps neighbours of one type apart, and takes another extension off a picture's name", async () => {
    const entities = [
      { start: 0, end: 3, label: "PER" },
      { start: 4, end: 7, label: "PER" },
    ];
    const { text } = await write([post({ image: "7.png", entities })], { imageExtension: ".png" });
    expect(text).toBe("IMGID:7\nAnn\tB-PER\nLee\tB-PER\nmet\tO\nBo\tO\n");
    expect((await write([post({ entities })], { imageExtension: "" })).text).toContain("IMGID:7.jpg\n");
  });

  const losses: readonly (readonly [ConllLoss, number, Partial<Document>])[] = [
    ["relations", 1, { relations: [{ head: 0, tail: 1, label: "peer" }] }],
    ["probabilities", 1, { entities: [{ start: 0, end: 3, label: "PER", probability: 1 }] }],
    ["overlapping", 1, { entities: [{ start: 0, end: 3, label: "A" }, ...post().entities] }],
    ["boundaries", 1, { entities: [{ start: 0, end: 2, label: "PER" }] }],
    ["labels", 1, { entities: [{ start: 0, end: 3, label: "a\tb" }] }],
    ["words", 1, { text: "-DOCSTART- met", entities: [] }],
    ["spacing", 1, { text: "Ann  Lee", entities: [] }],
    ["images", 1, { image: "7.png" }],
    ["images", 1, { image: "a b.jpg" }],
    ["meta", 1, { meta: { source: "x" } }],
  ];
  it.each(losses)("refuses a document with %s, unless losses are counted", async (loss, count, change) => {
    await expect(write([post(change)])).rejects.toMatchObject({
      code: "data/not-in-format",
      place: 'document "out-0"',
      value: { [loss]: count },
    });
    const { account } = await write([post(change)], { lossy: true });
    expect(account).toEqual({ documents: 1, renamed: 0, losses: { [loss]: count } });
  });

  it("divides a token at tabs and line breaks, and leaves out a document without words", async () => {
    const meta = { tokens: [[0, 7]] };
    const divided = post({ text: "Ann\nLee", entities: [{ start: 4, end: 7, label: "PER" }], meta });
    const nothing = post({ id: "b", text: "-DOCSTART-", entities: [] });
    const { account, text } = await write([divided, nothing], { lossy: true });
    expect(text).toBe("IMGID:7\nAnn\tO\nLee\tB-PER\n");
    expect(account).toEqual({ documents: 1, renamed: 0, losses: { words: 2, documents: 1 } });
  });

  it("keeps a byte order mark that belongs to the first word", async () => {
    const { image: _, ...marked } = post({ text: "\ufeffAnn", entities: [], meta: { tokens: [[0, 4]] } });
    await write([marked]);
    const { documents } = await readDocuments(join(folder, "out.txt"), { format: "conll" });
    expect(documents[0]?.text).toBe("\ufeffAnn");
  });

  it("refuses what a reader would refuse, and leaves the old file alone", async () => {
    const { text } = await write([post()]);
    await expect(write([post({ text: " " })])).rejects.toMatchObject({ code: "data/empty-text" });
    await expect(write([post(), post()])).rejects.toMatchObject({ code: "data/duplicate-id" });
    const long = post({ text: "x ".repeat(20_001).trim(), entities: [] });
    await expect(write([long])).rejects.toMatchObject({ code: "data/block-too-long" });
    expect(await readFile(join(folder, "out.txt"), "utf8")).toBe(text);
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    await expect(writeConll(join(folder, "no", "x"), [])).rejects.toMatchObject({
      code: "data/cannot-write",
    });
  });
});
