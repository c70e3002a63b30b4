// Captioned collections: both layouts, captions of several rows, and rejected rows.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readCaptionLists } from "./caption-lists.ts";

let path: string;
beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), "relata-caption-lists-")), "captions.jsonl");
});
afterAll(() => rm(join(path, ".."), { recursive: true }));

const read = async (rows: readonly unknown[]) => {
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return readCaptionLists(path);
};

it("reads one caption and several, and leaves aside what else a collection says of its pictures", async () => {
  const { captions, report } = await read([
    { image: "a.jpg", caption: "a red kite" },
    { image: "b.jpg", captions: ["two boats", "boats at sea"], width: 640, boxes: [] },
  ]);
  expect([...captions]).toEqual([
    ["a.jpg", ["a red kite"]],
    ["b.jpg", ["two boats", "boats at sea"]],
  ]);
  expect(report).toMatchObject({ accepted: 2, rejected: 0, counts: {} });
});

it("adds up the rows of a picture and counts empty captions", async () => {
  const { captions, report } = await read([
    { image: "a.jpg", caption: "a red kite" },
    { image: "a.jpg", captions: ["", "a kite"] },
    { image: "c.jpg", caption: "  " },
  ]);
  expect([...captions]).toEqual([
    ["a.jpg", ["a red kite", "a kite"]],
    ["c.jpg", []],
  ]);
  expect(report.counts).toEqual({ "data/empty-caption": 2 });
});

it("names what is wrong with a row", async () => {
  const { captions, report } = await read([
    { image: "a.jpg" },
    { image: 7, caption: "a kite" },
    { image: "a.jpg", captions: "a kite" },
    { image: "", captions: ["a kite"] },
    ["a.jpg", "a kite"],
  ]);
  expect(captions.size).toBe(0);
  expect(report.counts).toEqual({ "data/missing-field": 1, "data/wrong-type": 3, "data/empty-image": 1 });
});
