// Tests of what is left of a run that has ended, and of freeing older ones.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { freeRun, surveyRuns } from "../../src/training/clean-runs.ts";
import { type TrainingOptions, trainModel } from "../../src/training/index.ts";
import { LinearRegression, PlainAdamW, points } from "./linear-regression.ts";

const root = mkdtempSync(join(tmpdir(), "relata-ended-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (...parts: string[]) => join(root, ...parts);
const EXAMPLES = points(40);
const HELD = points(20, 2);

function train(name: string, options: Partial<TrainingOptions> = {}, resume = false, signal?: AbortSignal) {
  const model = new LinearRegression();
  return trainModel({
    model,
    optimizer: new PlainAdamW(model.parameters),
    examples: EXAMPLES,
    evaluate: async () => ({ error: model.meanSquaredError(HELD) }),
    options: {
      ...{ seed: 5, epochs: 3, batching: { size: { examples: 8 } }, learningRate: 0.05 },
      metric: { name: "error", mode: "min" },
      ...options,
    },
    modelFiles: { config: {} },
    runFolder: at(name),
    resume,
    signal,
  });
}
const foldersOf = (name: string) =>
  readdirSync(at(name), { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() && entry.name !== "tensorboard" ? [entry.name] : []))
    .sort();

describe("a run that has ended", () => {
  test.each([
    ["best", ["model-best"]],
    ["last", ["model-best", "model-last"]],
    ["all", ["checkpoints", "model-best", "model-last"]],
  ] as const)("keeps %s, and is still known to have ended", async (keep, left) => {
    const outcome = await train(keep, { keep });
    const log = readFileSync(at(keep, "metrics.jsonl"), "utf8");
    expect(foldersOf(keep)).toEqual(left);
    expect(outcome.checkpoint === "").toBe(keep !== "all");
    const again = await train(keep, { keep }, true);
    expect(again).toMatchObject({ status: "finished", step: 15, best: outcome.best });
    expect(foldersOf(keep)).toEqual(left);
    expect(readFileSync(at(keep, "metrics.jsonl"), "utf8")).toBe(log);
    await expect(train(keep, { keep })).rejects.toMatchObject({ code: "training/run-folder-in-use" });
    await expect(train(keep, { keep, epochs: 4 }, true)).rejects.toMatchObject({
      code: "training/checkpoint-mismatch",
    });
  });

  test("keeps the last model if nothing chose a best one", async () => {
    const options = { keep: "best", metric: undefined as never } as const;
    await train("unjudged", options);
    expect(foldersOf("unjudged")).toEqual(["model-last"]);
  });

  test("with a damaged record is refused, not trained again", async () => {
    await train("damaged", { keep: "best" });
    writeFileSync(at("damaged", "ended.json"), "{}");
    await expect(train("damaged", { keep: "best" }, true)).rejects.toMatchObject({
      code: "training/corrupt-checkpoint",
    });
  });

  test("says at which epoch it stopped, why, and which epoch is the best", async () => {
    const early = await train("early", { epochs: 20, learningRate: 0.5, earlyStopping: { patience: 2 } });
    expect(early.status).toBe("early-stopped");
    const { best, epoch } = early;
    expect(early.message).toBe(
      `stopped early after epoch ${epoch} of at most 20: no better error in 2 evaluations; the best error, ${best?.value.toFixed(4)}, is that of epoch ${epoch - 2}`,
    );
    expect((await train("whole")).message).toMatch(/^3 epochs done; the best error, /);
  });

  test("by its limit of time has planned its steps for it, and a resumed one keeps the plan", async () => {
    const outcome = await train("limited", {
      epochs: 2000,
      timeLimitSeconds: 0.3,
      evaluateEvery: { steps: 1e6 },
    });
    expect(outcome.status).toBe("finished");
    expect(outcome.step).toBeLessThan(10_000);
    expect(outcome.message).toMatch(/^the limit of time left room for \d+ of 10,000 steps /);
    expect(outcome.best?.step).toBe(outcome.step); // evaluated at its end
    const again = await train(
      "limited",
      { epochs: 2000, timeLimitSeconds: 0.3, evaluateEvery: { steps: 1e6 } },
      true,
    );
    expect(again).toMatchObject({ status: "finished", step: outcome.step });
  });
});

describe("checkpoints that are less than the gap apart", () => {
  test("are left out, except on the signal", async () => {
    const controller = new AbortController();
    const folder = at("apart", "checkpoints");
    const model = new LinearRegression();
    const outcome = await trainModel({
      model,
      optimizer: new PlainAdamW(model.parameters),
      examples: EXAMPLES,
      options: {
        ...{ seed: 5, epochs: 3, batching: { size: { examples: 8 } }, learningRate: 0.05 },
        ...{ evaluateEvery: "never", checkpointGapSeconds: 3600 },
      },
      modelFiles: { config: {} },
      runFolder: at("apart"),
      signal: controller.signal,
      onProgress: (event) => {
        if (event.kind !== "step" || event.step < 12) return;
        expect(existsSync(folder)).toBe(false);
        controller.abort();
      },
    });
    expect(outcome).toMatchObject({ status: "interrupted", step: 12 });
    expect(readdirSync(folder)).toHaveLength(1);
  });
});

describe("surveyRuns and freeRun", () => {
  test("free ended runs, old ones and nested ones too, and leave the others alone", async () => {
    await train("many/old", { keep: "all" });
    mkdirSync(at("many/old/model-best.writing"));
    await train("many/deep/er/all", { keep: "all", metric: undefined as never });
    await train("many/lean", { keep: "best" });
    const controller = new AbortController();
    controller.abort();
    await train("many/open", {}, false, controller.signal);
    cpSync(at("many/old"), at("many/torn"), { recursive: true });
    const [name] = readdirSync(at("many/torn/checkpoints"));
    writeFileSync(at("many/torn/checkpoints", name ?? "", "state.json"), "{");

    const found = await surveyRuns([at("many")], "best");
    const seen = found.map(({ folder, status, freeable }) => [
      folder.slice(root.length + 6),
      status,
      freeable.map((one) => one.name),
    ]);
    expect(seen).toEqual([
      ["deep/er/all", "ended", ["checkpoints"]],
      ["lean", "ended", []],
      ["old", "ended", ["checkpoints", "model-best.writing", "model-last"]],
      ["open", "unfinished", []],
      ["torn", "unreadable", []],
    ]);
    expect(foldersOf("many/old")).toHaveLength(4); // a survey changes nothing
    expect((await surveyRuns([at("many/old")], "last"))[0]?.freeable.map((one) => one.name)).toEqual([
      "checkpoints",
      "model-best.writing",
    ]);

    for (const run of found) await freeRun(run);
    expect(foldersOf("many/old")).toEqual(["model-best"]);
    expect(foldersOf("many/deep/er/all")).toEqual(["model-last"]);
    expect(existsSync(at("many/open/checkpoints"))).toBe(true);
    expect(existsSync(at("many/torn/checkpoints"))).toBe(true);
    expect(await train("many/old", {}, true)).toMatchObject({ status: "finished", step: 15 });
    expect((await surveyRuns([at("many")], "best")).flatMap(({ freeable }) => freeable)).toEqual([]);
  });

  test("name a folder that does not exist", async () => {
    await expect(surveyRuns([at("nowhere")], "best")).rejects.toMatchObject({ code: "data/cannot-read" });
  });
});
