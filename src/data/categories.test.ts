// The category of a document in every format that has one.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ByteWriter, type ColumnSource, parquetWrite } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReadDocumentsOptions } from "./document-format.ts";
import { writeJsonl } from "./jsonl.ts";
import { writeParquetDocuments } from "./parquet/write-parquet.ts";
import { readDocuments } from "./readers.ts";
import { writeConll } from "./write-conll.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-categories-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(name: string, content: string | Uint8Array, options: ReadDocumentsOptions = {}) {
  const path = join(folder, name);
  await writeFile(path, content);
  return readDocuments(path, options);
}

async function categories(name: string, content: string | Uint8Array, options: ReadDocumentsOptions = {}) {
  const { documents } = await read(name, content, options);
  return documents.map(({ category }) => category?.label);
}

const lines = (...values: unknown[]) =>
  values.map((category, i) => JSON.stringify({ id: `${i}`, text: "Ann left", category })).join("\n");

describe("the category of a document", () => {
  it("is a label, a number, or a label with a probability, in relata's own format", async () => {
    const given = lines("work", 3, { label: "sport", probability: 0.5 }, null);
    const { documents, report } = await read("own.jsonl", given);
    expect(documents.map(({ category }) => category?.label)).toEqual(["work", "3", "sport"]);
    expect(report.counts).toEqual({ "data/missing-field": 1 }); // without a category, entities may not be missing
  });

  it("is one label, and not empty", async () => {
    const { report } = await read("bad.jsonl", lines(["a", "b"], "", { label: "x", probability: 2 }));
    expect(report.counts).toMatchObject({
      "data/wrong-type": 1,
      "data/empty-label": 1,
      "data/bad-probability": 1,
    });
  });

  it("is kept in JSONL and Parquet, and refused or counted in CoNLL", async () => {
    const documents = [
      { id: "a", text: "Ann left", entities: [], relations: [], category: { label: "x", probability: 0.5 } },
      { id: "b", text: "Bo left", entities: [], relations: [], category: { label: "y" } },
      { id: "c", text: "Cy left", entities: [], relations: [] },
    ];
    const [jsonl, parquet, conll] = ["a.jsonl", "a.parquet", "a.conll"].map((name) => join(folder, name));
    await writeJsonl(jsonl!, documents);
    await writeParquetDocuments(parquet!, documents);
    for (const path of [jsonl!, parquet!]) expect((await readDocuments(path)).documents).toEqual(documents);
    await expect(writeConll(conll!, documents)).rejects.toMatchObject({ code: "data/not-in-format" });
    expect((await writeConll(conll!, documents, { lossy: true })).losses).toEqual({ categories: 2 });
  });

  it("is the label of a table of texts, or a column that is named, but not one beside mentions", async () => {
    expect(await categories("plain.csv", "text,label\nAnn left,good\nBo stayed,bad\n")).toEqual([
      "good",
      "bad",
    ]);
    const mentions = "text,mention,type,topic\nAnn left,Ann,PER,work\n";
    expect(await categories("mentions.csv", mentions)).toEqual([undefined]);
    expect(await categories("named.csv", mentions, { columns: { category: "topic" } })).toEqual(["work"]);
    const conflict = "id,text,mood\n1,Ann left,good\n1,Ann left,bad\n";
    const { report } = await read("conflict.csv", conflict, { columns: { category: "mood" } });
    expect(report.counts["data/conflicting-text"]).toBe(1);
  });

  it("is the named label of a classification data set of Hugging Face, whose rows have no ids", async () => {
    const columns: ColumnSource[] = [
      { name: "text", data: ["Ann left", "Bo stayed"], type: "STRING" },
      { name: "label", data: [1n, 0n], type: "INT64" },
    ];
    const features = { label: { _type: "ClassLabel", names: ["bad", "good"] }, text: { _type: "Value" } };
    const kvMetadata = [{ key: "huggingface", value: JSON.stringify({ info: { features } }) }];
    const writer = new ByteWriter();
    parquetWrite({ writer, columnData: columns, kvMetadata });
    const { documents } = await read("reviews.parquet", new Uint8Array(writer.getBuffer()));
    expect(documents).toEqual([
      { id: "reviews-1", text: "Ann left", entities: [], relations: [], category: { label: "good" } },
      { id: "reviews-2", text: "Bo stayed", entities: [], relations: [], category: { label: "bad" } },
    ]);
  });

  it("is the only choice for a whole text in an export of Label Studio", async () => {
    const choice = (choices: readonly string[], value = {}) => ({
      id: "c",
      type: "choices",
      from_name: "topic",
      value: { choices, ...value },
    });
    const task = (id: number, result: readonly unknown[]) => ({
      id,
      data: { text: "Ann left" },
      annotations: [{ id, completed_by: 1, result }],
    });
    const tasks = [
      task(1, [choice(["work"])]),
      task(2, [choice(["work", "home"])]),
      task(3, [choice(["sure"], { start: 0, end: 3 })]),
    ];
    const { documents } = await read("tasks.json", JSON.stringify(tasks));
    expect(documents.map(({ category }) => category?.label)).toEqual(["work", undefined, undefined]);
    expect(documents[0]?.meta).toMatchObject({ topic: ["work"] });
  });
});
