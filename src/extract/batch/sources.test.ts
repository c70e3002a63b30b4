// Reads good and bad rows from every kind of source, without a model.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderSource } from "./folder-source.ts";
import { jsonlFile, jsonlStream } from "./jsonl-source.ts";
import { parquetSource } from "./parquet-source.ts";
import { type PostRow, type PostSource, RowSum } from "./post-rows.ts";
import { textLinesFile, textLinesStream } from "./text-lines-source.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-sources-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function rowsOf(source: PostSource): Promise<PostRow[]> {
  const rows: PostRow[] = [];
  for await (const row of source.rows()) rows.push(row);
  return rows;
}

/** The result of a row: its post, or its id and code. */
const shown = (row: PostRow) => ("post" in row ? row.post : [row.id, row.fault.code]);

async function* bytesOf(text: string, size: number) {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

describe("tasks of annotation tools", () => {
  it("are posts: Label Studio's before or after annotation, and doccano's rows", async () => {
    const path = join(folder, "tasks.json");
    const tasks = [
      {
        id: 7,
        data: { body: "Ada met Bo", photo: "/data/upload/1/a.png", likes: 2 },
        annotations: [{ result: 1 }],
      },
      { data: { body: "Bo left" } },
      {
        id: 8,
        text: "Cy came",
        entities: [{ id: 1, label: "PER", start_offset: 0, end_offset: 2 }],
        relations: [],
      },
      { id: 9, data: { a: "Ada", b: "Bo" } },
    ];
    await writeFile(path, JSON.stringify(tasks));
    expect((await rowsOf(jsonlFile(path))).map(shown)).toEqual([
      { id: "7", text: "Ada met Bo", image: "a.png", meta: { likes: 2 } },
      { id: "2", text: "Bo left" },
      { id: "8", text: "Cy came" },
      ["9", "data/missing-field"],
    ]);
  });
});

describe("lines of plain text", () => {
  it("are posts, with their numbers for ids; one that is not text is rejected", async () => {
    const path = join(folder, "texts.txt");
    const text = Buffer.concat([
      Buffer.from('\ufeffAda, "met"\t😀 Bo\r\n\n  \n{not json}\n'),
      Buffer.from([0xff, 10]),
    ]);
    await writeFile(path, text);
    const expected = [
      { id: "1", text: 'Ada, "met"\t😀 Bo' },
      { id: "4", text: "{not json}" },
      [undefined, "data/invalid-utf8"],
    ];
    expect((await rowsOf(textLinesFile(path))).map(shown)).toEqual(expected);
    const bytes = (async function* () {
      for (const byte of text) yield Buffer.from([byte]);
    })();
    expect((await rowsOf(textLinesStream(bytes, "stdin"))).map(shown)).toEqual(expected);
  });

  it("are told from JSON lines, in both directions", async () => {
    const posts = textLinesStream(bytesOf('{"text":"Ada met Bo"}\n', 99), "stdin");
    await expect(rowsOf(posts)).rejects.toMatchObject({ code: "data/other-format", remedy: "Omit --lines." });
    const texts = await rowsOf(jsonlStream(bytesOf('Ada met Bo\n{"text" "Bo"}\n', 99), "stdin"));
    const messages = texts.map((row) => ("fault" in row ? row.fault.message : ""));
    expect(messages[0]).toContain("say so with --lines");
    expect(messages[1]).not.toContain("--lines");
  });
});

describe("JSON lines", () => {
  it("gives raw posts and documents, with line numbers for ids that are not given", async () => {
    const path = join(folder, "posts.jsonl");
    const document = {
      id: "d",
      text: "Ada  met",
      entities: [{ start: 0, end: 3, label: "PER" }],
      relations: [],
      meta: { tokens: [[0, 3]], source: "x" },
    };
    const rows = [{ text: "Ada", image: "a.jpg" }, { id: "b", text: "Bo", caption: "c" }, document];
    await writeFile(path, `${rows.map((row) => JSON.stringify(row)).join("\n\n")}\n`);
    const read = await rowsOf(jsonlFile(path));
    expect(read.map(({ row }) => row)).toEqual([1, 3, 5]); // blank lines are not rows
    const { relations: _, ...post } = document;
    expect(read.map(shown)).toEqual([
      { id: "1", text: "Ada", image: "a.jpg" },
      { id: "b", text: "Bo", caption: "c" },
      { ...post, words: [{ text: "Ada", start: 0, end: 3 }] },
    ]);
  });

  it("notices mentions whose offsets count code points, and the field that may be the text", async () => {
    const path = join(folder, "counted.jsonl");
    const document = {
      id: "d",
      text: "\u{1f602}\u{1f602} so Ann met Bo",
      entities: [
        { start: 6, end: 9, label: "PER" },
        { start: 14, end: 16, label: "PER" },
      ],
    };
    await writeFile(path, `${JSON.stringify(document)}\n{"id":1,"full_text":"Ann"}\n`);
    const source = jsonlFile(path);
    const rows = await rowsOf(source);
    expect(source.offsets?.defects()[0]?.message).toContain("count code points");
    expect(rows[1]).toMatchObject({ fault: { message: expect.stringContaining('is it "full_text"?') } });
  });

  it("rejects what is not a post, with the reason", async () => {
    const lines = [
      "[1]",
      '{"text":3,"id":"a"}',
      '{"image":"b.jpg","id":"b"}',
      '{"text":"x","likes":3}',
      '{"text":"x","meta":[]}',
      '{"text":"x","text":"y"}',
      '{"text":"x","entities":3}',
      "\xff",
    ];
    const source = jsonlStream(bytesOf(lines.join("\n"), 4), "stdin");
    expect((await rowsOf(source)).map(shown)).toEqual([
      [undefined, "data/wrong-type"],
      ["a", "data/wrong-type"],
      ["b", "data/missing-field"],
      { id: "4", text: "x", meta: { likes: 3 } },
      [undefined, "data/wrong-type"],
      [undefined, "data/duplicate-key"],
      { id: "7", text: "x", meta: { entities: 3 } },
      [undefined, "data/not-json"],
    ]);
    expect(source.extra?.describe()).toBe("likes, entities");
  });

  it("may be one list in a file, and are told from files of another kind", async () => {
    const path = join(folder, "list.json");
    await writeFile(path, '\ufeff[{"id":12345678901234567890,"text":"Ada"},{"text":"Bo","image":null},3]');
    expect((await rowsOf(jsonlFile(path))).map(shown)).toEqual([
      { id: "12345678901234567890", text: "Ada" },
      { id: "2", text: "Bo" },
      [undefined, "data/wrong-type"],
    ]);
    await expect(rowsOf(jsonlStream(bytesOf('[{"text":"Ada"}]', 4), "stdin"))).rejects.toMatchObject({
      code: "data/other-format",
    });
    for (const [text, format] of [
      ["id,text\n1,Ada\n", "table"],
      ["Ada B-PER\nmet O\n", "conll"],
    ] as const) {
      await writeFile(path, text);
      await expect(rowsOf(jsonlFile(path))).rejects.toMatchObject({
        code: "data/other-format",
        remedy: expect.stringContaining(`relata import ${format} ${path}`), // extract itself takes no name of a format
      });
    }
  });

  it("keeps every text as it was, however the stream is cut", async () => {
    const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text.trim() !== "");
    await fc.assert(
      fc.asyncProperty(fc.array(text), fc.integer({ min: 1, max: 9 }), async (texts, size) => {
        const lines = texts.map((text) => `${JSON.stringify({ text })}\n`).join("");
        const rows = await rowsOf(jsonlStream(bytesOf(lines, size), "stdin"));
        expect(rows.map((row) => "post" in row && row.post.text)).toEqual(texts);
      }),
    );
  });
});

describe("a folder", () => {
  it("takes texts by name, each with the picture of its name", async () => {
    const place = join(folder, "texts");
    await mkdir(place);
    for (const [name, content] of [
      ["b.txt", "Bo"],
      ["a.txt", "\ufeffAda"],
      ["a.png", "picture"],
      ["a.JPG", "picture"],
      ["c.TXT", " \n"],
      ["d.txt", Buffer.from([0xff, 0x41])],
      ["notes.md", "no post"],
    ] as const) {
      await writeFile(join(place, name), content);
    }
    const source = await folderSource(place);
    expect(source.total).toBe(4);
    expect((await rowsOf(source)).map(shown)).toEqual([
      { id: "a", text: "Ada", image: "a.JPG", picture: join(place, "a.JPG") },
      { id: "b", text: "Bo" },
      ["c", "data/empty-text"],
      ["d", "data/invalid-utf8"],
    ]);
    await mkdir(join(folder, "empty"));
    await expect(folderSource(join(folder, "empty"))).rejects.toMatchObject({ code: "data/no-texts" });
    await expect(folderSource(join(folder, "nowhere"))).rejects.toMatchObject({ code: "data/cannot-read" });
  });
});

describe("a Parquet table", () => {
  it("takes pictures from names or bytes, and keeps the other columns in meta", async () => {
    const writer = new ByteWriter();
    const parquet = new ParquetWriter({
      writer,
      schema: [
        { name: "root", num_children: 3 },
        { name: "text", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
        { name: "image", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
        { name: "likes", type: "INT32", repetition_type: "REQUIRED" },
      ],
    });
    const bytes = Uint8Array.of(1, 2, 3);
    await parquet.write({
      columnData: [
        { name: "text", data: ["Ada", "Bo", "  ", null] },
        { name: "image", data: [bytes, null, null, null] },
        { name: "likes", data: [3, 4, 5, 6] },
      ],
    });
    await parquet.finish();
    const path = join(folder, "posts.parquet");
    await writeFile(path, new Uint8Array(writer.getBytes()));
    const source = await parquetSource(path);
    expect(source.unread?.describe()).toBeUndefined();
    const [first, ...others] = (await rowsOf(source)).map(shown);
    expect(source.extra?.describe()).toBe("likes");
    expect(first).toMatchObject({ id: "1", text: "Ada", meta: { likes: 3 } });
    expect([...(first as { picture: Uint8Array }).picture]).toEqual([...bytes]);
    expect(others).toEqual([
      { id: "2", text: "Bo", meta: { likes: 4 } },
      ["3", "data/empty-text"],
      ["4", "data/missing-field"],
    ]);
  });
});

describe("RowSum", () => {
  it("tells rows apart by number and content, and can be read on the way", () => {
    const row = (row: number, key: string): PostRow => ({ row, key, post: { id: key, text: key } });
    const sumOf = (...rows: readonly PostRow[]) => {
      const sum = new RowSum();
      for (const one of rows) sum.add(one);
      return sum.value();
    };
    expect(sumOf(row(1, "a"), row(2, "b"))).toBe(sumOf(row(1, "a"), row(2, "b")));
    expect(sumOf(row(1, "a"))).not.toBe(sumOf(row(2, "a")));
    expect(sumOf(row(1, "a"))).not.toBe(sumOf(row(1, "b")));
    expect(sumOf(row(1, "a"), row(2, "b"))).not.toBe(sumOf(row(1, "a")));
  });
});
