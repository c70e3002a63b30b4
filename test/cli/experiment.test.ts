import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawWorld, PERSONS_ALONE } from "../../src/world/generate.ts";
import { writeTinyBert } from "../../src/world/tiny-encoders.ts";
import { worldVocabulary } from "../../src/world/vocabulary.ts";
import { writeWorld } from "../../src/world/write.ts";
import { CLI, relata } from "./run-cli.ts";

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
    expect(existsSync(at())).toBe(false);
  });

  it("is killed in the middle, resumes, and ends with results, a report, and the same when it is asked again", async () => {
    const killed = spawn(process.execPath, [CLI, ...COMMAND, ...CHOSEN], { cwd, stdio: "ignore" });
    const log = at("cells/full/seed-1/train/log.txt");
    const trains = async () => existsSync(log) && (await readFile(log, "utf8")).includes("examples");
    while (killed.exitCode === null && !(await trains())) await sleep(20);
    expect(killed.kill("SIGKILL")).toBe(true);

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

  it("refuses options that it cannot read, with the remedy", async () => {
    const noFile = await run(...COMMAND, "--evaluate", "test");
    expect(noFile.code).toBe(2);
    expect(noFile.stderr).toContain("experiment/bad-option");
    const unknown = await run("experiment", "run", "nothing", "--config", "base.json");
    expect(unknown.stderr).toContain("i2srm-ablation");
    expect((await run("experiment", "show", "world")).stderr).toContain("experiment/no-experiment");
  });
});
