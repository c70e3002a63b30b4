// Training under PyTorch with the built program: as many ranks as one likes compute the same run, a killed rank loses nothing, and a run
// moves between engines.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../src/engine/safetensors.ts";
import { CLI, relata } from "../cli/run-cli.ts";
import { writeInputs } from "./kill-and-resume.ts";

const PYTHON = process.env.RELATA_PYTHON;
const TWO_RANKS = ["--engine", "torch", "--nproc", "2"];
const PATIENCE = 600_000; // torch is loaded a dozen times

/**
 * Of the way that training moves the weights. Rounding alone leaves 1e-5, until it takes a unit of the cross-sample layer over the kink of its
 * ReLU: then AdamW moves that unit's weights by a full step in one run and not in the other.
 */
const TOLERANCE = 1e-2;

let work = "";

/** Weights after the last step. */
async function weightsOf(run: string): Promise<Map<string, Float32Array>> {
  const file = await readSafetensors(join(work, run, "model-last", "model.safetensors"));
  return new Map(file.names().map((name) => [name, file.tensor(name).data as Float32Array]));
}

/** Norm of the difference of all weights, over the norm of how far training has moved them from `start`. */
function distance(
  a: ReadonlyMap<string, Float32Array>,
  b: ReadonlyMap<string, Float32Array>,
  start: ReadonlyMap<string, Float32Array>,
): number {
  let apart = 0;
  let moved = 0;
  for (const [name, values] of a) {
    values.forEach((value, i) => {
      apart += (value - b.get(name)![i]!) ** 2;
      moved += (value - start.get(name)![i]!) ** 2;
    });
  }
  return Math.sqrt(apart / moved);
}

const train = (run: string, ...options: string[]) =>
  relata(["train", "--config", "config.json", "--run", run, ...options], { cwd: work });

/** Trains until the output matches, does something to the process, and waits for its end. */
async function disturbed(
  moment: RegExp,
  disturb: (child: ChildProcess) => void,
  ...options: string[]
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(
    process.execPath,
    [CLI, "train", "--config", "config.json", "--run", "disturbed", ...options],
    { cwd: work, stdio: ["ignore", "ignore", "pipe"] },
  );
  let output = "";
  let done = false;
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (done || !moment.test(output)) return;
    done = true;
    disturb(child);
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  expect(done, output).toBe(true);
  return { code, output };
}

/** Ranks that a process has started, by rank. */
function ranksBelow(pid: number | undefined): Map<number, number> {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((one) => /^\d+$/.test(one))) {
    try {
      const fields = readFileSync(`/proc/${name}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ");
      parents.set(Number(name), Number(fields[1]));
    } catch {} // it has ended meanwhile
  }
  const ranks = new Map<number, number>();
  for (const [child, parent] of parents) {
    if (parents.get(parent) !== pid) continue;
    const environment = readFileSync(`/proc/${child}/environ`, "utf8").split("\0");
    const rank = environment.find((one) => one.startsWith("RANK="))?.slice("RANK=".length);
    if (rank !== undefined) ranks.set(Number(rank), child);
  }
  return ranks;
}

describe.skipIf(PYTHON === undefined || process.platform !== "linux")(
  "training under PyTorch (skipped without RELATA_PYTHON, a Python with torch, and outside Linux)",
  () => {
    beforeAll(async () => {
      work = mkdtempSync(join(tmpdir(), "relata-torch-"));
      await writeInputs(work);
      const data = {
        train: "world/train.jsonl",
        validation: "world/validation.jsonl",
        pictures: "world/pictures",
      };
      const training = {
        epochs: 9,
        batchSize: 2,
        accumulation: 2,
        maxLength: 64,
        keep: "last",
        dropout: 0.1,
      };
      writeFileSync(
        join(work, "config.json"),
        JSON.stringify({
          ...{ encoder: "bert", data, visual: { kind: "pictures", encoder: "resnet" } },
          model: { attention: { heads: 4 } },
          training: { ...training, threads: 1, earlyStopping: { enabled: false } },
        }),
      );
    }, PATIENCE);
    afterAll(() => rmSync(work, { recursive: true, force: true }));

    it(
      "two ranks end where one process and onnxruntime end after 54 steps",
      async () => {
        for (const [run, options] of [
          ["onnxruntime", []],
          ["one", ["--engine", "torch"]],
          ["two", TWO_RANKS],
          ["start", ["--set", "training.learningRate=1e-12", "training.headLearningRate=1e-12"]],
        ] as const) {
          const { code, stdout, stderr } = await train(run, ...options);
          expect(code, stderr).toBe(0);
          expect(stdout).toContain("finished after 54 steps");
        }
        const [one, two, onnxruntime, start] = await Promise.all(
          ["one", "two", "onnxruntime", "start"].map(weightsOf),
        );
        expect(distance(two!, one!, start!)).toBeLessThan(TOLERANCE);
        expect(distance(one!, onnxruntime!, start!)).toBeLessThan(TOLERANCE);
        expect(distance(one!, start!, start!)).toBeCloseTo(1, 6); // the measure can tell weights apart
      },
      PATIENCE,
    );

    it(
      "a killed rank is named, and the resumed run ends with the same bits as one that was never killed",
      async () => {
        const stopped = await disturbed(/step 12\b/, (child) => child.kill("SIGINT"), ...TWO_RANKS);
        expect(stopped.output).toContain("resume");
        const killed = await disturbed(
          /step 18\b/,
          ({ pid }) => process.kill(ranksBelow(pid).get(1)!, "SIGKILL"),
          ...[...TWO_RANKS, "--resume"],
        );
        expect(killed.code).toBe(1);
        expect(killed.output).toMatch(/error\[torch\/rank-failed\].*rank 1 .*SIGKILL/);
        const { code, stderr } = await train("disturbed", ...TWO_RANKS, "--resume");
        expect(code, stderr).toBe(0);
        expect(await weightsOf("disturbed")).toEqual(await weightsOf("two"));
      },
      PATIENCE,
    );

    it(
      "a run moves to the other engine and says so",
      async () => {
        rmSync(join(work, "disturbed"), { recursive: true });
        await disturbed(/step 12\b/, (child) => child.kill("SIGINT"), ...TWO_RANKS);
        const { code, stderr } = await train("disturbed", "--resume", "--engine", "onnxruntime");
        expect(code, stderr).toBe(0);
        expect(stderr).toMatch(/torch.*2 processes/);
        const [moved, one, start] = await Promise.all(["disturbed", "onnxruntime", "start"].map(weightsOf));
        expect(distance(moved!, one!, start!)).toBeLessThan(TOLERANCE);
      },
      PATIENCE,
    );

    it(
      "ranks end when relata is killed",
      async () => {
        let ranks: number[] = [];
        rmSync(join(work, "disturbed"), { recursive: true });
        await disturbed(
          /step 6\b/,
          (child) => {
            ranks = [...ranksBelow(child.pid).values()];
            child.kill("SIGKILL");
          },
          ...TWO_RANKS,
        );
        expect(ranks.length).toBe(2);
        const isRunning = (pid: number) => {
          try {
            return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
          } catch {
            return false;
          }
        };
        for (let waited = 0; ranks.some(isRunning) && waited < 60; waited++) await sleep(1000);
        expect(ranks.filter(isRunning)).toEqual([]);
      },
      PATIENCE,
    );
  },
);
