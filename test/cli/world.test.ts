// `relata world` run from a shell, and its pictures and texts in the commands that read data.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { relata } from "./warm-program.ts";

let cwd: string;
const run = (...args: string[]) => relata(args, { cwd });
const SIZES = ["--train", "24", "--validation", "8", "--test", "12"];

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "relata-world-"));
});
afterAll(() => rm(cwd, { recursive: true }));

describe("relata world", () => {
  it("writes valid documents with their pictures, and prints counts and ceilings", async () => {
    const written = await run("world", "small", ...SIZES);
    expect(written.code).toBe(0);
    expect(written.stdout).toContain("44 posts in small");
    expect(written.stdout).toMatch(/^per\/per\/couple +\d+ +\d+ +\d+$/m);
    expect(written.stdout).toMatch(/^text and picture +0\.\d{3} \/ 0\.\d{3}/m);
    const files = ["small/train.jsonl", "small/validation.jsonl", "small/test.jsonl"];
    const checked = await run("validate", ...files, "--pictures", "small/pictures");
    expect(checked.stdout).toContain("valid: every row can be used");
    expect(checked.code).toBe(0);
  });

  it("gives the truth's ceilings as JSON, and another world for another seed", async () => {
    const one = JSON.parse((await run("world", "one", ...SIZES, "--json")).stdout);
    const truth = JSON.parse(await readFile(join(cwd, "one", "truth.json"), "utf8"));
    expect(one.ceilings).toEqual(truth.ceilings);
    expect(one.splits.test.documents).toBe(12);
    await run("world", "two", ...SIZES, "--seed", "8");
    const read = (folder: string) => readFile(join(cwd, folder, "train.jsonl"), "utf8");
    expect(await read("two")).not.toBe(await read("one"));
  });

  it("writes encoders, configurations and plans that can be run as they are", async () => {
    await run("world", "ready", ...SIZES);
    const folder = join(cwd, "ready");
    const little = [
      "--set",
      "training.epochs=1",
      "synthesis.selection.epochs=1",
      "synthesis.selection.folds=2",
    ];
    for (const real of ["text", "picture"]) {
      const made = await run("synthesize", `ready/plan-${real}.json`, "--store", `ready/views-${real}`);
      expect([made.code, made.stderr]).toEqual([0, expect.anything()]);
      const config = ["--config", `ready/mi2rage-${real}.json`];
      const trained = await run("train", ...config, "--run", `runs/${real}`, ...little);
      expect(trained.code, trained.stderr).toBe(0);
      expect(trained.stdout).toContain("finished after 2 steps");
    }
    const i2srm = await run(
      "train",
      "--config",
      "ready/i2srm.json",
      "--run",
      "runs/i2srm",
      ...little.slice(0, 2),
    );
    expect(i2srm.code, i2srm.stderr).toBe(0);
    const config = JSON.parse(await readFile(join(folder, "i2srm.json"), "utf8"));
    expect(config.encoder).toBe("./text-encoder"); // the folder can be moved
  });

  it("says that it cannot write where a file is in the way", async () => {
    await writeFile(join(cwd, "taken"), "mine");
    const refused = await run("world", "taken", ...SIZES);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("world/cannot-write")]);
    expect(await readFile(join(cwd, "taken"), "utf8")).toBe("mine");
  });

  it("refuses sizes that are none", async () => {
    const refused = await run("world", "none", "--train", "0");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("1 or more");
  });
});
