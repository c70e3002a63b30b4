import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "./document.ts";
import { readLabelSet } from "./label-file.ts";
import {
  compareLabelSets,
  entityLabelsOf,
  LabelSet,
  labelSetFromRel2id,
  relationLabelsOf,
  requireSameLabels,
} from "./labels.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-labels-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const code = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return undefined;
};

describe("label sets", () => {
  it("take their order from the indices of rel2id.json and write them back", () => {
    const set = labelSetFromRel2id({ peer: 2, None: 0, parent: 1 });
    expect(labelSetFromRel2id([{ peer: 2, None: 0, parent: 1 }]).labels).toEqual(set.labels);
    expect([...set]).toEqual(["None", "parent", "peer"]);
    expect([set.size, set.noneIndex, set.indexOf("peer"), set.indexOf("toString")]).toEqual([
      3,
      0,
      2,
      undefined,
    ]);
    expect(labelSetFromRel2id(JSON.parse(JSON.stringify(set))).labels).toEqual(set.labels);
  });

  it("refuse gaps, repeats, fractions and empty sets", () => {
    for (const value of [
      { a: 1 },
      { a: 0, b: 0 },
      { a: 0, b: 2 },
      { a: 0.5 },
      { a: "0" },
      { "": 0 },
      {},
      [],
      null,
    ]) {
      expect(code(() => labelSetFromRel2id(value))).toBe("data/bad-label-set");
    }
    expect(code(() => new LabelSet(["a", "a"]))).toBe("data/bad-label-set");
  });

  it("are read from a file, with the file named in every error", async () => {
    const path = join(folder, "rel2id.json");
    const read = async (text: string) => {
      await writeFile(path, text);
      return readLabelSet(path);
    };
    expect((await read('{"None":0,"a":1}')).labels).toEqual(["None", "a"]);
    await expect(read("{")).rejects.toMatchObject({ code: "data/not-json", place: path });
    await expect(read('{"a":0,"a":1,"b":0}')).rejects.toMatchObject({
      code: "data/duplicate-key",
      place: path,
    });
    await expect(read('{"a":7}')).rejects.toMatchObject({ code: "data/bad-label-set", place: path });
    await expect(readLabelSet(join(folder, "absent"))).rejects.toMatchObject({ code: "data/cannot-read" });
  });

  it("derived from data put None first and do not depend on the order of documents", () => {
    const document = (label: string): Document => ({
      id: label,
      text: "a b",
      entities: [
        { start: 0, end: 1, label: "PER" },
        { start: 2, end: 3, label: "LOC" },
      ],
      relations: [{ head: 0, tail: 1, label }],
    });
    const documents = ["/b", "None", "/a", "Z", "/b"].map(document);
    expect(relationLabelsOf(documents).labels).toEqual(["None", "/a", "/b", "Z"]);
    expect(relationLabelsOf([...documents].reverse()).labels).toEqual(["None", "/a", "/b", "Z"]);
    expect(entityLabelsOf(documents).labels).toEqual(["LOC", "PER"]);
  });

  it("are compared with a checkpoint's, and the error names missing, extra and moved labels", () => {
    const data = new LabelSet(["None", "b", "a", "new"]);
    const checkpoint = new LabelSet(["None", "a", "b", "old"]);
    expect(compareLabelSets(data, checkpoint)).toEqual({
      missing: ["old"],
      extra: ["new"],
      moved: ["b", "a"],
    });
    expect(() => requireSameLabels(data, checkpoint, "runs/1")).toThrow(
      expect.objectContaining({
        code: "data/labels-differ",
        place: "runs/1",
        message: expect.stringMatching(/missing: old; extra: new; moved: b, a/),
      }),
    );
    expect(code(() => requireSameLabels(data, new LabelSet(data.labels)))).toBeUndefined();
  });
});
