// A newcomer's first hour: the README's commands unchanged, on realistic posts, with a small random encoder.
// RELATA_ENCODER=<folder of all-MiniLM-L6-v2> RELATA_SEEDS=5 npx vitest run test/docs/first-hour.test.ts  uses a real one, over five seeds.
import { spawn } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeTinyBert, writeTinyResnet } from "../../src/world/tiny-encoders.ts";
import { CLI } from "../cli/run-cli.ts";
import { ownPosts, vocabularyOf, writeOwnCorpus } from "../own-posts.ts";
import { blocksOf, commandsOf } from "./fenced-blocks.ts";

const ENCODER = process.env.RELATA_ENCODER;
const SEEDS = Array.from({ length: Number(process.env.RELATA_SEEDS ?? 1) }, (_, i) => i + 1);
const POSTS = ENCODER === undefined ? 54 : 190;
const MINUTES = 60_000;
const COMMANDS = commandsOf(
  blocksOf("README.md").find(({ code }) => code.includes("relata validate train.jsonl"))?.code ?? "",
);

interface Said {
  readonly code: number | null;
  readonly out: string;
}

let work = "";
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "relata-first-hour-"));
  const npx = join(work, "npx"); // finds this checkout's program, like npx finds an installed one
  await writeFile(npx, `#!/bin/sh\nshift\nexec "${process.execPath}" "${CLI}" "$@"\n`);
  await chmod(npx, 0o755);
});
afterAll(() => rm(work, { recursive: true, force: true }));

/** Runs one line of shell in a folder. */
function shell(line: string, cwd: string): Promise<Said> {
  const env = {
    ...process.env,
    NO_COLOR: "1",
    FORCE_COLOR: undefined,
    PATH: `${work}${delimiter}${process.env.PATH}`,
  };
  const child = spawn("sh", ["-c", line], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  return new Promise((done, failed) => {
    let out = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        out += text;
      });
    }
    child.on("error", failed).on("close", (code) => done({ code, out }));
  });
}

/** A newcomer's files: documents, posts, a text encoder, a picture encoder. */
async function prepare(seed: number): Promise<string> {
  const folder = join(work, `seed-${seed}`);
  await writeOwnCorpus(folder, { count: POSTS, seed, pictures: true });
  const posts = ownPosts({ count: 40, seed: 1000 + seed, name: "new" });
  const lines = posts.map(({ id, text }) => `${JSON.stringify({ id, text })}\n`);
  await writeFile(join(folder, "posts.jsonl"), lines.join(""));
  if (ENCODER === undefined) await writeTinyBert(join(folder, "roberta-base"), vocabularyOf(posts), seed);
  else await symlink(resolve(ENCODER), join(folder, "roberta-base"));
  await writeTinyResnet(join(folder, "resnet"), seed);
  return folder;
}

/** Every number in the run's log is finite. */
async function expectFiniteMetrics(run: string): Promise<void> {
  const lines = (await readFile(join(run, "metrics.jsonl"), "utf8")).trim().split("\n");
  expect(lines.length).toBeGreaterThan(2);
  const visit = (value: unknown): void => {
    if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) visit(inner);
    else expect(value, run).not.toBeNull(); // JSON's form of NaN and infinities
  };
  for (const line of lines) visit(JSON.parse(line));
}

async function megabytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes / 1e6;
}

interface Found {
  readonly id: string;
  readonly entities: readonly { readonly probability?: number }[];
  readonly relations: readonly { readonly probability?: number }[];
}

describe.each(SEEDS)("the README's commands, seed %i", { timeout: 30 * MINUTES }, (seed) => {
  const figures: Record<string, number | string> = {};
  let folder = "";

  /** Runs a command unchanged; for all seeds but the first, adds the seed to the training. */
  async function follow(line: string): Promise<string> {
    const seeded = seed > 1 && line.includes(" train ") ? `${line} --seed ${seed}` : line;
    const began = Date.now();
    const { code, out } = await shell(seeded, folder);
    figures[line.split(" ").slice(2, 5).join(" ")] = `${((Date.now() - began) / 1000).toFixed(0)} s`;
    expect([code, out], seeded).toEqual([0, expect.not.stringMatching(/\bNaN\b|Infinity/)]);
    return out;
  }

  beforeAll(async () => {
    folder = await prepare(seed);
  });
  afterAll(() => {
    if (SEEDS.length > 1 || ENCODER !== undefined) console.table(figures);
  });

  it("are those that the page begins with", () => {
    const names = COMMANDS.map((line) => line.split(" ")[2]);
    expect(names).toEqual(["validate", "train", "evaluate", "extract", "extract"]);
  });

  it("lead from documents to extracted posts", async () => {
    for (const line of COMMANDS) {
      const out = await follow(line);
      if (line.includes(" extract ") && line.includes("--text")) {
        expect(out).not.toMatch(/\b1\.0000\b/); // certain of nothing
      }
    }
    for (const run of ["entities", "relations"]) {
      const place = join(folder, "runs", "posts", run);
      await expectFiniteMetrics(place);
      figures[`${run}, MB on disk`] = Math.round(await megabytes(place));
    }
    const text = await readFile(join(folder, "found.jsonl"), "utf8");
    const found = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Found);
    expect(found).toHaveLength(40);
    for (const { entities, relations } of found) {
      for (const { probability = 0.5 } of [...entities, ...relations]) {
        expect(probability).toBeGreaterThan(0);
        expect(probability).toBeLessThan(1);
      }
    }
    const again = await follow(`${COMMANDS.at(-1)} --resume`);
    expect(again).toContain("already complete");
    expect(await readFile(join(folder, "found.jsonl"), "utf8")).toBe(text);
  });

  it("end in a model that does not find a relation in every post without one", async () => {
    const posts = ownPosts({ count: 200, seed: 2000 + seed, name: "none" }).filter(
      ({ relations, entities }) => relations.length === 0 && entities.length > 1,
    );
    expect(posts.length).toBeGreaterThan(20);
    const lines = posts.map((post) => `${JSON.stringify(post)}\n`);
    await writeFile(join(folder, "without.jsonl"), lines.join(""));
    await follow(
      "npx relata extract runs/posts/bundle without.jsonl --given-mentions --out without-found.jsonl",
    );
    const found = (await readFile(join(folder, "without-found.jsonl"), "utf8")).trim().split("\n");
    const wrong = found.filter((line) => (JSON.parse(line) as Found).relations.length > 0).length;
    figures["posts without a relation"] = posts.length;
    figures["a relation found in"] = wrong;
    expect(wrong / posts.length).toBeLessThan(ENCODER === undefined ? 0.8 : 0.5);
  });

  const TASKS: Readonly<Record<string, string>> = { entities: "mner", relations: "mre" };
  const trainAs = (name: string) =>
    COMMANDS.find((line) => line.includes("--task both"))! // see the first test
      .replace("--task both", `--task ${TASKS[name]}`)
      .replace("runs/posts", `runs/${name}`);
  it.each([
    ["entities", "--pictures pictures --picture-encoder ./resnet", "pictures"],
    ["relations", "--pictures pictures --picture-encoder ./resnet", "pictures"],
    ["entities", "--captions captions.jsonl", "captions"],
    ["relations", "--captions captions.jsonl", "captions"],
  ])("train %s with %s on the defaults, and resume", async (task, options, name) => {
    const run = `runs/${task}-${name}`;
    // One epoch shows that training with the defaults starts and stays finite; a real encoder trains all epochs.
    const few = ENCODER === undefined ? " --epochs 1" : "";
    await follow(trainAs(task).replace("--text-only", options).replace(`runs/${task}`, run) + few);
    await expectFiniteMetrics(join(folder, run));
    figures[`${task} with ${name}, MB on disk`] = Math.round(await megabytes(join(folder, run)));
    expect(await follow(`npx relata train --run ${run} --resume`)).toContain("resumed at step");
    const visual = name === "pictures" ? "--pictures pictures" : "--captions captions.jsonl";
    await follow(`npx relata evaluate ${run}/model-best test.jsonl ${visual}`);
  });
});
