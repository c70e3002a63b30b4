// Runs whole inputs through trained models: every input format, every row accounted for, and outputs that survive interruption.
import { existsSync, mkdirSync } from "node:fs";
import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lockOutput } from "../../base/output-lock.ts";
import type { Document } from "../../data/document.ts";
import { tableHeader, tableRows } from "../../data/findings-table.ts";
import { namedEntities, withMentionTexts } from "../../data/mention-texts.ts";
import { spansIn } from "../../data/offset-units.ts";
import { readParquetRows } from "../../data/parquet/read-parquet.ts";
import { writeParquetDocuments } from "../../data/parquet/write-parquet.ts";
import { readDocuments } from "../../data/readers.ts";
import { exportBundle } from "../export-bundle.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "../testing/tiny-models.ts";
import { folderSource } from "./folder-source.ts";
import { jsonlFile, jsonlStream } from "./jsonl-source.ts";
import { parquetSource } from "./parquet-source.ts";
import type { PostSource } from "./post-rows.ts";
import { type BatchRequest, type BatchSummary, runBatch } from "./run-batch.ts";

let world: TinyWorld;
let models: { readonly entities: string; readonly relations: string };
const at = (...names: string[]) => join(world.folder, ...names);

beforeAll(async () => {
  world = await tinyWorld(await mkdtemp(join(tmpdir(), "relata-batch-")));
  models = {
    entities: await tinyModel(world, "mner", "pictures"),
    relations: await tinyModel(world, "mre", "pictures"),
  };
  await exportBundle({ ...models, folder: at("bundle") });
}, 120_000);
afterAll(() => rm(world.folder, { recursive: true }));

const posts = () =>
  world.corpus.posts.validation.map(({ id, text, image }) => ({
    id,
    text,
    ...(image === undefined ? {} : { image }),
  }));
const jsonLines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const readLines = async (path: string) =>
  (await readFile(path, "utf8"))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

async function write(name: string, content: string): Promise<PostSource> {
  await writeFile(at(name), content);
  return jsonlFile(at(name));
}

/** The summary of a run that did some work. */
function done(summary: Awaited<ReturnType<typeof runBatch>>): BatchSummary {
  if ("completeBefore" in summary) throw new Error("the output was complete before");
  return summary;
}

/** Runs without an output file and returns the documents. */
async function extracted(source: PostSource, options: Partial<BatchRequest> = {}) {
  let text = "";
  const summary = done(
    await runBatch({
      model: at("bundle"),
      threads: 1,
      source,
      output: async (lines) => {
        text += lines;
      },
      ...options,
    }),
  );
  const documents: Document[] = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  return { summary, documents };
}

describe("runBatch", () => {
  it("reads a file, a stream, a folder and a table alike", async () => {
    const pictures = at("pictures");
    const file = await extracted(await write("posts.jsonl", jsonLines(posts())), { pictures });
    expect(file.documents.map(({ entities: _, relations: __, meta: ___, ...post }) => post)).toEqual(posts());
    expect(file.summary.account).toMatchObject({ rows: 32, posts: 32, rejected: {}, notes: {} });
    expect(file.summary.account.entities).toBe(file.documents.flatMap(({ entities }) => entities).length);
    expect(file.summary.account.entities).toBeGreaterThan(32);

    const chunks = Buffer.from(jsonLines(posts()));
    const bytes = (async function* () {
      for (let start = 0; start < chunks.length; start += 100) yield chunks.subarray(start, start + 100);
    })();
    expect((await extracted(jsonlStream(bytes, "stdin"), { pictures })).documents).toEqual(file.documents);

    await mkdir(at("folder"));
    for (const { id, text, image } of posts()) {
      await writeFile(at("folder", `${id}.txt`), text);
      if (image) await copyFile(at("pictures", image), at("folder", image));
    }
    const byId = (documents: readonly Document[]) =>
      documents.map(outlined).sort((a, b) => (a.id < b.id ? -1 : 1));
    const folder = await extracted(await folderSource(at("folder")));
    expect(byId(folder.documents)).toEqual(byId(file.documents));
    expect(folder.summary.account.visual).toEqual(file.summary.account.visual);

    const documents = posts().map((post) => ({ ...post, entities: [], relations: [] }));
    await writeParquetDocuments(at("posts.parquet"), documents);
    const source = await parquetSource(at("posts.parquet"));
    const out = at("found.parquet");
    await runBatch({
      model: at("bundle"),
      threads: 1,
      source,
      pictures,
      output: { file: out, resume: false },
    });
    const written = await readDocuments(out, { format: "parquet" });
    expect(written.documents.map(withMentionTexts)).toEqual(file.documents);
    const cells: unknown[] = [];
    for await (const row of readParquetRows(out, ["entities", "relations"])) cells.push(row);
    expect(cells).toEqual(file.documents.map(({ entities, relations }) => ({ entities, relations })));
    expect((await readdir(world.folder)).filter((name) => name.startsWith("found"))).toEqual([
      "found.parquet",
    ]);
  });

  it("lists every row that is not a post, and leaves none out of the count", async () => {
    const rows = [
      '{"text":"Ada met Bo"}',
      '{"text":"  "}',
      "not json",
      "",
      '{"id":"a","text":3,"likes":3}',
      '{"id":"1","text":"the id of the first line"}',
      '{"id":"b","text":"half a \\ud83d"}',
      '{"id":"c","text":"Bo","image":"nowhere.png"}',
      '{"id":"d","text":"Bo","entities":[{"start":0,"end":3,"label":"x"}],"relations":[]}',
    ];
    const source = await write("mixed.jsonl", rows.join("\n"));
    const out = at("mixed-found.jsonl");
    const seen: string[] = [];
    const request = { model: at("bundle"), threads: 1, source, pictures: at("pictures") };
    const { account } = done(
      await runBatch({
        ...request,
        output: { file: out, resume: false },
        onRejected: ({ code }, place) => seen.push(`${place} ${code}`),
      }),
    );
    expect(account).toMatchObject({
      rows: 8,
      posts: 2,
      visual: { picture: 0, caption: 0, none: 1, missing: 1, broken: 0 },
      brokenPictures: { "config/no-such-picture": 1 },
    });
    expect((await readLines(out)).map(({ id }) => id)).toEqual(["1", "c"]);
    const rejected = await readLines(`${out}.rejected.jsonl`);
    expect(rejected.map(({ row, id, error }) => [row, id, error.code])).toEqual([
      [2, undefined, "data/empty-text"],
      [3, undefined, "data/not-json"],
      [5, "a", "data/wrong-type"],
      [6, "1", "data/duplicate-id"],
      [7, "b", "data/lone-surrogate"],
      [9, "d", "data/span-out-of-range"],
    ]);
    expect(seen).toHaveLength(6);
    expect(seen[0]).toBe(`${at("mixed.jsonl")}:2 data/empty-text`);
    await expect(extracted(source, { ...request, strict: true })).rejects.toMatchObject({
      code: "data/empty-text",
      place: `${at("mixed.jsonl")}:2`,
    });
  });

  it("wants to know where pictures are, or that they are to be left out", async () => {
    const source = await write("posts.jsonl", jsonLines(posts()));
    await expect(extracted(source)).rejects.toMatchObject({ code: "config/no-pictures" });
    const { summary } = await extracted(source, { pictures: false });
    expect(summary.account.visual).toEqual({ picture: 0, caption: 0, none: 32, missing: 0, broken: 0 });
    const captions = extracted(source, { captions: at("captions-train.jsonl") });
    await expect(captions).rejects.toMatchObject({ code: "data/unwanted-visual" });
  });

  it("counts what a model of texts cannot see", async () => {
    const texts = await tinyModel(world, "mre", "none");
    const given = jsonlFile(at("validation.jsonl"));
    const { summary } = await extracted(given, { model: texts });
    const pictured = world.corpus.posts.validation.filter(({ image }) => image !== undefined).length;
    expect(summary.account.notes).toEqual({ "data/unwanted-visual": pictured });
    await expect(extracted(given, { model: texts, pictures: at("pictures") })).rejects.toMatchObject({
      code: "data/unwanted-visual",
    });
  });

  it("asks about the mentions that documents give, if there is only a relation model, or if it is told to", async () => {
    const given = jsonlFile(at("validation.jsonl"));
    const pictures = at("pictures");
    const alone = await extracted(given, { model: models.relations, pictures });
    const gold = await readLines(at("validation.jsonl"));
    expect(alone.documents.map(({ entities }) => entities)).toEqual(
      gold.map(({ text, entities }) => namedEntities(text, entities)),
    );
    const told = await extracted(given, { pictures, givenMentions: true });
    expect(told.documents).toEqual(alone.documents);
    const source = await write("posts.jsonl", jsonLines(posts()));
    const none = await extracted(source, { model: models.relations, pictures: false });
    expect(none.summary.account.rejected).toEqual({ "data/no-mentions": 32 });
  });
});

describe("offsets of a batch", () => {
  it("are read and written in the unit that is asked for, and every document says which it is", async () => {
    const rows = (await readLines(at("validation.jsonl"))).map((document: Document) => ({
      ...document,
      text: `🔥 ${document.text}`,
      entities: document.entities.map((one) => ({ ...one, start: one.start + 3, end: one.end + 3 })),
    }));
    const counted = rows.map((document: Document) => ({
      ...document,
      entities: spansIn(document.text, document.entities, "code-point"),
    }));
    const usual = await write("utf16.jsonl", jsonLines(rows));
    await writeFile(at("points.jsonl"), jsonLines(counted));
    const options = { pictures: false, givenMentions: true } as const;
    const expected = (await extracted(usual, options)).documents;
    const points = () => jsonlFile(at("points.jsonl"), "code-point");
    const extraction = { offsets: "code-point" } as const;
    const { documents } = await extracted(points(), { ...options, extraction });
    const spans = (all: readonly Document[]) =>
      all.map(({ entities }) => entities.map(({ start, end }) => [start, end]));
    expect(spans(documents)).toEqual(spans(counted));
    expect(new Set(documents.map(({ meta }) => meta?.offsets))).toEqual(new Set(["code-point"]));
    const output = { file: at("points.parquet"), resume: false };
    const into = await runBatch({
      model: at("bundle"),
      threads: 1,
      source: points(),
      extraction,
      output,
      ...options,
    });
    expect(done(into).offsets).toBe("code-point");
    const table = await readDocuments(output.file, { format: "parquet" });
    expect(table.documents.map(withMentionTexts)).toEqual(expected);
    await writeParquetDocuments(at("in.parquet"), expected, { offsets: "utf-8" });
    const again = await extracted(await parquetSource(at("in.parquet")), options);
    expect(again.documents.map(({ entities }) => entities)).toEqual(expected.map(({ entities }) => entities));
  });
});

describe("runBatch into a file", () => {
  const ROWS = 640;
  let whole: BatchSummary;
  let source: PostSource;

  beforeAll(async () => {
    const rows = Array.from({ length: ROWS / 32 }, (_, n) =>
      posts().map(({ id, text }) => ({ id: `${n}/${id}`, text: n % 5 === 4 ? "" : text })),
    ).flat();
    source = await write("many.jsonl", jsonLines(rows));
    whole = await into("whole.jsonl", { resume: false });
    expect(whole.account).toMatchObject({ rows: ROWS, posts: 512, rejected: { "data/empty-text": 128 } });
  }, 60_000);

  type IntoOptions = Partial<BatchRequest> & { readonly resume: boolean };
  const ask = (out: string, { resume, ...options }: IntoOptions) =>
    runBatch({
      model: at("bundle"),
      threads: 1,
      source,
      pictures: false,
      output: { file: at(out), resume },
      ...options,
    });
  const into = async (out: string, options: IntoOptions) => done(await ask(out, options));

  /** Ends a run after this many rows. */
  async function cutOff(out: string, rows: number, options: Partial<BatchRequest> = {}) {
    const stop = new AbortController();
    const cut = into(out, {
      ...options,
      resume: false,
      signal: stop.signal,
      onProgress: (done) => {
        if (done >= rows) stop.abort(new Error("cut off"));
      },
    });
    await expect(cut).rejects.toThrow("cut off");
    return JSON.parse(await readFile(`${at(out)}.progress.json`, "utf8")).account.rows as number;
  }

  it("gives the same file, byte for byte, wherever it was cut off and however much was torn", async () => {
    for (const rows of [1, 300]) {
      const out = `cut-${rows}.jsonl`;
      const done = await cutOff(out, rows);
      expect(done).toBeGreaterThanOrEqual(rows);
      expect(done).toBeLessThan(ROWS);
      expect(existsSync(at(out))).toBe(false);
      // The power failed while lines were being written.
      await appendFile(`${at(out)}.partial`, '{"id":"torn","te');
      await appendFile(`${at(out)}.rejected.jsonl`, '{"row":3}\n{"ro');
      await expect(into(out, { resume: false })).rejects.toMatchObject({ code: "data/output-exists" });
      const { account, resumedRows } = await into(out, { resume: true });
      expect(resumedRows).toBe(done);
      expect(account).toEqual(whole.account);
      for (const ending of ["", ".rejected.jsonl"]) {
        expect(await readFile(at(out + ending), "utf8")).toBe(
          await readFile(at(`whole.jsonl${ending}`), "utf8"),
        );
      }
      expect(existsSync(`${at(out)}.partial`) || existsSync(`${at(out)}.progress.json`)).toBe(false);
    }
  });

  it("gives a table with one header, wherever it was cut off, and no other format in between", async () => {
    const triples = { name: "triples" } as const;
    await into("whole.tsv", { resume: false, format: triples });
    const documents = await readLines(at("whole.jsonl"));
    expect(await readFile(at("whole.tsv"), "utf8")).toBe(
      [tableHeader(triples), ...documents.flatMap((one) => tableRows(one, triples)), ""].join("\n"),
    );
    const done = await cutOff("cut.tsv", 1, { format: triples });
    const other = into("cut.tsv", { resume: true, format: { name: "csv" } });
    await expect(other).rejects.toMatchObject({ message: expect.stringContaining("format.name: was") });
    expect((await into("cut.tsv", { resume: true, format: triples })).resumedRows).toBe(done);
    expect(await readFile(at("cut.tsv"), "utf8")).toBe(await readFile(at("whole.tsv"), "utf8"));
  });

  it("resumes only with the same input, model and settings, and with files that hold what was written", async () => {
    const out = "changed.jsonl";
    await cutOff(out, 1);
    const other = await write("other.jsonl", '{"text":"Ada met Bo"}\n');
    for (const [change, message] of [
      [{ extraction: { threshold: 0.9 } }, "options.threshold: was absent, is 0.9"],
      [{ model: models.entities }, "model: was"],
      [{ source: other }, "input: was"],
    ] as const) {
      const resumed = into(out, { resume: true, ...change });
      await expect(resumed).rejects.toMatchObject({
        code: "data/cannot-resume",
        message: expect.stringContaining(message),
      });
    }
    await rm(`${at(out)}.partial`);
    await expect(into(out, { resume: true })).rejects.toMatchObject({ code: "data/damaged-output" });
    await writeFile(`${at(out)}.progress.json`, "{}");
    await expect(into(out, { resume: true })).rejects.toMatchObject({ code: "data/damaged-output" });
  });

  it("resumes a stream only if its first rows are the same", async () => {
    const lines = (await readFile(at("many.jsonl"), "utf8")).split("\n").slice(0, 200);
    const streamOf = (rows: readonly string[]) =>
      jsonlStream(
        (async function* () {
          yield Buffer.from(rows.join("\n"));
        })(),
        "stdin",
      );
    const out = "stream.jsonl";
    const stop = new AbortController();
    const cut = into(out, {
      resume: false,
      source: streamOf(lines),
      signal: stop.signal,
      onProgress: () => stop.abort(new Error("cut off")),
    });
    await expect(cut).rejects.toThrow("cut off");
    for (const wrong of [lines.slice(1), lines.slice(0, 100)]) {
      const resumed = into(out, { resume: true, source: streamOf(wrong) });
      await expect(resumed).rejects.toMatchObject({ code: "data/cannot-resume" });
    }
    const { account, resumedRows } = await into(out, { resume: true, source: streamOf(lines) });
    expect([account.rows, resumedRows]).toEqual([200, 128]);
  });

  it("begins where there is nothing to resume, and never overwrites", async () => {
    const small = await write("small.jsonl", '{"text":"Ada met Bo"}\n');
    expect((await into("fresh.jsonl", { resume: true, source: small })).resumedRows).toBe(0);
    const before = await readFile(at("fresh.jsonl"), "utf8");
    await expect(into("fresh.jsonl", { resume: false, source: small })).rejects.toMatchObject({
      code: "data/output-exists",
    });
    expect(await ask("fresh.jsonl", { resume: true, source: small })).toEqual({ completeBefore: true });
    expect(await readFile(at("fresh.jsonl"), "utf8")).toBe(before);
    await expect(into("no/such/folder.jsonl", { resume: false, source: small })).rejects.toMatchObject({
      code: "data/cannot-write",
    });
  });
});

describe("runBatch into a file that a kill left behind", () => {
  const line = '{"text":"Ada met Bo"}\n';
  let source: PostSource;
  let expected: string;
  const into = (out: string, options: Partial<BatchRequest> = {}) =>
    runBatch({
      model: at("bundle"),
      threads: 1,
      source,
      pictures: false,
      output: { file: at(out), resume: true },
      ...options,
    });
  const beside = async (out: string) =>
    (await readdir(world.folder)).filter((name) => name.startsWith(out)).sort();

  beforeAll(async () => {
    source = await write("one.jsonl", line);
    await into("expected.jsonl");
    expected = await readFile(at("expected.jsonl"), "utf8");
  });

  it("begins at the beginning where the first record is missing", async () => {
    for (const [name, torn] of [
      ["empty", ""],
      ["torn", '{"id":"torn","te'],
    ]) {
      await writeFile(at(`${name}.jsonl.partial`), torn!);
      expect(await into(`${name}.jsonl`)).toMatchObject({ resumedRows: 0 });
      expect(await readFile(at(`${name}.jsonl`), "utf8")).toBe(expected);
      expect(await beside(`${name}.jsonl`)).toEqual([`${name}.jsonl`]);
    }
    // Rejected rows with nothing else belong to another output.
    await writeFile(at("lone.jsonl.rejected.jsonl"), "{}\n");
    await expect(into("lone.jsonl")).rejects.toMatchObject({ code: "data/output-exists" });
    expect(await beside("lone.jsonl")).toEqual(["lone.jsonl.rejected.jsonl"]);
  });

  it("gives the name where only the name was missing, with the account of the run that did the work", async () => {
    for (const ending of ["jsonl", "parquet"]) {
      const out = `named.${ending}`;
      // The state after a process is killed between its last record and its last rename.
      await into(`record.${ending}`);
      await writeFile(at(`${out}.progress.json`), JSON.stringify(await completeRecord()));
      await writeFile(at(`${out}.partial`), expected);
      if (ending === "parquet") await writeFile(at(`${out}.partial.parquet.1234.tmp`), "half a table");
      const summary = done(await into(out));
      expect([summary.account.posts, summary.resumedRows]).toEqual([1, 1]);
      expect(await readFile(at(out))).toEqual(await readFile(at(`record.${ending}`)));
      expect(await beside(out)).toEqual([out]);
    }
  });

  it("says that an output is complete, removes what is left beside it, and never another run's work", async () => {
    await writeFile(at("done.jsonl"), expected);
    for (const record of ["{}", "", JSON.stringify(await completeRecord())]) {
      await writeFile(at("done.jsonl.progress.json"), record);
      await writeFile(at("done.jsonl.progress.json.tmp"), "half");
      expect(await into("done.jsonl")).toEqual({ completeBefore: true });
      expect(await beside("done.jsonl")).toEqual(["done.jsonl"]);
    }
    await writeFile(at("done.jsonl.partial"), "work");
    await expect(into("done.jsonl")).rejects.toMatchObject({ code: "data/output-exists" });
    expect(await readFile(at("done.jsonl.partial"), "utf8")).toBe("work");
  });

  it("refuses the record of a newer version, and a torn one, and leaves the work as it is", async () => {
    const record = await completeRecord();
    await writeFile(at("newer.jsonl.partial"), expected);
    for (const [text, code] of [
      [JSON.stringify({ ...record, version: 3, more: 1 }), "data/cannot-resume"],
      [JSON.stringify(record).slice(0, 40), "data/damaged-output"],
      [JSON.stringify({ ...record, bytes: expected.length + 1 }), "data/damaged-output"],
    ] as const) {
      await writeFile(at("newer.jsonl.progress.json"), text);
      await expect(into("newer.jsonl")).rejects.toMatchObject({ code });
      expect(await readFile(at("newer.jsonl.partial"), "utf8")).toBe(expected);
    }
    const { complete: _, ...old } = record;
    await writeFile(at("newer.jsonl.progress.json"), JSON.stringify({ ...old, version: 1 }));
    expect(await into("newer.jsonl")).toMatchObject({ resumedRows: 1 });
    expect(await readFile(at("newer.jsonl"), "utf8")).toBe(expected);
  });

  it("lets one of two at a time at it, before any of them loads its models", async () => {
    const lock = await lockOutput(at("locked.jsonl"));
    await expect(into("locked.jsonl", { model: "nowhere" })).rejects.toMatchObject({
      code: "data/output-locked",
    });
    await lock.release();
    const both = await Promise.allSettled([into("locked.jsonl"), into("locked.jsonl")]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await readFile(at("locked.jsonl"), "utf8")).toBe(expected);
  });

  it("leaves nothing of a run that ends before its first row is done", async () => {
    const empty = await write("bad.jsonl", "nonsense\n");
    const output = { file: at("nothing.jsonl"), resume: false };
    await expect(into("", { source: empty, strict: true, output })).rejects.toMatchObject({
      code: "data/not-json",
    });
    expect(await beside("nothing.jsonl")).toEqual([]);
  });

  it("notices an input that changes while it is read", async () => {
    const many = Array.from({ length: 400 }, (_, n) => `{"text":"Ada met Bo ${n}"}\n`).join("");
    const replaced = async (path: string) => {
      await writeFile(`${path}.new`, many);
      await rename(`${path}.new`, path);
    };
    for (const [name, change] of [
      ["appended", (path: string) => appendFile(path, line)],
      ["cut", (path: string) => truncate(path, many.length - 30)],
      ["replaced", replaced],
      ["removed", (path: string) => rm(path)],
    ] as const) {
      const changing = await write(`${name}-in.jsonl`, many);
      let changed: Promise<unknown> | undefined;
      const run = into(`${name}.jsonl`, {
        source: {
          ...changing,
          async *rows(signal) {
            for await (const row of changing.rows(signal)) {
              if (row.row === 200) changed = change(at(`${name}-in.jsonl`));
              await changed;
              yield row;
            }
          },
        },
      });
      await expect(run).rejects.toMatchObject({
        code: "data/input-changed",
        place: at(`${name}-in.jsonl`),
      });
      expect(existsSync(at(`${name}.jsonl`))).toBe(false);
      await write(`${name}-in.jsonl`, many);
      done(await into(`${name}.jsonl`, { source: changing })); // the original content is back
    }
    await mkdir(at("texts"));
    await writeFile(at("texts", "a.txt"), "Ada met Bo");
    const folder = await folderSource(at("texts"));
    const run = into("texts.jsonl", {
      source: {
        ...folder,
        async *rows() {
          yield* folder.rows();
          await writeFile(at("texts", "a.txt"), "Ada met nobody");
        },
      },
    });
    await expect(run).rejects.toMatchObject({ code: "data/input-changed" });
  });

  it.runIf(process.platform === "linux")(
    "keeps what was written when the disk is full, and finishes when there is room",
    async () => {
      const texts = Array.from({ length: 160 }, (_, n) =>
        n === 150 ? "nonsense\n" : `{"text":"Bo ${n}"}\n`,
      );
      const rows = await write("full-in.jsonl", texts.join(""));
      await into("roomy.jsonl", { source: rows });
      const full = into("full.jsonl", {
        source: {
          ...rows,
          async *rows(signal) {
            await symlink("/dev/full", at("full.jsonl.rejected.jsonl"));
            yield* rows.rows(signal);
          },
        },
      });
      await expect(full).rejects.toMatchObject({
        code: "data/cannot-write",
        fault: "work",
        place: at("full.jsonl.rejected.jsonl"),
      });
      await rm(at("full.jsonl.rejected.jsonl"));
      expect(await into("full.jsonl", { source: rows })).toMatchObject({ resumedRows: 128 });
      for (const ending of ["", ".rejected.jsonl"])
        expect(await readFile(at(`full.jsonl${ending}`), "utf8")).toBe(
          await readFile(at(`roomy.jsonl${ending}`), "utf8"),
        );
    },
  );

  /** The last record of a run over `source`, before its output gets its name. */
  async function completeRecord(of: PostSource = source) {
    const out = "probe.jsonl";
    const names = await readdir(world.folder);
    for (const name of names.filter((one) => one.startsWith(out))) await rm(at(name));
    // With something in the output's place, every step succeeds but the last.
    const running = into(out, {
      source: of,
      onProgress: () => mkdirSync(at(out)),
    });
    await expect(running).rejects.toMatchObject({ code: "data/output-exists" });
    const record = await readFile(at(`${out}.progress.json`), "utf8");
    await rm(at(out), { recursive: true });
    return JSON.parse(record);
  }
});

/** Spans and relations without probabilities, since their last digits depend on the batch. */
function outlined({ id, entities, relations }: Document) {
  return {
    id,
    entities: entities.map(({ start, end, label }) => [start, end, label]),
    relations: relations.map(({ head, tail, label }) => [head, tail, label]),
  };
}
