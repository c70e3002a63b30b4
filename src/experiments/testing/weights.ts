// A small experiment for tests: variants are weights whose effect the test program describes.
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { parseConfig } from "../../config/parse.ts";
import { type Preset, type PresetOptions, usualEvaluations } from "../plan.ts";
import type { ExperimentRequest } from "../run-experiment.ts";

export const DOCUMENTS = 10;
export const OPTIONS: PresetOptions = {
  sets: [],
  stores: {},
  storeFacts: {},
  synthesisPlans: {},
  datasets: [],
  labelMaps: {},
  layers: 0,
};

export const PROGRAM: readonly string[] = [process.execPath, join(import.meta.dirname, "program.mjs")];

/** A folder with documents in `data.jsonl`. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "relata-experiment-"));
  const documents = Array.from({ length: DOCUMENTS }, (_, i) => ({
    id: `d${i}`,
    text: `${i} met b`,
    entities: [
      { start: 0, end: 1, label: "p" },
      { start: 6, end: 7, label: "p" },
    ],
    relations: [{ head: 0, tail: 1, label: "r" }],
  }));
  await writeFile(join(folder, "data.jsonl"), documents.map((one) => `${JSON.stringify(one)}\n`).join(""));
  return folder;
}

/** A preset whose variants are weights; the test program describes their effect. */
export function weights(...values: readonly number[]): Preset {
  return {
    name: "weights",
    description: "",
    plan: (_base, options) => ({
      title: "Weights",
      description: "Weights.",
      reference: `w${values[0]}`,
      variants: values.map((weight) => ({
        name: `w${weight}`,
        description: "",
        overrides: { model: { semanticLoss: { weight } } },
        evaluations: usualEvaluations(options),
      })),
    }),
  };
}

/** Runs them in the folder's `out`. */
export function weightsRequest(
  folder: string,
  preset: Preset | readonly number[],
  { out = "out", ...more }: Partial<ExperimentRequest> = {},
): ExperimentRequest {
  const data = join(folder, "data.jsonl");
  return {
    preset: "plan" in preset ? preset : weights(...preset),
    base: parseConfig({ encoder: "nobody/nothing", data: { train: data, validation: data } }, "test"),
    options: OPTIONS,
    seeds: [1, 2],
    out: isAbsolute(out) ? out : join(folder, out),
    jobs: 2,
    threads: 1,
    program: PROGRAM,
    gather: { samples: 200 },
    signal: new AbortController().signal,
    ...more,
  };
}

/** What the test program was asked to do, sorted. */
export async function calls(folder: string): Promise<string[]> {
  return (await readFile(join(folder, "calls.txt"), "utf8")).trim().split("\n").sort();
}
