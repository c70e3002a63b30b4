import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawWorld, PERSONS_ALONE } from "../../src/world/generate.ts";
import { writeTinyBert } from "../../src/world/tiny-encoders.ts";
import { worldVocabulary } from "../../src/world/vocabulary.ts";
import { writeWorld } from "../../src/world/write.ts";
import { CLI } from "./run-cli.ts";
import { relata } from "./warm-program.ts";

const WORLD = { train: 32, validation: 16, test: 1, ...PERSONS_ALONE };
const COMMAND = ["experiment", "run", "i2srm-ablation", "--config", "base.json", "--seeds", "1", "2"];
const CHOSEN = ["--variants", "no-mixup", "--samples", "200", "--jobs", "2"];

let cwd: string;
const run = (...args: string[]) => relata(args, { cwd });
const at = (...path: string[]) => join(cwd, "runs/i2srm-ablation", ...path);

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "relata-experiment-cli-"));
  const files = await writeWorld(join(cwd, "world"), WORLD);
  await writeTinyBert(join(cwd, "bert"), worldVocabulary(drawWorld(WORLD)), 1);
  const { train, validation, relations, captions } = files;
  const config = {
    encoder: "./bert",
    data: {
      train,
      validation,
      relations,
      captions: { train: captions.train, validation: captions.validation },
    },
    visual: { kind: "captions" },
    model: { promptHidden: 8, attention: { ffn: 16 } },
    training: { epochs: 1, learningRate: 1e-3, maxLength: 48 },
  };
  await writeFile(join(cwd, "base.json"), JSON.stringify(config));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const TIMEOUT_MS = 300_000; // more than a dozen processes, on a possibly busy machine

describe("relata experiment", { timeout: TIMEOUT_MS }, () => {
  it("names its presets, and what a preset would change", async () => {
    const { stdout } = await run("experiment", "list", "--json");
    expect(JSON.parse(stdout).map(({ name }: { name: string }) => name)).toContain("mi2rage-ablation");
    const planned = await run(...COMMAND, "--dry-run");
    expect(planned.stdout).toContain('{"model":{"mixup":{"enabled":false}}}');
    const some = await run(...COMMAND, "--variants", "no-mixup", "--dry-run");
    expect(some.stdout.match(/^[\w-]+(?=: )/gm)).toEqual(["full", "no-mixup"]);
    expect(some.stdout).toMatch(/^2 different configurations/m);
    const unknown = await run(...COMMAND, "--variants", "no-such", "--dry-run");
    expect(unknown.stderr).toContain("experiment/unknown-variant");
    expect(existsSync(at())).toBe(false);
  });

  it("is a shard that is killed in the middle, beside one that is not; a whole run takes over, and writes results and a report", async () => {
    const killed = spawn(process.execPath, [CLI, ...COMMAND, ...CHOSEN, "--shard", "0/2"], {
      cwd,
      stdio: "ignore",
    });
    const log = at("cells/full/seed-1/train/log.txt");
    const trains = async () => existsSync(log) && (await readFile(log, "utf8")).includes("examples");
    while (killed.exitCode === null && !(await trains())) await sleep(20);
    const shard = run(...COMMAND, ...CHOSEN, "--shard", "1/2", "--json");
    expect(killed.kill("SIGKILL")).toBe(true);
    const other = await shard;
    expect(other.code, other.stderr).toBe(0);
    expect(JSON.parse(other.stdout)).toMatchObject({
      done: ["cells/no-mixup/seed-1", "cells/no-mixup/seed-2"],
      ...{ before: [], failed: [], stopped: [] },
    });
    const gathered = await run(...COMMAND, ...CHOSEN, "--gather", "--json");
    expect(gathered.code).toBe(1);
    expect(JSON.parse(gathered.stdout).missing).toEqual(["cells/full/seed-1", "cells/full/seed-2"]);
    expect(JSON.parse(gathered.stderr).error).toMatchObject({
      code: "units/incomplete",
      message: "2 cells are not finished: cells/full/seed-1, cells/full/seed-2",
    });

    const finished = await run(...COMMAND, ...CHOSEN, "--json");
    expect(finished.stderr).toBe("");
    expect(finished.code).toBe(0);
    const { status, results } = JSON.parse(finished.stdout);
    expect(status).toBe("finished");
    expect(results.progress).toEqual({ finished: 8, stages: 8 });
    expect(results.notes).toEqual([]); // scores from predictions equal those that evaluate prints
    const scored = results.rows.filter(({ runs }: { runs: unknown[] }) => runs.length > 0);
    expect(scored.map(({ variant }: { variant: string }) => variant)).toEqual(["full", "no-mixup"]);
    for (const { runs, mean } of scored) {
      expect(runs).toHaveLength(2);
      expect(mean).toBeCloseTo((runs[0].score + runs[1].score) / 2, 12);
    }
    expect(scored[1].comparison.documents).toBe(16);
    expect(await readFile(at("report.html"), "utf8")).toContain("Parts of I2SRM");

    const shown = await run("experiment", "show", at(), "--samples", "200", "--json");
    expect(JSON.parse(shown.stdout)).toEqual(results);
    const changed = await run(...COMMAND, ...CHOSEN, "--set", "training.epochs=2");
    expect(changed.code).toBe(2);
    expect(changed.stderr).toContain("settings.config.training.epochs: was 1, is 2");
  });

  it("sweeps the fields that it names, each with the values after it, and runs the same from code", async () => {
    const sweep = ["experiment", "run", "sweep", "--config", "base.json"];
    const weight = ["--field", "model.semanticLoss.weight", "--values", "0"];
    const delta = ["--field", "model.mixup.delta", "--values", "0.3", "0.9"];
    const planned = await run(...sweep, ...delta, ...weight, "--dry-run", "--json");
    const { variants } = JSON.parse(planned.stdout);
    expect(variants.map(({ name }: { name: string }) => name)).toEqual([
      ...["delta-0.3", "delta-0.7", "delta-0.9", "weight-0", "weight-0.5"],
    ]);
    const grid = await run(...sweep, ...delta, ...weight, "--cross", "--dry-run", "--seeds", "1", "2");
    expect(grid.stdout).toContain("6 different configurations, with 2 seeds: 12 trainings");

    const fault = await run(...sweep, "--field", "model.mixup.delta", "--values", "high", "--dry-run");
    expect(fault.code).toBe(2);
    expect(fault.stderr).toContain('model.mixup.delta: expected a number, got "high"');
    // A contradiction between fields is found before anything runs.
    const against = await run(...sweep, "--field", "visual.kind", "--values", "pictures", "--dry-run");
    expect(against.stderr).toContain("config/contradiction");
    const unclear = await run(...sweep, "--values", "1", ...delta, ...weight, "--dry-run");
    expect(unclear.stderr).toContain("experiment/bad-option");
    expect((await run(...COMMAND, ...delta)).stderr).toContain("sweeps no fields");
    expect((await run(...COMMAND, "--store", "mian=views")).stderr).toContain("Name one of: main, other");

    // Alpha has no effect without mixup: one row, and nothing to test.
    const program = `
      import { experiment } from ${JSON.stringify(pathToFileURL(join(CLI, "../../index.js")).href)};
      const { status, results } = await experiment({
        preset: "sweep", config: "off.json", out: "runs/off", seeds: [1], samples: 100, jobs: 1,
        fields: [{ field: "model.mixup.alpha", values: [2] }],
      });
      console.log(JSON.stringify({ status, results }));`;
    const base = JSON.parse(await readFile(join(cwd, "base.json"), "utf8"));
    const off = { ...base, model: { ...base.model, mixup: { enabled: false } } };
    await writeFile(join(cwd, "off.json"), JSON.stringify(off));
    await writeFile(join(cwd, "sweep.mjs"), program);
    const { stdout } = await promisify(execFile)(process.execPath, ["sweep.mjs"], { cwd });
    const { status, results } = JSON.parse(stdout);
    expect(status).toBe("finished");
    expect(results.rows).toHaveLength(1);
    expect(results.rows[0]).toMatchObject({ variant: "alpha-1", identical: [{ variant: "alpha-2" }] });
    expect(results.families).toEqual([]);
    expect(results.notes[0]).toContain("alpha-1 = alpha-2 on validation: the same models");
  });

  it("refuses options that it cannot read, with the remedy", async () => {
    const noFile = await run(...COMMAND, "--evaluate", "test");
    expect(noFile.code).toBe(2);
    expect(noFile.stderr).toContain("experiment/bad-option");
    const codeOf = async (...more: string[]) =>
      /error\[([\w/-]+)\]/.exec((await run(...COMMAND, ...more)).stderr)?.[1];
    expect(await codeOf("--shard", "5/3")).toBe("units/wrong-shard");
    expect(await codeOf("--shard", "0/2", "--gather")).toBe("cli/contradiction");
    expect(await codeOf("--gather", "--changed", "keep")).toBe("cli/contradiction");
    expect(await codeOf("--queue", "amqp://host", "--out", "queued")).toBe("units/unknown-queue");
    const unknown = await run("experiment", "run", "nothing", "--config", "base.json");
    expect(unknown.stderr).toContain("i2srm-ablation");
    expect((await run("experiment", "show", "world")).stderr).toContain("experiment/no-experiment");
  });
});
