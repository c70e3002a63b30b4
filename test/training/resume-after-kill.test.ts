// Kills a training process at random moments and resumes it: weights and log must equal those of an undisturbed run.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawsOf } from "../draws.ts";

const KILLS = 20;
/** Lifetimes are counted in steps, so that slow machines get as far as fast ones: checkpoints come every 7 steps, the run has over 300. */
const LONGEST_LIFE_STEPS = 25;
/** Plus some time, so that kills happen between steps, and while checkpoints are written. */
const LONGEST_REST_MS = 8;
const draw = drawsOf("resume-after-kill");
const HERE = import.meta.dirname;
const REPOSITORY = resolve(HERE, "../..");

// Below node_modules: git and the linters ignore it, and imports of packages resolve from there.
const cache = join(REPOSITORY, "node_modules/.cache");
let work = "";
let program = "";

beforeAll(() => {
  mkdirSync(cache, { recursive: true });
  work = mkdtempSync(join(cache, "relata-kill-"));
  const compiled = join(work, "compiled");
  const config = {
    extends: join(REPOSITORY, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      noCheck: true, // the type check runs elsewhere
      rootDir: REPOSITORY,
      outDir: compiled,
      typeRoots: [join(REPOSITORY, "node_modules/@types")],
    },
    files: [join(HERE, "killable-run.ts")],
    include: [],
  };
  writeFileSync(join(work, "tsconfig.json"), JSON.stringify(config));
  execFileSync(process.execPath, [join(REPOSITORY, "node_modules/typescript/bin/tsc"), "-p", work], {
    stdio: "pipe",
  });
  writeFileSync(join(compiled, "package.json"), JSON.stringify({ type: "module", version: "0.0.0" }));
  program = join(compiled, "test/training/killable-run.js");
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Runs the program; with `lifeSteps`, kills it a moment after that many steps. Returns what it printed. */
async function run(folder: string, lifeSteps?: number): Promise<{ output: string; killed: boolean }> {
  const child = spawn(process.execPath, [program, folder], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  const ended = new Promise<NodeJS.Signals | null>((done) => child.once("exit", (_, signal) => done(signal)));
  await new Promise<void>((lived) => {
    child.stdout.on("data", (text: Buffer) => {
      output += text.toString();
      const steps = output.match(/^step$/gm)?.length ?? 0;
      if (output.startsWith("start") && steps >= (lifeSteps ?? Number.POSITIVE_INFINITY)) lived();
    });
    child.once("exit", () => lived());
  });
  if (lifeSteps !== undefined) {
    await sleep(draw() * LONGEST_REST_MS);
    child.kill("SIGKILL");
  }
  return { killed: (await ended) === "SIGKILL", output };
}

function contents(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    if (path.includes("tensorboard")) continue; // contains clock times
    const name = path.slice(folder.length + 1).replace(/\d{6}-step/, "step"); // the serial counts every checkpoint
    files[name] = readFileSync(path, "latin1");
  }
  return files;
}

describe("a run that is killed and resumed", () => {
  test(`ends with the weights and the log of an undisturbed run, after ${KILLS} kills`, {
    timeout: 120_000,
  }, async () => {
    const undisturbed = join(work, "undisturbed");
    const reference = await run(undisturbed);
    expect(reference.output).toMatch(/^start 0 of (\d+)\n(step\n)+end finished \1\n$/);

    const disturbed = join(work, "disturbed");
    const starts: number[] = [];
    let kills = 0;
    for (let attempt = 0; attempt < KILLS; attempt++) {
      const { output, killed } = await run(disturbed, Math.floor(draw() * LONGEST_LIFE_STEPS));
      if (killed) kills++;
      starts.push(Number(/start (\d+)/.exec(output)?.[1]));
    }
    const last = await run(disturbed);
    expect(last.output).toContain("end finished");
    expect(starts).toEqual([...starts].sort((a, b) => a - b)); // never behind an earlier checkpoint
    expect(new Set(starts).size).toBeGreaterThan(3);
    expect(kills).toBeGreaterThan(KILLS / 2);

    const wanted = contents(undisturbed);
    const found = contents(disturbed);
    expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
    for (const [name, content] of Object.entries(wanted)) {
      expect(found[name] === content, `${name} differs`).toBe(true);
    }
    expect(Object.keys(wanted)).toContain("model-best/model.safetensors");
    expect(wanted["metrics.jsonl"]?.split("\n").length).toBeGreaterThan(50);
  });
});
