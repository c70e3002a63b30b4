import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { relata } from "./warm-program.ts";

const good = {
  id: "1",
  text: "Ada met Bo",
  image: "a.png",
  entities: [
    { start: 0, end: 3, label: "person" },
    { start: 8, end: 10, label: "person" },
  ],
  relations: [{ head: 0, tail: 1, label: "peer" }],
};
const mnre = (relation: string) =>
  `{'token': ['Ada', 'met', 'Bo'], 'h': {'name': 'Ada', 'pos': [0, 1]}, 't': {'name': 'Bo', 'pos': [2, 3]}, 'img_id': 'a.jpg', 'relation': '${relation}'}`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-validate-"));
  await mkdir(join(folder, "pictures"));
  await writeFile(join(folder, "pictures", "b.png"), "");
  await writeFile(
    join(folder, "good.jsonl"),
    `${JSON.stringify(good)}\n${JSON.stringify({ ...good, id: "2", image: "b.png" })}\n`,
  );
  const outside = { ...good, id: "3", entities: [good.entities[0], { start: 8, end: 99, label: "person" }] };
  await writeFile(
    join(folder, "bad.jsonl"),
    `${JSON.stringify(good)}\nnot json\n${JSON.stringify(outside)}\n`,
  );
  await writeFile(join(folder, "mnre.txt"), `${mnre("peer")}\n${mnre("None")}\n`);
  await writeFile(join(folder, "posts.txt"), "IMGID:7\nAda\tB-PER\nmet\tO\nBo\tI-PER\n\nAda\tI-LOC\n");
  const box = { label: "Bo", box: [0, 0, 9, 9] };
  await writeFile(
    join(folder, "boxes.json"),
    JSON.stringify({ "7.png": { width: 8, height: 10, boxes: [box] } }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

describe("relata validate", () => {
  it("accepts a clean file and counts missing pictures", async () => {
    const { code, stdout } = await relata(["validate", "good.jsonl", "--pictures", "pictures"], {
      cwd: folder,
    });
    expect(code).toBe(0);
    expect(stdout).toContain("2 rows accepted, 0 rejected");
    expect(stdout).toContain("1 of them missing: a.png");
  });

  it("says which pairs would become None, what the files share, and which label may mean none", async () => {
    const named = (id: string, label: string) => ({ ...good, id, relations: [{ head: 0, tail: 1, label }] });
    const write = (name: string, ...documents: unknown[]) =>
      writeFile(join(folder, name), documents.map((one) => `${JSON.stringify(one)}\n`).join(""));
    await write("na.jsonl", named("1", "peer"), named("2", "NA"));
    const unnamed = await relata(["validate", "na.jsonl"], { cwd: folder });
    expect(unnamed.stdout).toContain('"NA" of the training documents may mean "no relation"');
    const { code, stdout } = await relata(["validate", "na.jsonl", "--none-label", "NA", "--json"], {
      cwd: folder,
    });
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      { notes: [], files: [{ contents: { relations: { peer: 1, None: 1 } }, pairs: { made: 0 } }] },
    ]);
    const twice = await relata(["validate", "good.jsonl", "good.jsonl"], { cwd: folder });
    expect(twice.stdout).toContain("good.jsonl and good.jsonl (2) overlap: 2 ids");
    const none = await relata(["validate", "good.jsonl", "--negatives", "none"], { cwd: folder });
    expect(none.stdout).toContain("--negatives all");
    const all = await relata(["validate", "good.jsonl", "--negatives", "all"], { cwd: folder });
    expect(all.stdout).toContain("2 unannotated ordered pairs became None (all: person > person 2)");
    expect(all.stdout).not.toContain("warning");
    expect((await relata(["validate", "good.jsonl", "--negatives", "0"], { cwd: folder })).code).not.toBe(0);
  });

  it("names every defect with its line and exits with 2", async () => {
    const { code, stdout } = await relata(["validate", "bad.jsonl"], { cwd: folder });
    expect(code).toBe(2);
    expect(stdout).toContain("error[data/not-json]");
    expect(stdout).toContain("bad.jsonl:2");
    expect(stdout).toContain("error[data/span-out-of-range]");
    expect(stdout).toContain("bad.jsonl:3");
  });

  it("gives the same account to machines", async () => {
    const { code, stdout, stderr } = await relata(["validate", "bad.jsonl", "--json"], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toBe("");
    const { valid, files } = JSON.parse(stdout);
    expect(valid).toBe(false);
    expect(files[0]).toMatchObject({ lines: 3, accepted: 1, rejected: 2 });
    expect(files[0].counts).toEqual({ "data/not-json": 1, "data/span-out-of-range": 1 });
  });

  it("reads MNRE lines and warns of conflicting labels, which can be made errors", async () => {
    const lenient = await relata(["validate", "mnre.txt", "--format", "mnre"], { cwd: folder });
    expect(lenient.code).toBe(0);
    expect(lenient.stdout).toContain("warning[data/conflicting-labels]");
    const strict = ["validate", "mnre.txt", "--format", "mnre", "--reject", "data/conflicting-labels"];
    expect((await relata(strict, { cwd: folder })).code).toBe(2);
  });

  it("reads CoNLL blocks, counts their entities and reads orphan tags by choice", async () => {
    const conll = ["validate", "posts.txt", "--format", "conll", "--json"];
    const lenient = await relata(conll, { cwd: folder });
    expect(lenient.code).toBe(0);
    expect(JSON.parse(lenient.stdout).files[0]).toMatchObject({
      lines: 6,
      blank: 1,
      rowLines: 5,
      accepted: 2,
      counts: { "data/orphan-tag": 2 },
      contents: { entities: 3, entityLabels: { PER: 2, LOC: 1 }, pictures: 1 },
    });
    const strict = await relata([...conll, "--bio", "strict"], { cwd: folder });
    expect(strict.code).toBe(2);
    expect(JSON.parse(strict.stdout).files[0]).toMatchObject({ accepted: 0, rejected: 2 });
  });

  it("compares boxes with entities and pictures", async () => {
    const conll = ["validate", "posts.txt", "--format", "conll", "--boxes", "boxes.json"];
    const found = await relata([...conll, "--image-extension", ".png"], { cwd: folder });
    expect(found.code).toBe(2);
    expect(found.stdout).toContain("error[data/box-outside-picture]");
    expect(found.stdout).toContain("posts.txt:1");
    const unused = await relata(conll, { cwd: folder });
    expect(unused.code).toBe(0);
    expect(unused.stdout).toContain("warning[data/unused-boxes]");
  });

  it("refuses options that say nothing about the format", async () => {
    const { code, stderr } = await relata(["validate", "good.jsonl", "--bio", "strict"], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain("error[cli/option-not-for-format]");
  });

  it("says which formats and defects there are", async () => {
    const format = await relata(["validate", "good.jsonl", "--format", "csv"], { cwd: folder });
    expect(format.code).toBe(2);
    expect(format.stderr).toContain("mnre, conllu, conll, webnlg, parquet, table");
    const code = await relata(["validate", "good.jsonl", "--reject", "data/nothing"], { cwd: folder });
    expect(code.stderr).toContain("error[cli/unknown-defect]");
  });

  it("names a file that is not there", async () => {
    const { code, stderr } = await relata(["validate", "nothing.jsonl"], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain("error[data/cannot-read]");
    expect(stderr).toContain("nothing.jsonl");
  });

  it("finds nothing usable where there is nothing", async () => {
    await writeFile(join(folder, "empty.jsonl"), "");
    const empty = await relata(["validate", "empty.jsonl"], { cwd: folder });
    expect([empty.code, empty.stdout]).toEqual([2, expect.stringContaining("empty.jsonl has no usable row")]);
    const one = { ...good, image: "pictures/b.png" };
    await writeFile(join(folder, "prefixed.jsonl"), JSON.stringify(one));
    const prefixed = await relata(["validate", "prefixed.jsonl", "--pictures", "pictures"], { cwd: folder });
    expect([prefixed.code, prefixed.stdout]).toEqual([2, expect.stringContaining('leave out "pictures/"')]);
    const converted = await relata(
      ["convert", "empty.jsonl", "empty.parquet", "--from", "relata", "--to", "parquet"],
      { cwd: folder },
    );
    expect(converted.code).toBe(2);
  });

  it("names a file of another kind once, and shows no control character of its name", async () => {
    const name = "a\u001b]0;title\u0007\u202eb.csv";
    await writeFile(join(folder, name), "%PDF-1.7\n");
    const { code, stdout, stderr } = await relata(["validate", name], { cwd: folder });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("a\\u001b]0;title\\u0007\\u202eb.csv is a PDF document");
    expect(stderr).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
    const bad = await relata(["validate", name, "--json"], { cwd: folder });
    expect(bad.stderr).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  });

  it("reads offsets that count code points when it is told to", async () => {
    const document = {
      id: "1",
      text: "😂😂 so Ann Lee met Bo",
      entities: [{ start: 6, end: 13, label: "person" }],
    };
    await writeFile(join(folder, "points.jsonl"), JSON.stringify(document));
    const said = await relata(["validate", "points.jsonl"], { cwd: folder });
    expect(said.stdout).toContain("if the offsets count code points");
    const to = ["--from", "relata", "--to", "relata", "--offsets", "code-point"];
    expect((await relata(["convert", "points.jsonl", "units.jsonl", ...to], { cwd: folder })).code).toBe(0);
    const right = await relata(["validate", "units.jsonl"], { cwd: folder });
    expect(right.stdout).toContain("valid: every row can be used\n");
    const other = await relata(["validate", "posts.txt", "-f", "conll", "--offsets", "utf-8"], {
      cwd: folder,
    });
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("config/offsets-not-for-format")]);
  });

  it("says what each task would learn, where a tagger would lose something, and fails with --strict", async () => {
    const overlapping = {
      ...good,
      entities: [...good.entities, { start: 0, end: 10, label: "event" }],
      relations: [],
    };
    await writeFile(join(folder, "overlap.jsonl"), `${JSON.stringify(overlapping)}\n`);
    const { code, stdout } = await relata(["validate", "overlap.jsonl"], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toContain("entities (mner): 1 of 3 would be used, the others overlap or hold no word");
    expect(stdout).toContain("relations (mre): nothing to learn, no document has a relation");
    expect(stdout).toContain("warning[data/overlapping-entities]");
    expect(stdout).toContain("an entity model would not learn 2 entities");
    expect(stdout).not.toContain("every row can be used");
    const strict = await relata(["validate", "overlap.jsonl", "--strict"], { cwd: folder });
    expect([strict.code, strict.stdout]).toEqual([2, expect.stringContaining("(--strict)")]);
    expect((await relata(["validate", "good.jsonl", "--strict"], { cwd: folder })).code).toBe(0);
  });

  it("names beginners' mistakes by their cause first, with what to do", async () => {
    const mistaken = Array.from({ length: 3 }, (_, i) => ({
      id: `m${i}`,
      text: `🔥 Ada met Bo in Rome ${i}`,
      image: "pictures/b.png",
      entities: ["Ada", "Bo", "Rome"].map((name) => {
        const start = `- Ada met Bo in Rome ${i}`.indexOf(name); // code points
        return { start, end: start + name.length, label: i === 2 && name === "Bo" ? "Person" : "person" };
      }),
      relations: [
        { head: 1, tail: 2, label: "peer" },
        { head: 2, tail: 3, label: "lives_in" },
      ],
    }));
    await writeFile(
      join(folder, "mistaken.jsonl"),
      mistaken.map((one) => `${JSON.stringify(one)}\n`).join(""),
    );
    const args = ["validate", "mistaken.jsonl", "--pictures", "pictures"];
    const { code, stdout } = await relata(args, { cwd: folder });
    expect(code).toBe(2);
    expect(stdout).toContain("the offsets count code points (as Python counts)");
    expect(stdout).toContain('" Ad" -> "Ada"');
    expect(stdout).toContain("no relation of 3 documents uses the index 0");
    const [cause, effect] = ["data/indices-from-one", "data/relation-index-out-of-range"].map((one) =>
      stdout.indexOf(one),
    );
    expect(cause).toBeLessThan(effect!);
    const shifted = mistaken.map((one) => ({ ...one, relations: [{ head: 0, tail: 1, label: "peer" }] }));
    await writeFile(join(folder, "shifted.jsonl"), shifted.map((one) => `${JSON.stringify(one)}\n`).join(""));
    const rest = await relata(["validate", "shifted.jsonl", ...args.slice(2), "--offsets", "code-point"], {
      cwd: folder,
    });
    expect(rest.stdout).not.toContain("data/offset-units");
    expect(rest.stdout).toContain('"Person" (1) and "person" (8) may be the same label');
    expect(rest.stdout).toContain(`begins with the folder's own name ("pictures/b.png" is "b.png")`);
    expect(rest.stdout).toContain("-> Write the label in one way");
  });
});
