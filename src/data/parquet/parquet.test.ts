import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ByteWriter, type ColumnSource, parquetWrite } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DefectCode } from "../../base/codes/data-defects.ts";
import type { Document } from "../document.ts";
import { LabelSet } from "../labels.ts";
import { readDocuments } from "../readers.ts";
import { parquetColumns, readParquetRows } from "./read-parquet.ts";
import { writeParquetDocuments } from "./write-parquet.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-parquet-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const good: Document = {
  id: "a",
  text: "\ufeffAnn met Bob 😀",
  image: "a.jpg",
  entities: [
    { start: 1, end: 4, label: "PER", probability: 0.5 },
    { start: 9, end: 12, label: "PER" },
  ],
  relations: [{ head: 0, tail: 1, label: "peer", probability: 1 }],
  meta: { source: null, tokens: [[1, 4]] },
};
const bare: Document = { id: "b", text: "nothing", entities: [], relations: [] };

/** A table written without relata's schema, as other tools might write it. */
async function table(columns: readonly ColumnSource[], rowGroupSize = 2) {
  const path = join(folder, "table.parquet");
  const writer = new ByteWriter();
  parquetWrite({ writer, columnData: [...columns], rowGroupSize });
  await writeFile(path, writer.getBytes());
  return path;
}
const strings = (name: string, ...data: readonly (string | null)[]): ColumnSource => ({
  name,
  data: [...data],
  type: "STRING",
});
const read = (path: string, options: object = {}) => readDocuments(path, { format: "parquet", ...options });

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("Parquet documents", () => {
  it("keep every field, and leave out what is absent", async () => {
    const path = join(folder, "documents.parquet");
    expect(await writeParquetDocuments(path, [good, bare])).toBe(2);
    const { documents, report } = await read(path);
    expect(documents).toEqual([good, bare]);
    expect(report).toMatchObject({ format: "parquet", lines: 2, rowLines: 2, accepted: 2, counts: {} });
    const columns = ["id", "text", "image", "entities", "relations", "category", "meta"];
    expect(await parquetColumns(path)).toEqual(columns);
  });

  it("are streamed over many row groups, and none is lost at their borders", async () => {
    const path = join(folder, "many.parquet");
    const many = Array.from({ length: 20_050 }, (_, i) => ({ ...(i % 3 ? good : bare), id: `${i}` }));
    await writeParquetDocuments(path, many);
    const { documents } = await read(path);
    expect(documents).toHaveLength(many.length);
    expect([documents[0], documents[9_999], documents[10_000], documents.at(-1)]).toEqual([
      many[0],
      many[9_999],
      many[10_000],
      many.at(-1),
    ]);
  });

  it("may hold JSON in strings, and integers of 64 bits in metadata", async () => {
    const { entities, relations, meta } = good;
    const path = await table([
      strings("id", "a", "b", "c"),
      strings("text", good.text, "x", "y"),
      strings("entities", JSON.stringify(entities), "[]", "[]"),
      strings("relations", JSON.stringify(relations), "[]", "[]"),
      strings("meta", JSON.stringify(meta), null, '{"n":1}'),
    ]);
    const { image: _, ...rest } = good;
    expect((await read(path)).documents).toEqual([
      rest,
      { id: "b", text: "x", entities: [], relations: [] },
      { id: "c", text: "y", entities: [], relations: [], meta: { n: 1 } },
    ]);
  });

  const rows: readonly (readonly [DefectCode, readonly ColumnSource[]])[] = [
    ["data/missing-field", [strings("id", "a"), strings("text", "x"), strings("relations", "[]")]],
    [
      "data/wrong-type",
      [{ name: "id", data: [1.5], type: "DOUBLE" }, strings("text", "x"), strings("entities", "[]")],
    ],
    [
      "data/missing-field",
      [strings("id", null), strings("text", "x"), strings("entities", "[]"), strings("relations", "[]")],
    ],
    [
      "data/unknown-field",
      [strings("id", "a"), strings("text", "x"), strings("entities", "[]"), strings("Image", "O")],
    ],
    ["data/not-json", [strings("id", "a"), strings("text", "x"), strings("entities", "[")]],
    ["data/duplicate-key", [strings("id", "a"), strings("text", "x"), strings("meta", '{"a":1,"a":2}')]],
    [
      "data/wrong-type",
      [strings("id", "a"), strings("text", "x"), strings("entities", "{}"), strings("relations", "[]")],
    ],
    [
      "data/invalid-utf8",
      [{ name: "id", data: [Uint8Array.of(0xff)], type: "BYTE_ARRAY" }, strings("text", "x")],
    ],
  ];
  it.each(rows)("reject a row with %s", async (code, columns) => {
    const path = await table(columns);
    const { documents, report } = await read(path);
    expect(documents).toEqual([]);
    expect(report.defects.map((found) => found.code)).toContain(code);
    expect(report.defects[0]?.place).toBe(`${path}:1`);
    await expect(read(path, { policy: "strict" })).rejects.toMatchObject({ place: `${path}:1` });
  });

  it("are checked against a label set and the ids before them", async () => {
    const path = join(folder, "labels.parquet");
    await writeParquetDocuments(path, [good]);
    const { report } = await read(path, { relationLabels: new LabelSet(["None"]) });
    expect(report.counts).toEqual({ "data/unknown-label": 1 });
    const twice = await table([
      strings("id", "a", "a"),
      strings("text", "x", "y"),
      strings("entities", "[]", "[]"),
      strings("relations", "[]", "[]"),
    ]);
    expect((await read(twice)).report).toMatchObject({ accepted: 1, counts: { "data/duplicate-id": 1 } });
  });

  it("are refused when they are not valid", async () => {
    const path = join(folder, "refused.parquet");
    await expect(writeParquetDocuments(path, [{ ...good, id: "" }])).rejects.toMatchObject({
      code: "data/empty-id",
    });
    await expect(writeParquetDocuments(path, [good, good])).rejects.toMatchObject({
      code: "data/duplicate-id",
    });
    await expect(readFile(path)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("rows of any table", () => {
  it("come with the columns asked for, as they are", async () => {
    const path = await table([
      strings("text", "x", null, "\ufeffy"),
      { name: "number", data: [1n, 2n ** 60n, -1n], type: "INT64" },
      { name: "score", data: [0.5, 1, 2], type: "DOUBLE" },
      { name: "bytes", data: [Uint8Array.of(255), Uint8Array.of(65), Uint8Array.of()], type: "BYTE_ARRAY" },
    ]);
    expect(await collect(readParquetRows(path, ["number", "text", "bytes"]))).toEqual([
      { number: 1n, text: "x", bytes: Uint8Array.of(255) },
      { number: 2n ** 60n, text: null, bytes: Uint8Array.of(65) },
      { number: -1n, text: "\ufeffy", bytes: Uint8Array.of() },
    ]);
    expect(await collect(readParquetRows(path, []))).toEqual([{}, {}, {}]);
    await expect(collect(readParquetRows(path, ["text", "image"]))).rejects.toMatchObject({
      code: "data/missing-column",
      value: "image",
      message: expect.stringContaining('"text", "number", "score", "bytes"'),
    });
  });

  it("come from a file without rows", async () => {
    const path = await table([strings("text")]);
    expect(await collect(readParquetRows(path, ["text"]))).toEqual([]);
  });

  it("stop when they are told to", async () => {
    const path = await table([strings("text", "x", "y", "z")]);
    const controller = new AbortController();
    const reading = async () => {
      for await (const _ of readParquetRows(path, ["text"], { signal: controller.signal }))
        controller.abort();
    };
    await expect(reading()).rejects.toThrow(/abort/i);
  });
});

describe("a file that is not Parquet, or damaged", () => {
  it.each(["", "PAR1", "PAR1PAR1", "PAR1\0\0\0\0PAR", "{}\n".repeat(9)])("is named: %j", async (content) => {
    const path = join(folder, "none.parquet");
    await writeFile(path, content);
    await expect(read(path)).rejects.toMatchObject({ code: "data/not-parquet", place: path });
  });

  it("is named when it cannot be read", async () => {
    for (const path of [join(folder, "absent"), folder]) {
      await expect(read(path)).rejects.toMatchObject({ code: "data/cannot-read" });
    }
  });

  it("is named with the group whose pages and footer contradict each other", async () => {
    const path = await table([{ ...strings("text", ..."abcdefghij"), codec: "UNCOMPRESSED" }], 5);
    const bytes = await readFile(path);
    const at = bytes.indexOf("abcde".split("").join("\x01\0\0\0")); // plain strings: length and letter
    expect(at).toBeGreaterThan(0);
    bytes[at + 1] = 9; // the second string declares nine letters
    await writeFile(path, bytes);
    await expect(collect(readParquetRows(path, ["text"]))).rejects.toMatchObject({
      code: "data/broken-parquet",
      place: path,
      message: expect.stringContaining("row group 0 (rows 1 to 5)"),
    });
  });
});
