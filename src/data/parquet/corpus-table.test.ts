// Tables of test/golden/huggingface, which Hugging Face's datasets wrote (test/reference/make_huggingface_tables.py).
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "../document.ts";
import { readDocuments } from "../readers.ts";
import { SavedPictures } from "../saved-pictures.ts";
import { labelNaming, rowsOfColumns } from "./features.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-huggingface-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const table = (name: string) =>
  fileURLToPath(new URL(`../../../test/golden/huggingface/${name}.parquet`, import.meta.url));
const named = ({ text, entities }: Document) =>
  entities.map(({ start, end, label }) => `${label} ${text.slice(start, end)}`);

describe("tables of Hugging Face", () => {
  it("have the names of their labels in the metadata, and pictures that are written to a folder", async () => {
    const pictures = join(folder, "pictures");
    const saved = new SavedPictures(pictures);
    const savePicture = (bytes: Uint8Array, name?: string) => saved.save(bytes, name);
    const { documents, report } = await readDocuments(table("tags-and-pictures"), { savePicture });
    expect(report).toMatchObject({ format: "parquet", lines: 4, accepted: 4, counts: {} });
    expect(documents[0]).toEqual({
      id: "row-0",
      text: "😀 Ann Lee in Rome e\u0301",
      image: "b.png",
      entities: [
        { start: 3, end: 10, label: "PER" },
        { start: 14, end: 18, label: "LOC" },
      ],
      relations: [],
      meta: {
        tokens: [
          [0, 2],
          [3, 6],
          [7, 10],
          [11, 13],
          [14, 18],
          [19, 21],
        ],
      },
    });
    const images = documents.map(({ image }) => image);
    expect(images).toEqual([
      "b.png",
      expect.stringMatching(/^[\da-f]{16}\.png$/), // another picture has its name
      expect.stringMatching(/^[\da-f]{16}\.png$/),
      "b.png", // the same picture again
    ]);
    expect(new Set(images).size).toBe(3);
    for (const image of images) {
      expect((await readFile(join(pictures, image ?? ""))).subarray(1, 4).toString()).toBe("PNG");
    }
    // A second import finds its files and gives the same names.
    const again = new SavedPictures(pictures);
    const second = await readDocuments(table("tags-and-pictures"), {
      savePicture: (bytes, name) => again.save(bytes, name),
    });
    expect(second.documents).toEqual(documents);
  });

  it("are refused with the remedy where their pictures cannot be written", async () => {
    const { report } = await readDocuments(table("tags-and-pictures"));
    expect(report).toMatchObject({ accepted: 0, rejected: 4, counts: { "data/wrong-type": 4 } });
    expect(report.defects[0]?.message).toContain("relata import writes the pictures to a folder");
  });

  it("may have the tags of BIOES, and the columns of SpERT, DyGIE++ and TACRED", async () => {
    const of = async (name: string) => {
      const { documents, report } = await readDocuments(table(name));
      const [first] = documents;
      const [relation] = first?.relations ?? [];
      return { entities: first && named(first), relation, counts: report.counts };
    };
    expect(await of("bioes")).toEqual({
      entities: ["PER Ann Lee", "LOC Rome"],
      relation: undefined,
      counts: { "data/tag-scheme": 1 },
    });
    expect(await of("spert")).toEqual({
      entities: ["Per Ann Lee", "Loc Rome"],
      relation: { head: 0, tail: 1, label: "in" },
      counts: {},
    });
    expect(await of("dygie")).toEqual({
      entities: ["Per Ann", "Loc New York"],
      relation: { head: 0, tail: 1, label: "SAW" },
      counts: {},
    });
    expect(await of("tacred")).toEqual({
      entities: ["PERSON Ann Lee", "CITY Rome"],
      relation: { head: 0, tail: 1, label: "None" },
      counts: { "data/token-ends": 1, "data/none-label": 1 },
    });
  });

  it("may have mentions as a struct of lists, with numbers for labels", async () => {
    const { documents, report } = await readDocuments(table("mentions-in-columns"));
    expect([report.counts, documents.map(named), documents[0]?.relations]).toEqual([
      {},
      [["PER Ann", "LOC Rome"]],
      [{ head: 0, tail: 1, label: "left" }],
    ]);
  });

  it("have no category where the label is -1", async () => {
    const { documents, report } = await readDocuments(table("unlabelled"));
    expect(documents.map(({ category }) => category)).toEqual([{ label: "LOC" }]);
    expect(report.counts).toEqual({ "data/missing-field": 1 });
  });

  it("are reported as damaged wherever they are cut or changed", async () => {
    const bytes = await readFile(table("bioes"));
    const path = join(folder, "damaged.parquet");
    for (let at = 0; at < bytes.length; at += 97) {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 0xff;
      await writeFile(path, copy);
      // Either the change is in text, or it is an error with a code; never a crash.
      await readDocuments(path, { format: "parquet" }).catch((error: unknown) => {
        expect(error).toMatchObject({ code: expect.stringMatching(/^data\//) });
      });
    }
  });
});

describe("the features of a table", () => {
  const features = (value: unknown) => labelNaming(JSON.stringify({ info: { features: value } }));
  const label = { _type: "ClassLabel", names: ["O", "B-X"] };

  it("name labels in lists and structs, in every notation", () => {
    const lists = [
      { _type: "List", feature: label },
      { _type: "Sequence", feature: label, length: -1 },
      [label],
    ];
    for (const list of lists) expect(features({ tags: list }).get("tags")?.([0, 1])).toEqual(["O", "B-X"]);
    const struct = { kind: label, text: { _type: "Value", dtype: "string" } };
    const nested = features({ spans: { _type: "Sequence", feature: struct } }).get("spans");
    expect(nested?.({ kind: [1, 0], text: ["a", "b"] })).toEqual([
      { kind: "B-X", text: "a" },
      { kind: "O", text: "b" },
    ]);
  });

  it("leave numbers without a name, and other metadata, as they are; -1 means none", () => {
    expect(features({ tags: [label] }).get("tags")?.([-1, 7])).toEqual([null, 7]);
    expect(labelNaming("{").size + labelNaming(undefined).size + labelNaming("[]").size).toBe(0);
    expect(features({ text: { _type: "Value" }, image: { _type: "Image" } }).size).toBe(0);
    expect(rowsOfColumns({ a: [1], b: [1, 2] })).toEqual({ a: [1], b: [1, 2] });
  });
});
