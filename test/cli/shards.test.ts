// Shards in processes of their own, one of them killed: gathered, they give the files of one undisturbed run.
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinyModel, tinyWorld } from "../../src/extract/testing/tiny-models.ts";
import { CLI } from "./run-cli.ts";
import { relata } from "./warm-program.ts";

const ROWS = 700;
let folder: string;
let model: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-shards-"));
  const world = await tinyWorld(folder);
  model = await tinyModel(world, "mner", "none");
  const texts = world.corpus.posts.validation.map(({ text }) => text);
  const rows = Array.from({ length: ROWS }, (_, row) => ({
    id: row % 100 === 99 ? "7" : `p${row % 690}`,
    text: row % 50 === 49 ? "" : `${texts[row % texts.length]} ${row}`,
  }));
  await writeFile(at("posts.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

const argumentsFor = (out: string, ...more: string[]) => [
  ...["extract", model, "posts.jsonl", "--out", out, "--no-pictures", "--threads", "1", "--json"],
  ...more,
];
const run = (out: string, ...more: string[]) => relata(argumentsFor(out, ...more), { cwd: folder });
const units = ["--unit-rows", "128"];

describe("relata extract --shard", () => {
  it("gives the bytes of one run after a kill, in any order, with --gather", async () => {
    const one = await run("one.jsonl");
    expect(one.code, one.stderr).toBe(0);
    const killed = spawn(process.execPath, [CLI, ...argumentsFor("many.jsonl", ...units, "--shard", "0/2")], {
      cwd: folder,
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => killed.once("exit", resolve));
    while ((await readdir(at("many.jsonl.units")).catch(() => [])).length === 0 && killed.exitCode === null)
      await sleep(20);
    killed.kill("SIGKILL");
    await ended;

    const early = await run("many.jsonl", ...units, "--gather");
    expect(early.code).toBe(1);
    expect(JSON.parse(early.stderr).error.code).toBe("units/incomplete");

    const shards = await Promise.all(
      ["1/2", "0/2"].map((shard) => run("many.jsonl", ...units, "--shard", shard)),
    );
    const results = shards.map(({ stdout }) => JSON.parse(stdout));
    expect(results.reduce((sum, { published, before }) => sum + published + before, 0)).toBe(6);
    const gathered = await run("many.jsonl", ...units, "--gather");
    expect(gathered.code, gathered.stderr).toBe(0);
    expect(JSON.parse(gathered.stdout).account).toEqual(JSON.parse(one.stdout).account);
    for (const suffix of ["", ".rejected.jsonl"])
      expect(await readFile(at(`many.jsonl${suffix}`))).toEqual(await readFile(at(`one.jsonl${suffix}`)));
  }, 120_000);

  it("refuses options that would be ignored, and shards that there are not", async () => {
    const codes = async (...more: string[]) =>
      JSON.parse((await run(...(more as [string]))).stderr).error.code;
    expect(await codes("x.jsonl", "--shard", "2/2")).toBe("units/wrong-shard");
    expect(await codes("x.jsonl", "--shard", "0/2", "--resume")).toBe("cli/contradiction");
    expect(await codes("x.jsonl", "--units", "folder")).toBe("cli/contradiction");
    expect(await codes("x.jsonl", "--shard", "0/2", "--unit-rows", "100")).toBe("units/wrong-size");
    expect(await codes("x.jsonl", "--shard", "0/2", "--units", "s4://bucket")).toBe("units/unknown-store");
  }, 60_000);
});
