// A training run in a separate process, for the test that kills it. Usage: node killable-run.js <run folder>
import { setTimeout as sleep } from "node:timers/promises";
import { AdamW } from "../../src/engine/adamw.ts";
import { type StepAddress, trainModel } from "../../src/training/index.ts";
import { LinearRegression, type Point, points } from "./linear-regression.ts";

const STEP_MS = 1; // leaves time for a kill during the work

class SlowRegression extends LinearRegression {
  override async step(batch: readonly Point[], at: StepAddress) {
    await sleep(STEP_MS);
    return super.step(batch, at);
  }
}

const runFolder = process.argv[2] ?? "";
const model = new SlowRegression();
const held = points(40, 2);
const outcome = await trainModel({
  model,
  optimizer: new AdamW(model.parameters, { accumulation: 2 }),
  examples: points(300),
  evaluate: async () => ({ error: model.meanSquaredError(held) }),
  options: {
    seed: 11,
    epochs: 16,
    batching: { size: { tokens: 120 }, poolBatches: 4 },
    accumulation: 2,
    learningRate: 0.02,
    schedule: { kind: "cosine", warmupRatio: 0.1 },
    maxGradientNorm: 5,
    evaluateEvery: { steps: 13 },
    metric: { name: "error", mode: "min" },
    checkpointEverySteps: 7,
    keepCheckpoints: 2,
    logEverySteps: 5,
  },
  modelFiles: { config: { kind: "linear-regression" }, files: { "labels.json": "[]" } },
  runFolder,
  resume: true,
  onProgress: (event) => {
    if (event.kind === "start") console.log(`start ${event.step} of ${event.totalSteps}`);
    if (event.kind === "step") console.log("step");
  },
});
console.log(`end ${outcome.status} ${outcome.step}`);
