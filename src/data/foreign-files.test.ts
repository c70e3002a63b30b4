// Files as other programs write them: null, numbers for ids, row numbers, lists, joined files, other formats.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeParquetDocuments } from "./parquet/write-parquet.ts";
import { readDocuments } from "./readers.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-foreign-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(content: string | Uint8Array, format = "relata") {
  const path = join(folder, "in.txt");
  await writeFile(path, content);
  return readDocuments(path, { format });
}

const entity = { start: 0, end: 3, label: "PER" };
const row = (change: object = {}) => ({
  id: "a",
  text: "Ann met Bo",
  entities: [entity],
  relations: [],
  ...change,
});
const rowLines = (...changes: readonly object[]) =>
  changes.map((change) => `${JSON.stringify(row(change))}\n`).join("");

describe("JSON lines of other programs", () => {
  it("read null as absent, at every depth, and keep what meta holds", async () => {
    const { documents, report } = await read(
      rowLines({
        image: null,
        relations: null,
        likes: null,
        entities: [{ ...entity, probability: null, text: null }],
        meta: { tokens: null, note: null },
      }),
    );
    expect(report.counts).toEqual({});
    expect(documents).toEqual([row({ meta: { note: null } })]);
  });

  it("give whole numbers as ids, digit by digit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.bigInt(), async (id) => {
        const text = `{"meta":{"id":7,"x":"\\"id\\":1"},"id" : ${id},"text":"Ann","entities":[]}`;
        expect((await read(text)).documents[0]?.id).toBe(String(id));
      }),
      { numRuns: 20 },
    );
  });

  it("check the text beside a span, and propose a name for a misspelt field", async () => {
    const { documents, report } = await read(
      rowLines({ entities: [{ ...entity, text: "Ann" }] }, { id: "b", imgae: "x.jpg" }),
    );
    expect(documents).toEqual([row()]);
    expect(report.defects[0]?.message).toContain('did you mean "image"?');
  });

  it("leave out row numbers with one note", async () => {
    const { documents, report } = await read(
      rowLines({ __index_level_0__: 4 }, { id: "b", __index_level_0__: 9 }),
    );
    expect(documents).toHaveLength(2);
    expect(report.counts).toEqual({ "data/index-column": 1 });
  });

  it("may be one list, and may be joined from files with byte order marks", async () => {
    const list = await read(JSON.stringify([row(), row({ id: "b" }), 3], null, 1));
    expect(list.documents.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(list.report.counts).toEqual({ "data/json-list": 1, "data/wrong-type": 1 });
    const joined = await read(`\ufeff${rowLines({})}\ufeff\ufeff${rowLines({ id: "b" })}`);
    expect(joined.documents).toHaveLength(2);
    expect(joined.report.counts).toEqual({ "data/byte-order-mark": 2 });
  });

  it("count labels and keep values whatever they are called", async () => {
    const text = `{"id":"a","text":"Ann","entities":[{"start":0,"end":3,"label":"__proto__"}],"meta":{"__proto__":1}}`;
    const { documents } = await read(text);
    expect(JSON.stringify(documents[0])).toContain('"meta":{"__proto__":1}');
    const extra = await read('{"id":"a","text":"Ann","entities":[],"__proto__":1}');
    expect(extra.report.counts).toEqual({ "data/kept-in-meta": 1 });
    expect(JSON.stringify(extra.documents[0])).toContain('"meta":{"__proto__":1}');
  });

  it.each([
    ["compressed with gzip", gzipSync("{}"), "relata"],
    ["a Parquet file", Buffer.concat([Buffer.from("PAR1"), Buffer.from([21, 4, 0, 10])]), "conll"],
    ["text in UTF-16", Buffer.from(`\ufeff${rowLines({})}`, "utf16le"), "relata"],
    ["text in UTF-16", Buffer.from("Ann\tB-PER\nmet\tO\n", "utf16le"), "conll"],
    ["CSV", "id,text,label\n1,Ann,PER\n", "relata"],
    ["CoNLL", "IMGID:1\nAnn\tB-PER\n", "relata"],
    ["JSON lines", rowLines({}), "conll"],
    ["JSON lines", rowLines({}), "mnre"],
    [
      "Git LFS",
      `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 9\n`,
      "relata",
    ],
    ["web page", "<!DOCTYPE html>\n<html>", "relata"],
    ["an Arrow stream", Buffer.from([255, 255, 255, 255, 0x98, 3, 0, 0, 16, 0, 0, 0]), "relata"],
    [
      "an Office document",
      Buffer.from(`PK\x03\x04${"\0".repeat(26)}[Content_Types].xml`, "latin1"),
      "relata",
    ],
    [
      "an OpenDocument",
      Buffer.from(
        `PK\x03\x04${"\0".repeat(26)}mimetypeapplication/vnd.oasis.opendocument.spreadsheet`,
        "latin1",
      ),
      "conll",
    ],
  ])("are told from a file that is %s", async (what, content, format) => {
    await expect(read(content, format)).rejects.toMatchObject({
      code: "data/other-format",
      message: expect.stringContaining(what),
    });
  });

  it("say what NaN and ids of entities are", async () => {
    const nan = await read('{"id":"a","text":"Ann","entities":[],"image":NaN}');
    expect(nan.report.defects[0]?.message).toContain("write null for a missing value");
    const ids = await read(
      '{"id":"a","text":"Ann","entities":[{"id":"T1","start":0,"end":3,"label":"x"}],"relations":[{"head":"T1","tail":"T1","label":"y"}]}',
    );
    expect(ids.report.defects.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^entities\[0\]: unknown field "id"; head and tail .* positions in entities, counted from 0$/,
      ),
      expect.stringMatching(/^relations\[0\]\.head: expected a number, got "T1"; head and tail/),
      expect.stringMatching(/^relations\[0\]\.tail/),
    ]);
  });

  it("are named where Parquet is expected", async () => {
    await expect(read(rowLines({}), "parquet")).rejects.toMatchObject({
      code: "data/not-parquet",
      message: expect.stringContaining("JSON lines"),
    });
  });
});

describe("Parquet of other programs", () => {
  it("has its cells bounded as lines are", async () => {
    const path = join(folder, "long.parquet");
    await writeParquetDocuments(path, [row({ text: `Ann ${"x".repeat(3000)}` }), row({ id: "b" })]);
    const { documents, report } = await readDocuments(path, { format: "parquet", maxLineBytes: 1000 });
    expect(documents.map(({ id }) => id)).toEqual(["b"]);
    expect(report.counts).toEqual({ "data/line-too-long": 1 });
  });
});

describe("CoNLL of other programs", () => {
  const texts = async (content: string) => {
    const { documents, report } = await read(content, "conll");
    return [documents.map(({ text }) => text), report.counts];
  };

  it("has its words beside the numbers of tokens, among comments, ranges and empty nodes", async () => {
    const blocks =
      "# newdoc\n# text = Ann met\n1\tAnn\tB-PER\n2\tmet\tO\n\n1-2\tdu\tO\n1\tde\tO\n2\tle\tO\n2.1\t_\tO\n";
    expect(await texts(blocks)).toEqual([["Ann met", "de le"], { "data/index-column": 1 }]);
    expect(await texts("0 Ann B-PER\n1 met O\n")).toEqual([["Ann met"], { "data/index-column": 1 }]);
  });

  it("may number the tokens of the file, or its blocks", async () => {
    expect(await texts("0\tAnn\tB-PER\n1\tmet\tO\n\n2\tCy\tB-PER\n3\tleft\tO\n")).toEqual([
      ["Ann met", "Cy left"],
      { "data/index-column": 1 },
    ]);
    expect(await texts("1 Ann B-PER\n1 met O\n\n2 Cy B-PER\n2 left O\n")).toEqual([
      ["Ann met", "Cy left"],
      { "data/index-column": 1 },
    ]);
    const odd = "1 Ann B-PER\n1 met O\n\n1 Cy B-PER\n1 left O\n";
    expect(await texts(odd)).toEqual([["1 1", "1 1"], { "data/unused-columns": 1 }]);
  });

  it("may have two columns of tags, or its tags before the last column, and says which is read", async () => {
    const germeval = "#\thttp://a.b [2009-10-17]\n1\tAnn\tB-PER\tO\n2\tmet\tO\tO\n3\tBo\tB-PER\tB-LOC\n";
    const path = join(folder, "tags.txt");
    const labels = async (content: string, options: object = {}) => {
      await writeFile(path, content);
      const { documents, report } = await readDocuments(path, { format: "conll", ...options });
      return [
        documents.flatMap(({ entities }) => entities.map(({ label }) => label)),
        Object.keys(report.counts),
      ];
    };
    const wide = ["data/index-column", "data/unused-columns"];
    expect(await labels(germeval)).toEqual([["LOC"], [wide[0], "data/tag-column", wide[1]]]);
    expect(await labels(germeval, { tagsField: "3" })).toEqual([["PER", "PER"], wide]);
    expect(await labels("Ann\tB-PER\t0.9\nmet\tO\t0.8\n")).toEqual([
      ["PER"],
      ["data/tag-column", "data/unused-columns"],
    ]);
    // Chunks are not entities.
    expect(await labels("Ann NNP B-NP B-PER\nmet VBD B-VP O\n")).toEqual([["PER"], ["data/unused-columns"]]);
    for (const tagsField of ["1", "5", "NER"])
      await expect(labels(germeval, { tagsField })).rejects.toMatchObject({ code: "data/missing-column" });
  });

  it("has numbers for words where they are words", async () => {
    expect(await texts("1\tB-NUM\n2\tO\n")).toEqual([["1 2"], {}]);
    expect(await texts("1\tCD\tO\n2\tCD\tO\n")).toEqual([["1 2"], { "data/unused-columns": 1 }]);
    expect(await texts("7\tup\tO\n8\tdown\tO\n")).toEqual([["7 8"], { "data/unused-columns": 1 }]);
  });

  it("is not taken for something else where blocks differ, files are joined or lines end in CR", async () => {
    expect(await texts("Ann\tNN\tB-PER\n\n1\tmet\tO\n2\tBo\tO\n3\tthere\tO\n")).toEqual([
      ["Ann"],
      { "data/unused-columns": 1, "data/index-column": 1 },
    ]);
    expect(await texts("Ann\tO\ufeffBo\tB-PER\n")).toEqual([
      [],
      { "data/byte-order-mark": 1, "data/unused-columns": 1 },
    ]);
    expect((await texts("Ann\tB-PER\rmet\tO\r"))[0]).toEqual([]);
    expect(await texts("# O\n#tag O\n")).toEqual([["# #tag"], {}]);
  });
});
