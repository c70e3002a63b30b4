// An input that shards share gives the bytes of one undisturbed run: output, rejected rows and account.
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ByteWriter, parquetWrite } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeParquetDocuments } from "../../data/parquet/write-parquet.ts";
import { readDocuments } from "../../data/readers.ts";
import { folderStore } from "../../units/folder-store.ts";
import { UnitSet, unitKey } from "../../units/job.ts";
import type { ObjectStore } from "../../units/object-store.ts";
import { runUnits } from "../../units/run-units.ts";
import { unitsOfShard } from "../../units/shard.ts";
import { folderSource } from "../batch/folder-source.ts";
import { jsonlFile, jsonlStream } from "../batch/jsonl-source.ts";
import { parquetSource } from "../batch/parquet-source.ts";
import type { PostSource } from "../batch/post-rows.ts";
import { type BatchSummary, runBatch } from "../batch/run-batch.ts";
import { textLinesFile } from "../batch/text-lines-source.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "../testing/tiny-models.ts";
import { openExtractionJob, openExtractionUnits, type UnitsRequest } from "./extraction-units.ts";
import { gatherExtraction } from "./gather-extraction.ts";
import { PublishedRows, RowPublisher } from "./published-rows.ts";
import { openQueuedExtraction, queuedExtraction } from "./queued-extraction.ts";
import { formatRowIndex, indexRows, parseRowIndex } from "./row-index.ts";

let folder: string;
let model: string;
/** Relation models that read pictures, and captions. */
let [seeing, reading] = ["", ""];
let world: TinyWorld;
let texts: readonly string[];
let names = 0;
const at = (name: string) => join(folder, name);
const ROWS = 300;
const UNIT = 128;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-extraction-units-"));
  world = await tinyWorld(folder);
  model = await tinyModel(world, "mner", "none");
  seeing = await tinyModel(world, "mre", "pictures");
  reading = await tinyModel(world, "mre", "captions");
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

/** Does an input's units as a worker that sees neither the input nor its pictures, after `hide` took them away, and gathers. */
async function elsewhere(request: UnitsRequest, out: string, hide: () => Promise<void>) {
  const place = at(`store-${names++}`);
  const store = folderStore(place);
  const job = await openExtractionJob(request, store);
  const publisher = await RowPublisher.open(request, job, store);
  const units = [...job.index.units.keys()];
  for (const unit of units) await publisher.publish(unit);
  await publisher.close();
  await hide();
  const worker = await openQueuedExtraction(
    {
      ...{ version: 1, kind: "extract", job: job.job.id, unit: 0 },
      request: queuedExtraction(request, job, {
        store: place,
        input: request.source.place,
        lines: false,
        published: true,
      }),
    },
    { openPosts: () => Promise.reject(new Error("nothing is to be read")), device: { threads: 1 } },
  );
  const doUnits = async () => {
    const { signal } = new AbortController();
    for (const unit of units) await worker.run(unit, { signal, stopping: signal, allowance: undefined });
  };
  return {
    store,
    job,
    doUnits,
    async gathered() {
      await doUnits();
      await worker.dispose();
      return gatherExtraction({ store, job, out });
    },
    dispose: () => worker.dispose(),
  };
}

async function picturesIn(store: ObjectStore, job: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.list(`${job}/pictures/`)) keys.push(key);
  return keys;
}

describe("published posts", () => {
  it("give what the input gives, pictures of a table included, after the input is gone", async () => {
    const table = at("pictures.parquet");
    const seen = [0, 1, 0].map((i) => Uint8Array.from({ length: 50 + i }, (_, at) => (at * 7 + i) % 256));
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
    const read = rows.map(async (row) => {
      if (!("post" in row) || typeof row.post.picture !== "object") return row;
      const { picture, text } = row.post;
      return [text, picture instanceof Uint8Array ? "not asked for" : new Uint8Array(await picture.bytes())];
    });
    expect(await Promise.all(read)).toEqual(seen.map((picture, i) => [`post ${i}`, picture]));
    expect(await picturesIn(store, job.job.id)).toHaveLength(2);
  });

  it("bring picture files along, and what is wrong with them", async () => {
    const pictures = at("some-pictures");
    await cp(world.files.pictures, pictures, { recursive: true });
    const documents = (await readDocuments(world.files.validation)).documents;
    const some = documents.flatMap(({ image }) => (image === undefined ? [] : [image]));
    const [broken = "", pointer = "", unread = ""] = some;
    await writeFile(join(pictures, broken), "not a picture");
    await writeFile(
      join(pictures, pointer),
      "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
    );
    await rm(join(pictures, unread));
    await symlink("/dev/null", join(pictures, unread));
    const path = at("with-pictures.jsonl");
    const absent = { ...documents[9], id: "absent", image: "absent.png" };
    await writeFile(path, lines([...documents, absent, { id: "none", text: "Without a picture" }]));
    const more = { model: seeing, pictures, givenMentions: true };
    const [one, many] = [at("seen-here.jsonl"), at("seen-elsewhere.jsonl")];
    const account = await undisturbed(jsonlFile(path), one, more);
    const { gathered, store, job } = await elsewhere(requestOf(jsonlFile(path), more), many, async () => {
      await rm(pictures, { recursive: true });
      await rm(path);
    });
    expect(await gathered()).toEqual(account);
    expect(await readFile(many, "utf8")).toBe(await readFile(one, "utf8"));
    expect(account.visual).toMatchObject({ missing: 1, broken: 3 });
    const kept = await picturesIn(store, job.job.id);
    expect(kept.length).toBe(new Set(some).size - 2); // also the bytes of the broken one; nothing of the other two
  });

  it("bring captions along", async () => {
    const captions = at("captions.jsonl");
    await cp(world.files.captions.validation, captions);
    const path = at("with-captions.jsonl");
    await writeFile(path, lines((await readDocuments(world.files.validation)).documents));
    const more = { model: reading, captions, pictures: undefined, givenMentions: true };
    const [one, many] = [at("read-here.jsonl"), at("read-elsewhere.jsonl")];
    const account = await undisturbed(jsonlFile(path), one, more);
    const { gathered } = await elsewhere(requestOf(jsonlFile(path), more), many, async () => rm(captions));
    expect(await gathered()).toEqual(account);
    expect(await readFile(many, "utf8")).toBe(await readFile(one, "utf8"));
    expect(account.visual.caption).toBeGreaterThan(10);
  });

  it("fail as a whole, and reject no post, when a published picture is damaged", async () => {
    const path = at("one-picture.jsonl");
    const { documents } = await readDocuments(world.files.validation);
    await writeFile(path, lines(documents.filter(({ image }) => image !== undefined).slice(0, 1)));
    const { pictures } = world.files;
    const request = requestOf(jsonlFile(path), { model: seeing, pictures, givenMentions: true });
    const { store, job, doUnits, dispose } = await elsewhere(request, at("never.jsonl"), () => rm(path));
    const [key = ""] = await picturesIn(store, job.job.id);
    await store.remove(key);
    const damaged = { code: "units/damaged-unit", fault: "work" };
    await expect(doUnits()).rejects.toMatchObject({
      ...damaged,
      message: expect.stringContaining("is not there"),
    });
    await store.putIfAbsent(key, Buffer.from("other bytes"));
    await expect(doUnits()).rejects.toMatchObject({
      ...damaged,
      message: expect.stringContaining("does not have the bytes"),
    });
    await dispose();
  });

  it("are compared with what the input was", async () => {
    const path = at("compared.jsonl");
    await writeFile(path, lines(rows(3)));
    const store = folderStore(at(`store-${names++}`));
    const request = requestOf(jsonlFile(path));
    const job = await openExtractionJob(request, store);
    const publisher = await RowPublisher.open(request, job, store);
    await publisher.publish(0);
    await publisher.close();
    const published = new PublishedRows(job.job.id, store);
    const entry = job.index.units[0] as NonNullable<(typeof job.index.units)[0]>;
    expect(await published.read(0, entry)).toHaveLength(3);
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
