// `relata annotate` as a user runs it, against the scripted model: from a schema to documents that train, and killed in the middle.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ScriptedModel, startScriptedModel } from "../../scripts/scripted-model.mjs";
import type { Document } from "../../src/data/document.ts";
import { CLI } from "./run-cli.ts";
import { relata } from "./warm-program.ts";

const truth = Array.from({ length: 12 }, (_, i): Document => {
  const name = `Ada ${["Novak", "Stern", "O’Hara"][i % 3]}`;
  const text = `${name} met the team in Rio (day ${i}) and left Rio`;
  const at = text.lastIndexOf("Rio");
  return {
    id: `post-${i}`,
    text,
    entities: [
      { start: 0, end: name.length, label: "person" },
      { start: at, end: at + 3, label: "place" },
    ],
    relations: [{ head: 0, tail: 1, label: "left" }],
  };
});

let folder: string;
let model: ScriptedModel;
const at = (name: string) => join(folder, name);
const lines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join("");
const documentsIn = async (name: string) =>
  (await readFile(at(name), "utf8"))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Document);
/** A document without the time of its answers. */
const timeless = (document: Document) => JSON.stringify(document).replace(/"at":"[^"]*"/, '"at":""');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-annotate-cli-"));
  await writeFile(at("posts.jsonl"), lines(truth.map(({ id, text }) => ({ id, text }))));
  await writeFile(at("labelled.jsonl"), lines(truth.slice(0, 6)));
  model = await startScriptedModel({
    documents: truth,
    faults: ["offsets", "edges", "prose", "500"],
    rate: 0.5,
    delayMs: 60,
  });
}, 60_000);
afterAll(async () => {
  await model.close();
  await rm(folder, { recursive: true });
});

const argumentsFor = (out: string) => [
  ...["annotate", "posts.jsonl", "--schema", "labels.json", "--base-url", model.url, "--model", "scripted"],
  ...["--out", out, "--concurrency", "2"],
];

describe("relata annotate", () => {
  it("goes from labelled documents to a schema, and from posts to documents that validate, with the least sure first", async () => {
    const init = await relata(["annotate", "--init", "labels.json", "labelled.jsonl"], { cwd: folder });
    expect([init.code, init.stderr]).toEqual([0, ""]);
    expect(JSON.parse(await readFile(at("labels.json"), "utf8"))).toMatchObject({
      entities: { person: { description: expect.stringContaining("Ada Novak") } },
      relations: { left: { head: ["person"], tail: ["place"] } },
      repeated: "first",
    });
    const again = await relata(["annotate", "--init", "labels.json"], { cwd: folder });
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("annotate/schema-exists")]);

    const dry = await relata(
      [...argumentsFor("whole.jsonl"), "--dry-run", "--price-per-million-input", "2"],
      { cwd: folder },
    );
    expect(dry.stdout).toMatch(
      /36 calls to scripted\nabout [\d,]+ input and [\d,]+ output tokens.*\ncost about/,
    );
    expect(model.answered).toHaveLength(0);

    const reviews = [
      "--review",
      "review.jsonl",
      "--review",
      "label-studio:tasks.json",
      "--review",
      "page:check",
    ];
    const done = await relata([...argumentsFor("whole.jsonl"), ...reviews], { cwd: folder });
    expect([done.code, done.stderr]).toEqual([0, expect.not.stringContaining("error")]);
    expect(done.stdout).toContain("12 of 12 documents annotated");
    expect(done.stdout).toContain(
      "relata serve <bundle> --documents check/documents.jsonl --corrections check/corrected.jsonl",
    );
    const documents = await documentsIn("whole.jsonl");
    expect(documents.map(({ id, entities, relations }) => ({ id, entities, relations }))).toEqual(
      truth.map(({ id, entities, relations }) => ({
        id,
        entities: entities.map((entity) => ({ ...entity, probability: 1 })),
        relations: relations.map((relation) => ({ ...relation, probability: 1 })),
      })),
    );
    expect(new Set((await documentsIn("review.jsonl")).map(({ id }) => id)).size).toBe(12);
    const tasks = JSON.parse(await readFile(at("tasks.json"), "utf8")) as {
      predictions: { model_version: string; result: unknown[] }[];
    }[];
    expect(tasks[0]?.predictions[0]).toMatchObject({
      model_version: "scripted",
      score: 1,
      result: { length: 3 },
    });
    expect(await readFile(at("tasks.config.xml"), "utf8")).toContain('<Relation value="left"/>');
    const validated = await relata(["validate", "whole.jsonl", "--json"], { cwd: folder });
    expect(validated.code).toBe(0);
  }, 120_000);

  it("makes no call twice when it is killed and run again, and writes the same", async () => {
    const before = model.answered.length;
    const child = spawn(process.execPath, [CLI, ...argumentsFor("killed.jsonl")], {
      cwd: folder,
      stdio: "ignore",
    });
    while (model.answered.length < before + 8 && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGKILL");
    await once(child, "close");
    const atKill = model.answered.length - before;
    expect(atKill).toBeLessThan(36);
    const resumed = await relata(argumentsFor("killed.jsonl"), { cwd: folder });
    expect([resumed.code, resumed.stderr]).toEqual([0, expect.not.stringContaining("error")]);
    expect((await documentsIn("killed.jsonl")).map(timeless)).toEqual(
      (await documentsIn("whole.jsonl")).map(timeless),
    );
    // Two calls were under way at the kill: their answers were lost, and nothing else is asked for again.
    const calls = model.answered.slice(before);
    expect(new Set(calls).size).toBe(36);
    expect(calls.length).toBeLessThanOrEqual(36 + 2);
    const twice = await relata(argumentsFor("killed.jsonl"), { cwd: folder });
    expect(twice.code).toBe(0);
    expect(model.answered.length - before).toBe(calls.length);
  }, 120_000);

  it("refuses what it cannot do, with a code and a remedy", async () => {
    const cases = [
      [
        ["annotate", "posts.jsonl", "--model", "m", "--out", "x.jsonl"],
        "nothing says which labels there are",
      ],
      [[...argumentsFor("x.jsonl"), "--budget", "1"], "--budget is given, but no price"],
      [[...argumentsFor("x.jsonl"), "--price-per-million-output", "9"], "cli/needs-consent"],
      [[...argumentsFor("whole.jsonl"), "--samples", "2"], "synthesis/other-plan"],
    ] as const;
    for (const [args, message] of cases) {
      const { code, stderr } = await relata(args, { cwd: folder });
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    }
  }, 120_000);
});
