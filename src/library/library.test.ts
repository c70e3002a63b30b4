// The functions of the public library with plain requests: the same answers, files and errors as the command line gives.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../config/load.ts";
import { parseConfig } from "../config/parse.ts";
import type { ConfigInput } from "../config/schema.ts";
import { load } from "../extract/load.ts";
import { type TinyWorld, tinyWorld } from "../extract/testing/tiny-models.ts";
import type { TrainingData, TrainSummary } from "../extractors/requests.ts";
import { evaluate } from "./evaluate.ts";
import { report } from "./report.ts";
import { scoreViews } from "./score-views.ts";
import { synthesize } from "./synthesize.ts";
import { train } from "./train.ts";

let folder: string;
let world: TinyWorld;
let summary: TrainSummary;
const told: { data?: TrainingData; events: string[] } = { events: [] };
const inFolder = (...parts: string[]) => join(folder, ...parts);

/** Fields as a caller writes them, with paths relative to the working folder. */
function fields() {
  const here = (path: string) => relative(".", path);
  return {
    encoder: here(inFolder("bert")),
    data: { train: here(world.files.train), validation: here(world.files.validation) },
    model: { attention: { enabled: false }, mixup: { enabled: false } },
    training: { epochs: 1, batchSize: 16, learningRate: 3e-3, maxLength: 48, threads: 1 },
  } satisfies ConfigInput;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "relata-library-"));
  world = await tinyWorld(folder);
  summary = await train({
    config: fields(),
    runFolder: inFolder("run"),
    onData: (data) => {
      told.data = data;
    },
    onProgress: ({ kind }) => told.events.push(kind),
  });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("train", () => {
  it("takes plain fields, with paths relative to the working folder, and reports its progress", () => {
    expect(summary).toMatchObject({ status: "finished", modelFolder: inFolder("run", "model-best") });
    expect(told.data?.train.examples).toBeGreaterThan(0);
    expect(told.events).toContain("evaluation");
  });

  it("refuses what the command line refuses, with the same code and faults", async () => {
    const config = { ...fields(), training: { epochs: 0.5 } };
    writeFileSync(inFolder("wrong.json"), JSON.stringify(config));
    const ofFile = await loadConfig({ path: inFolder("wrong.json") }).catch((error: unknown) => error);
    expect(ofFile).toMatchObject({ code: "config/invalid" });
    const { message } = ofFile as Error;
    await expect(train({ config, runFolder: inFolder("never") })).rejects.toMatchObject({
      code: "config/invalid",
      place: "config",
      message,
    });
    await expect(
      train({ config: inFolder("gone.json"), runFolder: inFolder("never") }),
    ).rejects.toMatchObject({
      code: "config/not-found",
    });
    expect(existsSync(inFolder("never"))).toBe(false);
  });

  it("takes a parsed configuration and the path of a file for the same run", async () => {
    const runFolder = inFolder("run");
    const again = { runFolder, resume: true };
    expect(await train({ ...again, config: parseConfig(fields()) })).toMatchObject({ status: "finished" });
    expect(await train({ ...again, config: join(runFolder, "relata.config.json") })).toMatchObject({
      steps: summary.steps,
    });
  });

  it("rejects with the signal's reason when the signal came before the first step", async () => {
    const reason = new Error("no time");
    const signal = AbortSignal.abort(reason);
    const training = train({ config: fields(), runFolder: inFolder("stopped"), signal });
    await expect(training).rejects.toBe(reason);
  });
});

describe("evaluate and report", () => {
  it("score documents of the default format, and draw the page of the run with its mistakes", async () => {
    const model = inFolder("run", "model-best");
    const predictions = inFolder("predictions.jsonl");
    const scored = await evaluate({ model, data: world.files.validation, predictions, threads: 1 });
    expect(scored).toMatchObject({ task: "mre", visualChannel: "text only" });
    const judged = { predictions, gold: world.files.validation };
    const written = await report({ runFolder: inFolder("run"), judged, title: "One small run" });
    expect(written.path).toBe(inFolder("run", "report.html"));
    expect(await readFile(written.path, "utf8")).toContain("One small run");
  });

  it("name what is not there", async () => {
    await expect(evaluate({ model: inFolder("nothing"), data: "x" })).rejects.toMatchObject({
      code: "data/not-a-model",
    });
    await expect(evaluate({ model: inFolder("."), data: "x" })).rejects.toMatchObject({
      code: "data/not-a-model",
      message: `${inFolder(".")} is not the folder of a model: it has no config.json`,
    });
    await expect(evaluate({ model: inFolder("run"), data: "x" })).rejects.toMatchObject({
      code: "data/not-a-model",
      remedy: `It is the folder of a training run: name ${inFolder("run", "model-best")} inside it.`,
    });
    await expect(report({ runFolder: inFolder("nothing") })).rejects.toMatchObject({
      code: "data/not-a-run",
    });
  });
});

describe("synthesize", () => {
  const plan = () => ({
    data: { path: world.files.validation },
    direction: "text" as const,
    rounds: 1,
    chains: 1,
    textToImage: { adapter: "simulator", world: folder },
  });

  it("estimates before it makes anything, and ends where the estimate is refused", async () => {
    const store = inFolder("refused");
    const dry = await synthesize({ plan: plan(), store, limit: 2, dryRun: true });
    expect(dry).toMatchObject({ outcome: undefined, estimate: { remaining: 2, cost: 0 } });
    const onEstimate = () => {
      throw new Error("too much");
    };
    await expect(synthesize({ plan: plan(), store, onEstimate })).rejects.toThrow("too much");
    expect(existsSync(store)).toBe(false);
  });

  it("makes the views of a plan of plain fields, and continues a store", async () => {
    const store = inFolder("views");
    const counts: number[] = [];
    const request = { plan: plan(), store, onProgress: ({ done }: { done: number }) => counts.push(done) };
    const first = await synthesize({ ...request, limit: 2 });
    expect(first).toMatchObject({ outcome: { complete: false, stop: undefined, counts: { calls: 2 } } });
    expect(counts.at(-1)).toBe(2);
    const rest = await synthesize(request);
    expect(rest).toMatchObject({ outcome: { complete: true }, survey: { failedAttempts: 0 } });
    expect(rest.outcome?.counts.calls).toBe(rest.estimate.planned - 2);
  });

  it("refuses a plan with the faults of the schema", async () => {
    const wrong = { ...plan(), rounds: 99 };
    await expect(synthesize({ plan: wrong, store: inFolder("x") })).rejects.toMatchObject({
      code: "config/invalid",
      place: "plan",
    });
  });
});

describe("scoreViews", () => {
  it("refuses a configuration without generated views", async () => {
    await expect(scoreViews({ config: fields(), runFolder: inFolder("scores") })).rejects.toMatchObject({
      code: "config/nothing-to-score",
    });
  });
});

describe("load", () => {
  it("stops when its signal came", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(load(inFolder("run", "model-best"), { signal })).rejects.toThrow("enough");
  });
});
