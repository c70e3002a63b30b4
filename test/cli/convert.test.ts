import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDocuments } from "../../src/data/index.ts";
import { relata } from "./warm-program.ts";

const blocks = "IMGID:7\nAda\tB-PER\nmet\tO\nBo\tB-PER\n\nRome\tB-LOC\n";
const document = {
  id: "posts-0",
  text: "Ada met Bo",
  image: "7.jpg",
  entities: [
    { start: 0, end: 3, label: "PER" },
    { start: 8, end: 10, label: "PER" },
  ],
  relations: [{ head: 0, tail: 1, label: "peer" }],
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-convert-"));
  await writeFile(join(folder, "posts.txt"), blocks);
  await writeFile(join(folder, "bad.txt"), `${blocks}\nno tag\n`);
  await writeFile(join(folder, "related.jsonl"), `${JSON.stringify(document)}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

const convert = (...args: readonly string[]) => relata(["convert", ...args], { cwd: folder });
const exists = async (name: string) => (await readdir(folder)).includes(name);

describe("relata convert", () => {
  it("never writes over the file that it reads", async () => {
    const before = await readFile(join(folder, "related.jsonl"), "utf8");
    const commands = [
      ["convert", "related.jsonl", "./related.jsonl", "--to", "relata"],
      ["import", "auto", "related.jsonl", "--out", "related.jsonl"],
      ["view", "related.jsonl", "--out", "related.jsonl"],
      ["evaluate", "nothing", "related.jsonl", "--predictions", "related.jsonl"],
    ];
    for (const command of commands) {
      const { code, stderr } = await relata(command, { cwd: folder });
      expect([code, stderr]).toEqual([2, expect.stringContaining("error[data/output-is-input]")]);
    }
    expect(await readFile(join(folder, "related.jsonl"), "utf8")).toBe(before);
  });

  it("takes CoNLL through JSONL and Parquet and back without a difference", async () => {
    for (const args of [
      ["posts.txt", "posts.jsonl", "--from", "conll", "--to", "relata"],
      ["posts.jsonl", "posts.parquet", "--from", "relata", "--to", "parquet"],
      ["posts.parquet", "again.conll", "--from", "parquet", "--to", "conll"],
    ]) {
      const { code, stdout } = await convert(...args);
      expect(code).toBe(0);
      expect(stdout).toContain("2 rows accepted, 0 rejected");
      expect(stdout).toContain(`wrote 2 documents to ${args[1]}`);
    }
    expect(await readFile(join(folder, "again.conll"), "utf8")).toBe(blocks);
    const read = async (name: string, format: string) =>
      (await readDocuments(join(folder, name), { format })).documents;
    expect(await read("posts.parquet", "parquet")).toEqual(await read("posts.txt", "conll"));
  });

  it("writes tables of entities and relations", async () => {
    const table = async (to: string, out: string, ...more: string[]) => {
      const { code } = await convert("related.jsonl", out, "--from", "relata", "--to", to, ...more);
      return code === 0 ? readFile(join(folder, out), "utf8") : code;
    };
    expect(await table("triples", "out.tsv")).toBe(
      "head\trelation\ttail\tprobability\tpost\nAda\tpeer\tBo\t\tposts-0\n",
    );
    expect(await table("csv", "out.csv", "--spreadsheet")).toMatch(
      /^\ufeffpost,kind.*\nposts-0,entity,PER,,Ada,0,3,/,
    );
    expect(await table("parquet", "out.parquet", "--spreadsheet")).toBe(2);
  });

  it("writes nothing when a row cannot be used, unless rows may be left out", async () => {
    const args = ["bad.txt", "bad.jsonl", "--from", "conll", "--to", "relata"];
    const refused = await convert(...args);
    expect(refused.code).toBe(2);
    expect(refused.stdout).toContain("error[data/not-a-bio-tag]");
    expect(refused.stdout).toContain("bad.txt:8");
    expect(refused.stdout).toContain("bad.jsonl was not written: 1 row cannot be used");
    expect(await exists("bad.jsonl")).toBe(false);
    const lossy = await convert(...args, "--lossy", "--json");
    expect(lossy.code).toBe(0);
    expect(JSON.parse(lossy.stdout)).toMatchObject({
      written: true,
      target: { path: "bad.jsonl", format: "relata", documents: 2 },
      source: { read: 3, accepted: 2, rejected: 1, contents: { entities: 3 } },
    });
  });

  it("refuses what CoNLL cannot hold, unless it may be left out and is counted", async () => {
    const args = ["related.jsonl", "related.txt", "--from", "relata", "--to", "conll"];
    const refused = await convert(...args);
    expect(refused.code).toBe(2);
    expect(refused.stdout).toContain('does not fit into related.txt: relations (1), in "posts-0"');
    expect(refused.stdout).toContain("related.txt was not written: it cannot hold everything (use --lossy");
    expect(await exists("related.txt")).toBe(false);
    const lossy = await convert(...args, "--lossy");
    expect(lossy.code).toBe(0);
    expect(lossy.stdout).toContain("not in related.txt: relations (1)");
    expect(lossy.stdout).toContain("1 document gets a new id");
    expect(await readFile(join(folder, "related.txt"), "utf8")).toBe(
      "IMGID:7\nAda\tB-PER\nmet\tO\nBo\tB-PER\n",
    );
  });

  it("writes tasks of Label Studio with their configuration, and reads them back", async () => {
    const args = [
      "related.jsonl",
      "tasks.json",
      "--to",
      "label-studio",
      "--picture-address",
      "/data/local-files/?d=",
    ];
    const { code, stdout } = await convert(...args);
    expect(code).toBe(0);
    expect(stdout).toContain("wrote 1 document to tasks.json, and tasks.config.xml");
    expect(JSON.parse(await readFile(join(folder, "tasks.json"), "utf8"))).toMatchObject([
      {
        data: { text: "Ada met Bo", image: "/data/local-files/?d=7.jpg", relata: { id: "posts-0" } },
        annotations: [
          {
            result: [
              { id: "entity-1", type: "labels", value: { start: 0, end: 3, text: "Ada", labels: ["PER"] } },
              { id: "entity-2", from_name: "label", to_name: "text" },
              { type: "relation", from_id: "entity-1", to_id: "entity-2", labels: ["peer"] },
            ],
          },
        ],
      },
    ]);
    expect(await readFile(join(folder, "tasks.config.xml"), "utf8")).toContain('<Relation value="peer"/>');
    const back = await convert("tasks.json", "back.jsonl", "--from", "label-studio", "--to", "relata");
    expect(back.code).toBe(0);
    expect(JSON.parse(await readFile(join(folder, "back.jsonl"), "utf8"))).toEqual(document);
  });

  it("reads orphan tags by choice and takes another extension off a picture's name", async () => {
    await writeFile(join(folder, "orphan.txt"), "IMGID:7\nAda\tB-PER\nLtd\tI-ORG\n");
    const { code } = await convert(
      ...["orphan.txt", "orphan.conll", "--from", "conll", "--to", "conll"],
      ...["--bio", "repair", "--image-extension", ".png"],
    );
    expect(code).toBe(0);
    expect(await readFile(join(folder, "orphan.conll"), "utf8")).toBe("IMGID:7\nAda\tB-PER\nLtd\tI-PER\n");
  });

  it("takes offsets from one unit to another and back, through both formats", async () => {
    const fire = {
      ...document,
      text: "🔥 Ada met Zoë",
      entities: [{ start: 11, end: 14, label: "PER" }],
      relations: [],
    };
    await writeFile(join(folder, "fire.jsonl"), `${JSON.stringify(fire)}\n`);
    const to = ["--to", "relata", "--output-offsets", "utf-8"];
    expect((await convert("fire.jsonl", "bytes.jsonl", "--from", "relata", ...to)).code).toBe(0);
    const [bytes] = (await readFile(join(folder, "bytes.jsonl"), "utf8"))
      .split("\n")
      .map((line) => line && JSON.parse(line));
    expect(bytes).toMatchObject({ entities: [{ start: 13, end: 17 }], meta: { offsets: "utf-8" } });
    const points = ["--to", "parquet", "--output-offsets", "code-point", "--json"];
    const { stdout } = await convert("bytes.jsonl", "points.parquet", "--from", "relata", ...points);
    expect(JSON.parse(stdout)).toMatchObject({
      source: { offsets: "utf-16" },
      target: { offsets: "code-point" },
    });
    const { documents } = await readDocuments(join(folder, "points.parquet"), { format: "parquet" });
    expect(documents).toEqual([{ ...fire, meta: { offsets: "utf-16" } }]);
    const wrong = await convert(
      "bytes.jsonl",
      "x",
      "--from",
      "relata",
      "--to",
      "relata",
      "--offsets",
      "code-point",
    );
    expect([wrong.code, wrong.stdout]).toEqual([2, expect.stringContaining("error[data/offsets-differ]")]);
    const conll = await convert(
      "fire.jsonl",
      "x",
      "--from",
      "relata",
      "--to",
      "conll",
      "--output-offsets",
      "utf-8",
    );
    expect([conll.code, conll.stderr]).toEqual([2, expect.stringContaining("cli/option-not-for-format")]);
    const none = await convert("posts.txt", "x", "--from", "conll", "--to", "relata", "--offsets", "utf-8");
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("config/offsets-not-for-format")]);
  });

  it("names wrong formats, missing files and damaged ones", async () => {
    const format = await convert("posts.txt", "x", "--from", "csv", "--to", "relata");
    expect(format.stderr).toContain("error[data/unknown-format]");
    const target = await convert("posts.txt", "x", "--from", "conll", "--to", "pdf");
    expect([target.code, target.stderr]).toEqual([
      2,
      expect.stringContaining("relata, parquet, hugging-face"),
    ]);
    const absent = await convert("absent", "x", "--from", "parquet", "--to", "relata");
    expect([absent.code, absent.stderr]).toEqual([2, expect.stringContaining("error[data/cannot-read]")]);
    const damaged = await convert("posts.txt", "x", "--from", "parquet", "--to", "relata");
    expect([damaged.code, damaged.stderr]).toEqual([2, expect.stringContaining("error[data/not-parquet]")]);
    const nowhere = await convert("posts.txt", "no/x", "--from", "conll", "--to", "relata");
    expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining("error[data/cannot-write]")]);
    expect(await exists("x")).toBe(false);
  });
});
