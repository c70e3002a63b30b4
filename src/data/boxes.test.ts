import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DefectCode } from "../base/codes/data-defects.ts";
import { readDocuments } from "./readers.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-boxes-"));
  await writeFile(
    join(folder, "posts.txt"),
    "IMGID:7\nAnn\tB-PER\nLee\tI-PER\nmet\tO\nBo\tB-PER\nand\tO\nBo\tB-PER\n",
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(boxes: unknown, options: object = {}) {
  const path = join(folder, "boxes.json");
  await writeFile(path, typeof boxes === "string" ? boxes : JSON.stringify(boxes));
  return readDocuments(join(folder, "posts.txt"), { format: "conll", boxes: path, ...options });
}

const picture = (...boxes: readonly (readonly [string, readonly number[]])[]) => ({
  "7.jpg": { width: 100, height: 50, boxes: boxes.map(([label, box]) => ({ label, box })) },
});

describe("boxes of a CoNLL file", () => {
  it("are joined to every entity of their name", async () => {
    const { documents, report } = await read(
      picture(["Ann Lee", [0, 0, 100, 50]], ["Bo", [1, 2, 3, 4]], ["Bo", [5, 6, 7, 8]]),
    );
    expect(report.counts).toEqual({});
    expect(documents[0]?.meta).toMatchObject({
      pictureSize: [100, 50],
      boxes: [
        { name: "Ann Lee", box: [0, 0, 100, 50], entities: [0] },
        { name: "Bo", box: [1, 2, 3, 4], entities: [1, 2] },
        { name: "Bo", box: [5, 6, 7, 8], entities: [1, 2] },
      ],
    });
  });

  const faults: readonly (readonly [DefectCode, object])[] = [
    ["data/box-without-entity", picture(["Ann", [0, 0, 10, 10]])],
    ["data/box-outside-picture", picture(["Bo", [0, 0, 101, 10]])],
    ["data/box-outside-picture", picture(["Bo", [0, 0, 10, 51]])],
    ["data/box-outside-picture", picture(["Bo", [-1, 0, 10, 10]])],
    ["data/box-outside-picture", picture(["Bo", [10, 0, 10, 10]])],
    ["data/box-outside-picture", picture(["Bo", [0, 10, 10, 9]])],
  ];
  it.each(faults)("reject their document with %s: %j", async (code, boxes) => {
    const { documents, report } = await read(boxes);
    expect(documents).toEqual([]);
    expect(report.counts).toEqual({ [code]: 1 });
    expect(report.defects[0]?.place).toBe(join(folder, "posts.txt:1"));
  });

  it("are counted when no row names their picture", async () => {
    const { report } = await read({ ...picture(), "8.jpg": { width: 1, height: 1, boxes: [] } });
    expect(report).toMatchObject({ accepted: 1, counts: { "data/unused-boxes": 1 } });
    expect(report.defects[0]?.value).toBe(1);
  });

  it.each([
    "{",
    "[]",
    "null",
    '{"7.jpg": {"width": 1, "height": 1}}',
    '{"7.jpg": {"width": 0, "height": 1, "boxes": []}}',
    '{"7.jpg": {"width": 1, "height": 1, "boxes": [{"label": "Bo", "box": [1, 2, 3]}]}}',
    '{"7.jpg": {"width": 1, "height": 1, "boxes": []}, "7.jpg": {"width": 1, "height": 1, "boxes": []}}',
    '{"7.jpg": {"width": 1, "height": 1, "boxes": [], "gold": true}}',
  ])("refuse a file that is none: %s", async (content) => {
    await expect(read(content)).rejects.toMatchObject({
      code: "data/bad-boxes",
      place: join(folder, "boxes.json"),
    });
  });

  it("name a file that is not there", async () => {
    await expect(read({}, { boxes: join(folder, "absent.json") })).rejects.toMatchObject({
      code: "data/cannot-read",
    });
  });
});
