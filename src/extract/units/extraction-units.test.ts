// An input that shards share gives the bytes of one undisturbed run: output, rejected rows and account.
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ByteWriter, parquetWrite } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeParquetDocuments } from "../../data/parquet/write-parquet.ts";
import { folderStore } from "../../units/folder-store.ts";
import { UnitSet, unitKey } from "../../units/job.ts";
import { runUnits } from "../../units/run-units.ts";
import { unitsOfShard } from "../../units/shard.ts";
import { folderSource } from "../batch/folder-source.ts";
import { jsonlFile, jsonlStream } from "../batch/jsonl-source.ts";
import { parquetSource } from "../batch/parquet-source.ts";
import type { PostSource } from "../batch/post-rows.ts";
import { type BatchSummary, runBatch } from "../batch/run-batch.ts";
import { textLinesFile } from "../batch/text-lines-source.ts";
import { tinyModel, tinyWorld } from "../testing/tiny-models.ts";
import { openExtractionJob, openExtractionUnits, type UnitsRequest } from "./extraction-units.ts";
import { gatherExtraction } from "./gather-extraction.ts";
import { PublishedRows, RowPublisher } from "./published-rows.ts";
import { openQueuedExtraction, queuedExtraction } from "./queued-extraction.ts";
import { formatRowIndex, indexRows, parseRowIndex } from "./row-index.ts";

let folder: string;
let model: string;
let texts: readonly string[];
let names = 0;
const at = (name: string) => join(folder, name);
const ROWS = 300;
const UNIT = 128;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-extraction-units-"));
  const world = await tinyWorld(folder);
  model = await tinyModel(world, "mner", "none");
  texts = world.corpus.posts.validation.map(({ text }) => text);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

/** Rows with faults, and with ids that occur in earlier units. */
const rows = (count = ROWS) =>
  Array.from({ length: count }, (_, row) => {
    const text = `${texts[row % texts.length]} ${row}`;
    if (row % 50 === 49) return { text: "" };
    if (row === 140 || row === 290) return { id: "17", text };
    return row % 3 === 0 ? { id: `post ${row}`, text } : { text };
  });
const lines = (some: readonly unknown[]) => some.map((row) => `${JSON.stringify(row)}\n`).join("");

const requestOf = (source: PostSource, more: Partial<UnitsRequest> = {}): UnitsRequest => ({
  ...{ model, source, threads: 1, pictures: false, unitRows: UNIT },
  ...more,
});

async function undisturbed(source: PostSource, out: string, more: Partial<UnitsRequest> = {}) {
  const { unitRows: _, ...request } = requestOf(source, more);
  const summary = await runBatch({ ...request, output: { file: out, resume: false } });
  return (summary as BatchSummary).account;
}

/** Runs the shards in an order, and gathers. */
async function divided(
  sourceOf: () => Promise<PostSource>,
  out: string,
  more: Partial<UnitsRequest> = {},
  order = [2, 0, 1],
) {
  const store = folderStore(at(`store-${names++}`));
  for (const index of order) {
    const request = requestOf(await sourceOf(), more);
    const job = await openExtractionJob(request, store);
    const work = await openExtractionUnits(request, job);
    const units = unitsOfShard({ index, count: order.length }, work.units);
    const { failures } = await runUnits({ store, work, units, known: new UnitSet() });
    expect(failures).toEqual([]);
    await work.dispose();
  }
  const job = await openExtractionJob(requestOf(await sourceOf(), more), store);
  expect(job.index.units.length).toBe(3);
  return { account: await gatherExtraction({ store, job, out, format: more.format }), store, job };
}

async function expectEqual(
  sourceOf: () => Promise<PostSource>,
  ending: string,
  more: Partial<UnitsRequest> = {},
) {
  const [one, many] = [at(`one-${names++}.${ending}`), at(`many-${names++}.${ending}`)];
  const account = await undisturbed(await sourceOf(), one, more);
  const gathered = await divided(sourceOf, many, more);
  expect(gathered.account).toEqual(account);
  for (const suffix of ["", ".rejected.jsonl"]) {
    expect(existsSync(many + suffix)).toBe(existsSync(one + suffix));
    if (existsSync(one + suffix)) expect(await readFile(many + suffix)).toEqual(await readFile(one + suffix));
  }
  return account;
}

describe("an input that shards share", () => {
  it("gives the output, rejected rows and account of one run, from lines with blank ones between", async () => {
    const path = at("posts.jsonl");
    await writeFile(path, `\ufeff\r\n${lines(rows()).replaceAll("}\n", "}\r\n\n")}`);
    const account = await expectEqual(async () => jsonlFile(path), "jsonl");
    expect(account.rejected).toEqual({ "data/empty-text": 6, "data/duplicate-id": 1 });
    expect(account.entities).toBeGreaterThan(100);
  });

  it("does so from a JSON list, plain lines, a folder, and Parquet in and out", async () => {
    const list = at("posts.json");
    await writeFile(list, JSON.stringify(rows(), undefined, 1));
    await expectEqual(async () => jsonlFile(list), "jsonl");
    const plain = at("posts.txt");
    await writeFile(
      plain,
      rows()
        .map(({ text }) => `${text}\n`)
        .join(""),
    );
    await expectEqual(async () => textLinesFile(plain), "csv", {
      format: { name: "csv", delimiter: ",", spreadsheet: true },
    });
    const table = at("posts.parquet");
    const documents = rows()
      .filter(({ text }) => text !== "")
      .map(({ text }, i) => ({ id: `d${i}`, text, entities: [], relations: [] }));
    await writeParquetDocuments(table, documents);
    await expectEqual(() => parquetSource(table), "parquet");
    const place = at("texts");
    await mkdir(place);
    for (const [i, { text }] of rows().entries()) await writeFile(join(place, `${i}.txt`), text);
    await expectEqual(() => folderSource(place), "jsonl");
  });

  it("is not gathered while units are missing or damaged, and says which", async () => {
    const path = at("gaps.jsonl");
    await writeFile(path, lines(rows()));
    const { store, job, account } = await divided(async () => jsonlFile(path), at("whole.jsonl"));
    const key = unitKey(job.job.id, 1);
    const good = (await store.get(key)) as Uint8Array;
    const out = at("gaps-out.jsonl");
    await store.remove(key);
    await expect(gatherExtraction({ store, job, out })).rejects.toMatchObject({
      code: "units/incomplete",
      message: expect.stringContaining("1 unit is not published"),
    });
    await store.putIfAbsent(key, good.subarray(0, -1));
    await expect(gatherExtraction({ store, job, out })).rejects.toMatchObject({
      code: "units/damaged-unit",
      place: join(store.place, key),
    });
    await store.remove(key);
    await store.putIfAbsent(key, good);
    expect(await gatherExtraction({ store, job, out })).toEqual(account);
    expect(await readFile(out)).toEqual(await readFile(at("whole.jsonl")));
    await expect(gatherExtraction({ store, job, out })).rejects.toMatchObject({ code: "data/output-exists" });
  });

  it("continues a gathering that was stopped", async () => {
    const path = at("stopped.jsonl");
    await writeFile(path, lines(rows()));
    const { store, job } = await divided(async () => jsonlFile(path), at("stopped-whole.jsonl"));
    const out = at("stopped-out.jsonl");
    const stop = new AbortController();
    const small = {
      ...store,
      get: async (key: string) => {
        if (key === unitKey(job.job.id, 2)) stop.abort(new Error("stopped"));
        stop.signal.throwIfAborted();
        return store.get(key);
      },
    };
    await expect(gatherExtraction({ store: small, job, out })).rejects.toThrow("stopped");
    await gatherExtraction({ store, job, out });
    expect(await readFile(out)).toEqual(await readFile(at("stopped-whole.jsonl")));
    expect((await readdir(folder)).filter((name) => name.startsWith("stopped-out"))).toEqual([
      "stopped-out.jsonl",
      "stopped-out.jsonl.rejected.jsonl",
    ]);
  });
});

describe("a unit", () => {
  it("whose rows changed after the division fails; others are done", async () => {
    const path = at("changing.jsonl");
    const some = rows();
    await writeFile(path, lines(some));
    const store = folderStore(at(`store-${names++}`));
    const request = requestOf(jsonlFile(path));
    const job = await openExtractionJob(request, store);
    const changed = { text: `${some[130]?.text.slice(0, -1)}x` }; // as long as it was
    await writeFile(path, lines(some.with(130, changed)));
    const work = await openExtractionUnits(request, job);
    const summary = await runUnits({ store, work, units: [0, 1, 2], known: new UnitSet() });
    await work.dispose();
    expect(summary.failures).toMatchObject([{ unit: 1, code: "units/input-changed" }]);
    expect(summary.published).toBe(2);
  });

  it("needs an input that can be read again, and cuts no batch of the models", async () => {
    const store = folderStore(at(`store-${names++}`));
    const stream = jsonlStream((async function* () {})(), "stdin");
    await expect(openExtractionJob(requestOf(stream), store)).rejects.toMatchObject({
      code: "units/not-repeatable",
    });
    const path = at("sizes.jsonl");
    await writeFile(path, lines(rows(3)));
    const odd = requestOf(jsonlFile(path), { unitRows: 100 });
    await expect(openExtractionJob(odd, store)).rejects.toMatchObject({ code: "units/wrong-size" });
  });
});

describe("the index of an input", () => {
  it("is the same after it was written and read, and refused when it is incomplete", async () => {
    const path = at("index.jsonl");
    await writeFile(path, lines(rows()));
    const index = await indexRows(jsonlFile(path), UNIT);
    expect(index.units.map(({ row, rows, duplicates }) => [row, rows, duplicates])).toEqual([
      [1, 128, []],
      [129, 128, [12]],
      [257, 44, [34]],
    ]);
    const bytes = formatRowIndex(index);
    expect(parseRowIndex(bytes, "rows.jsonl")).toEqual(index);
    const cut = bytes.subarray(0, bytes.lastIndexOf(0x0a, bytes.length - 2) + 1);
    expect(() => parseRowIndex(cut, "rows.jsonl")).toThrow("2 of 3 units");
  });
});

describe("published posts", () => {
  it("give what the input gives, pictures of a table included, after the input is gone", async () => {
    const table = at("pictures.parquet");
    const seen = [0, 1, 2].map((i) => Uint8Array.from({ length: 50 + i }, (_, at) => (at * 7 + i) % 256));
    const writer = new ByteWriter();
    parquetWrite({
      writer,
      columnData: [
        { name: "text", data: seen.map((_, i) => `post ${i}`), type: "STRING" },
        { name: "image", data: seen, type: "BYTE_ARRAY" },
      ],
    });
    await writeFile(table, new Uint8Array(writer.getBuffer()));
    const store = folderStore(at(`store-${names++}`));
    const request = { ...requestOf(await parquetSource(table)), pictures: undefined };
    const job = await openExtractionJob(request, store);
    const publisher = await RowPublisher.open(request, job, store);
    await publisher.publish(0);
    await publisher.close();
    await rm(table);
    await (await RowPublisher.open(request, job, store)).publish(0); // is there
    const [entry] = job.index.units;
    const rows = await new PublishedRows(job.job.id, store).read(0, entry as NonNullable<typeof entry>);
    expect(rows.map((row) => ("post" in row ? [row.post.text, row.post.picture] : row))).toEqual(
      seen.map((picture, i) => [`post ${i}`, picture]),
    );
  });

  it("do not hold picture files, and are compared with what the input was", async () => {
    const place = at("with-pictures");
    await mkdir(place);
    await writeFile(join(place, "a.txt"), "a text");
    await writeFile(join(place, "a.png"), "");
    const store = folderStore(at(`store-${names++}`));
    const request = { ...requestOf(await folderSource(place)), pictures: undefined };
    const job = await openExtractionJob(request, store);
    const publisher = await RowPublisher.open(request, job, store);
    await expect(publisher.publish(0)).rejects.toMatchObject({
      code: "units/picture-files",
      value: join(place, "a.png"),
    });
    await (await RowPublisher.open({ ...request, pictures: false }, job, store)).publish(0);
    const published = new PublishedRows(job.job.id, store);
    const entry = job.index.units[0] as NonNullable<(typeof job.index.units)[0]>;
    expect(await published.read(0, entry)).toMatchObject([
      { post: { id: "a", text: "a text", image: "a.png" } },
    ]);
    await expect(published.read(0, { ...entry, sum: "another" })).rejects.toMatchObject({
      code: "units/damaged-unit",
    });
    await expect(published.read(1, entry)).rejects.toMatchObject({
      code: "units/damaged-unit",
      message: expect.stringMatching(/posts\/000\/001 is not there$/),
    });
  });
});

describe("a worker", () => {
  it("says that it has another store, no model, or another one", async () => {
    const path = at("for-workers.jsonl");
    await writeFile(path, lines(rows(3)));
    const place = at(`store-${names++}`);
    const request = requestOf(jsonlFile(path));
    const job = await openExtractionJob(request, folderStore(place));
    const open = (own: string | undefined, store = place) =>
      openQueuedExtraction(
        {
          ...{ version: 1, kind: "extract", job: job.job.id, unit: 0 },
          request: queuedExtraction(request, job, {
            store,
            input: "gone.jsonl",
            lines: false,
            published: true,
          }),
        },
        {
          openPosts: () => Promise.reject(new Error("nothing is to be read")),
          device: { threads: 1 },
          model: own,
        },
      );
    await expect(open(undefined, at("elsewhere"))).rejects.toMatchObject({ code: "units/other-store" });
    await expect(open(at("no-model"))).rejects.toMatchObject({
      ...{ code: "units/no-model", place: at("no-model") },
      remedy: expect.stringContaining("relata work --model"),
    });
    const other = at("other-model");
    await cp(model, other, { recursive: true });
    await writeFile(join(other, "thresholds.json"), "{}");
    await expect(open(other)).rejects.toMatchObject({ code: "units/other-job" });
  });
});
