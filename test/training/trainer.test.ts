// Tests the training loop with a small real model.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { readSafetensors } from "../../src/engine/safetensors.ts";
import {
  type StepAddress,
  type TrainArguments,
  type TrainingEvent,
  type TrainingOptions,
  trainModel,
} from "../../src/training/index.ts";
import { learningRateFactor } from "../../src/training/schedule.ts";
import { LinearRegression, PlainAdamW, type Point, points } from "./linear-regression.ts";

const root = mkdtempSync(join(tmpdir(), "relata-trainer-"));
let runs = 0;
const newFolder = () => join(root, `run-${runs++}`);

afterAll(() => rmSync(root, { recursive: true, force: true }));

const EXAMPLES = points(100);
const HELD = points(40, 2);
const OPTIONS: TrainingOptions = {
  seed: 5,
  epochs: 4,
  batching: { size: { examples: 8 } },
  learningRate: 0.05,
  metric: { name: "error", mode: "min" },
};

interface Setting {
  readonly model: LinearRegression;
  readonly optimizer: PlainAdamW;
  readonly events: TrainingEvent[];
  readonly arguments_: TrainArguments<Point>;
}

function setting(
  runFolder: string,
  options: Partial<TrainingOptions> = {},
  changes: Partial<TrainArguments<Point>> = {},
  model = new LinearRegression(),
): Setting {
  const optimizer = new PlainAdamW(model.parameters);
  const events: TrainingEvent[] = [];
  return {
    model,
    optimizer,
    events,
    arguments_: {
      model,
      optimizer,
      examples: EXAMPLES,
      evaluate: async () => ({ error: model.meanSquaredError(HELD) }),
      options: { ...OPTIONS, ...options },
      modelFiles: { config: { kind: "linear-regression" }, files: { "labels.json": '["a"]' } },
      runFolder,
      onProgress: (event) => events.push(event),
      ...changes,
    },
  };
}

function logOf(folder: string): Record<string, unknown>[] {
  const lines = readFileSync(join(folder, "metrics.jsonl"), "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

async function storedWeights(path: string): Promise<number[]> {
  const file = await readSafetensors(path);
  return ["weight", "bias"].flatMap((name) => Array.from(file.tensor(name).data as Float32Array));
}

const weightsOf = (model: LinearRegression): number[] => [...model.weights, ...model.bias];

function checkpointFolder(folder: string): string {
  const names = readdirSync(join(folder, "checkpoints"));
  return join(folder, "checkpoints", names.sort().at(-1) ?? "");
}

describe("trainModel", () => {
  test("fits a plane and keeps the model with everything that is needed to load it", async () => {
    const folder = newFolder();
    const { model, arguments_ } = setting(
      folder,
      { epochs: 20, learningRate: 0.1 },
      {},
      new LinearRegression(0),
    );
    const outcome = await trainModel(arguments_);
    expect(outcome).toMatchObject({ status: "finished", step: 260, totalSteps: 260, epoch: 20 });
    expect(model.meanSquaredError(HELD)).toBeLessThan(0.01);
    for (const name of ["model-best", "model-last"]) {
      expect(JSON.parse(readFileSync(join(folder, name, "config.json"), "utf8"))).toEqual({
        kind: "linear-regression",
      });
      expect(readFileSync(join(folder, name, "labels.json"), "utf8")).toBe('["a"]');
    }
    expect(await storedWeights(join(folder, "model-last/model.safetensors"))).toEqual(weightsOf(model));
    expect(JSON.parse(readFileSync(join(folder, "run.json"), "utf8"))).toMatchObject({
      identity: { options: { seed: 5 }, examples: { count: 100 } },
      environment: { node: process.versions.node },
    });
  });

  test("shows every example once per epoch, and numbers steps and micro-batches", async () => {
    const { model, optimizer, arguments_ } = setting(newFolder(), { epochs: 2, accumulation: 5 });
    await trainModel(arguments_);
    // 100 examples in batches of 8: 13 micro-batches, so 3 steps with 5, 5 and 3 of them
    expect(model.seen).toHaveLength(26);
    const addresses = model.seen.slice(0, 13).map(({ at }) => [at.step, at.microStep]);
    expect(addresses).toEqual([...Array(13).keys()].map((i) => [Math.floor(i / 5), i % 5]));
    expect(model.seen[13]?.at).toEqual({ seed: 5, step: 3, epoch: 1, microStep: 0 });
    for (const epoch of [model.seen.slice(0, 13), model.seen.slice(13)]) {
      expect(epoch.flatMap(({ ids }) => ids).sort()).toEqual(EXAMPLES.map(({ id }) => id).sort());
    }
    expect(optimizer.applied.map(({ step, accumulated }) => [step, accumulated])).toEqual([
      [1, 5],
      [2, 5],
      [3, 3],
      [4, 5],
      [5, 5],
      [6, 3],
    ]);
  });

  test("accumulating two micro-batches equals one batch of both", async () => {
    const folders = [newFolder(), newFolder()] as const;
    const shuffle = false;
    const small = setting(
      folders[0],
      { epochs: 1, accumulation: 2, batching: { size: { examples: 10 }, shuffle } },
      {},
      new LinearRegression(0),
    );
    const large = setting(
      folders[1],
      { epochs: 1, batching: { size: { examples: 20 }, shuffle } },
      {},
      new LinearRegression(0),
    );
    await trainModel(small.arguments_);
    await trainModel(large.arguments_);
    weightsOf(small.model).forEach((weight, i) => {
      expect(weight).toBeCloseTo(weightsOf(large.model)[i] as number, 5);
    });
  });

  test("gives the optimiser the schedule's learning rate", async () => {
    const schedule = { kind: "linear", warmupRatio: 0.25 } as const;
    const { optimizer, arguments_ } = setting(newFolder(), { schedule });
    await trainModel(arguments_);
    expect(optimizer.applied.map(({ learningRate }) => learningRate)).toEqual(
      Array.from({ length: 52 }, (_, step) => 0.05 * learningRateFactor(schedule, step, 52)),
    );
  });

  test("ends at maxSteps within an epoch, with a last evaluation and the last losses logged", async () => {
    const folder = newFolder();
    const { epochs: _, ...rest } = OPTIONS;
    const { arguments_ } = setting(folder, {}, { options: { ...rest, maxSteps: 17, logEverySteps: 4 } });
    expect(await trainModel(arguments_)).toMatchObject({ status: "finished", step: 17, epoch: 1 });
    const log = logOf(folder);
    expect(log.filter(({ event }) => event === "train").map(({ step }) => step)).toEqual([4, 8, 12, 16, 17]);
    expect(log.filter(({ event }) => event === "evaluation").map(({ step, epoch }) => [step, epoch])).toEqual(
      [
        [13, 0],
        [17, 1],
      ],
    );
    expect(
      log.filter(({ event }) => event === "epoch").map(({ epoch, batches }) => [epoch, batches]),
    ).toEqual([
      [0, 13],
      [1, 13],
    ]);
  });

  test("the logged loss is the mean over the steps since the last line", async () => {
    const folder = newFolder();
    const { events, arguments_ } = setting(folder, { epochs: 1, logEverySteps: 5 });
    await trainModel(arguments_);
    const losses = events.flatMap((event) => (event.kind === "step" ? [event.loss] : []));
    const mean = (part: number[]) => part.reduce((sum, x) => sum + x, 0) / part.length;
    const logged = logOf(folder).flatMap(({ event, loss }) => (event === "train" ? [loss] : []));
    expect(logged).toEqual([mean(losses.slice(0, 5)), mean(losses.slice(5, 10)), mean(losses.slice(10))]);
  });

  test("reports its start, steps, evaluations, checkpoints and end, with a remaining time", async () => {
    const { events, arguments_ } = setting(newFolder(), { epochs: 1 });
    await trainModel(arguments_);
    expect(events.map(({ kind }) => kind)).toEqual([
      "start",
      "epoch",
      ...Array(6).fill("step"),
      "plan", // the first steps have been timed
      ...Array(7).fill("step"),
      "evaluation",
      "checkpoint",
      "stop",
    ]);
    const steps = events.filter((event) => event.kind === "step");
    expect(steps.every((event) => event.examplesPerSecond > 0 && event.remainingSeconds >= 0)).toBe(true);
    expect(steps.at(-1)?.remainingSeconds).toBe(0);
  });

  test("the same seed gives the same weights, another seed others", async () => {
    const weights = async (seed: number) => {
      const { model, arguments_ } = setting(newFolder(), { seed });
      await trainModel(arguments_);
      return weightsOf(model);
    };
    expect(await weights(1)).toEqual(await weights(1));
    expect(await weights(1)).not.toEqual(await weights(2));
  });
});

describe("a run that is interrupted", () => {
  test("resumes after any step, and during any evaluation, as if it had never stopped", {
    timeout: 60_000,
  }, async () => {
    const options: Partial<TrainingOptions> = {
      epochs: 3,
      accumulation: 2,
      batching: { size: { tokens: 100 } },
      evaluateEvery: { steps: 4 },
      logEverySteps: 3,
      maxGradientNorm: 3,
    };
    const reference = newFolder();
    await trainModel(setting(reference, options).arguments_);
    const wanted = logOf(reference);

    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(12), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (stops, inEvaluation) => {
          const folder = newFolder();
          for (const stop of [...stops, Number.POSITIVE_INFINITY]) {
            const controller = new AbortController();
            let left = stop;
            const countDown = () => {
              if (left-- === 0) controller.abort();
            };
            const model = new LinearRegression();
            const { arguments_ } = setting(
              folder,
              options,
              {
                resume: true,
                signal: controller.signal,
                onProgress: (event) => {
                  if (event.kind === "step") countDown();
                },
                evaluate: async () => {
                  if (inEvaluation) countDown();
                  if (controller.signal.aborted) throw new Error("the evaluation was given up");
                  return { error: model.meanSquaredError(HELD) };
                },
              },
              model,
            );
            const outcome = await trainModel(arguments_);
            if (outcome.status === "finished") break;
            expect(outcome.status).toBe("interrupted");
          }
          expect(logOf(folder)).toEqual(wanted);
          for (const name of ["model-last", "model-best"]) {
            const path = `${name}/model.safetensors`;
            expect(await storedWeights(join(folder, path))).toEqual(
              await storedWeights(join(reference, path)),
            );
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test("says where it stopped and how to continue", async () => {
    const controller = new AbortController();
    const folder = newFolder();
    const { events, arguments_ } = setting(folder, {}, { signal: controller.signal });
    const original = arguments_.onProgress;
    const outcome = await trainModel({
      ...arguments_,
      onProgress: (event) => {
        original?.(event);
        if (event.kind === "step" && event.step === 3) controller.abort();
      },
    });
    expect(outcome).toMatchObject({ status: "interrupted", step: 3, checkpoint: checkpointFolder(folder) });
    const message = expect.stringContaining(`stopped after step 3 of 52; resume the run in ${folder}`);
    expect(events.at(-1)).toMatchObject({ kind: "stop", message });
  });

  test("that was already finished only writes its last model again", async () => {
    const folder = newFolder();
    await trainModel(setting(folder).arguments_);
    const before = logOf(folder);
    rmSync(join(folder, "model-last"), { recursive: true });
    const { model, events, arguments_ } = setting(folder, {}, { resume: true });
    expect(await trainModel(arguments_)).toMatchObject({ status: "finished", step: 52 });
    expect(events.map(({ kind }) => kind)).toEqual(["start", "stop"]);
    expect(logOf(folder)).toEqual(before);
    expect(await storedWeights(join(folder, "model-last/model.safetensors"))).toEqual(weightsOf(model));
  });

  test("keeps as many checkpoints as asked for", async () => {
    const folder = newFolder();
    await trainModel(setting(folder, { checkpointEverySteps: 5, keepCheckpoints: 3 }).arguments_);
    const names = readdirSync(join(folder, "checkpoints")).sort();
    expect(names.map((name) => name.replace(/^\d+-/, ""))).toEqual(["step-45", "step-50", "step-52"]);
    // A process killed before it removed the older ones leaves the same to the next.
    await trainModel(setting(folder, { keepCheckpoints: 1 }, { resume: true }).arguments_);
    expect(readdirSync(join(folder, "checkpoints"))).toEqual(names.slice(2));
  });
});

describe("the best model", () => {
  /** Trains with given metrics, one evaluation per epoch. */
  async function withMetrics(values: readonly number[], options: Partial<TrainingOptions>) {
    const folder = newFolder();
    let evaluations = 0;
    const weights: number[][] = [];
    const base = setting(folder, { epochs: values.length, ...options });
    const outcome = await trainModel({
      ...base.arguments_,
      evaluate: async () => {
        weights.push(weightsOf(base.model));
        return { score: values[evaluations++] as number };
      },
    });
    return {
      outcome,
      evaluations,
      weights,
      best: await storedWeights(join(folder, "model-best/model.safetensors")),
    };
  }

  test("is that of the highest or the lowest metric, the earlier of two equals", async () => {
    const highest = await withMetrics([1, 5, 5, 2], { metric: { name: "score", mode: "max" } });
    expect(highest.outcome.best).toEqual({ step: 26, epoch: 1, value: 5 });
    expect(highest.best).toEqual(highest.weights[1]);
    const lowest = await withMetrics([3, 5, 1, 2], { metric: { name: "score", mode: "min" } });
    expect(lowest.outcome.best).toEqual({ step: 39, epoch: 2, value: 1 });
    expect(lowest.best).toEqual(lowest.weights[2]);
  });

  test("ends the run when the metric has not bettered for as long as the patience", async () => {
    const metric = { name: "score", mode: "max" } as const;
    const stopped = await withMetrics([1, 2, 2, 1.5, 9, 9], { metric, earlyStopping: { patience: 2 } });
    expect(stopped.evaluations).toBe(4);
    expect(stopped.outcome).toMatchObject({ status: "early-stopped", step: 52, best: { value: 2 } });
    const finished = await withMetrics([1, 2, 1, 3, 2, 4], { metric, earlyStopping: { patience: 2 } });
    expect(finished.outcome).toMatchObject({ status: "finished", best: { value: 4 } });
  });

  test("is the latest one while the score is 0, which does not use up the patience", async () => {
    const metric = { name: "score", mode: "max" } as const;
    const slow = await withMetrics([0, 0, 0, 0.1, 0.1, 0, 9], { metric, earlyStopping: { patience: 2 } });
    expect(slow.evaluations).toBe(6);
    expect(slow.outcome.best).toMatchObject({ epoch: 3, value: 0.1 });
    const nothing = await withMetrics([0, 0, 0, 0], { metric, earlyStopping: { patience: 2 } });
    expect(nothing.outcome).toMatchObject({ status: "finished", best: { epoch: 3, value: 0 } });
    expect(nothing.best).toEqual(nothing.weights[3]);
    const errors = { metric: { name: "score", mode: "min" }, earlyStopping: { patience: 2 } } as const;
    expect((await withMetrics([0, 0, 0, 0], errors)).outcome.status).toBe("early-stopped");
  });

  test("is kept also for gains too small to extend the patience", async () => {
    const options = {
      metric: { name: "score", mode: "max" },
      earlyStopping: { patience: 3, minDelta: 0.5 },
    } as const;
    const { outcome, evaluations, best, weights } = await withMetrics([1, 1.2, 1.4, 1.3, 9], options);
    expect(evaluations).toBe(4);
    expect(outcome.best?.value).toBe(1.4);
    expect(best).toEqual(weights[2]);
  });

  test("cannot be chosen by a metric that is not there or not a number", async () => {
    const metric = { name: "f1", mode: "max" } as const;
    await expect(trainModel(setting(newFolder(), { metric }).arguments_)).rejects.toMatchObject({
      code: "training/no-such-metric",
      remedy: expect.stringContaining("error"),
    });
    await expect(withMetrics([Number.NaN], { metric: { name: "score", mode: "max" } })).rejects.toMatchObject(
      {
        code: "training/no-such-metric",
      },
    );
  });
});

describe("a run that fails", () => {
  class Diverging extends LinearRegression {
    readonly badStep: number;
    readonly spoil: (model: LinearRegression) => number | undefined;
    constructor(badStep: number, spoil: (model: LinearRegression) => number | undefined) {
      super();
      this.badStep = badStep;
      this.spoil = spoil;
    }
    override async step(batch: readonly Point[], at: StepAddress) {
      const result = await super.step(batch, at);
      const loss = at.step === this.badStep ? this.spoil(this) : undefined;
      return { ...result, loss: loss ?? result.loss };
    }
  }

  test("because the loss is NaN names the step and the examples, and leaves the last good checkpoint", async () => {
    const folder = newFolder();
    const model = new Diverging(20, () => Number.NaN);
    const { arguments_ } = setting(folder, {}, { nameOf: ({ id }) => id }, model);
    const failed = trainModel(arguments_);
    await expect(failed).rejects.toMatchObject({
      code: "training/non-finite-loss",
      place: "step 21",
      fault: "work",
    });
    const bad = model.seen.at(-1)?.ids ?? [];
    await expect(failed).rejects.toMatchObject({
      value: bad,
      message: expect.stringContaining(bad.join(", ")),
    });
    expect(checkpointFolder(folder)).toContain("step-13");

    const undisturbed = newFolder();
    const reference = setting(undisturbed);
    await trainModel(reference.arguments_);
    const resumed = setting(folder, {}, { resume: true });
    await trainModel(resumed.arguments_);
    expect(logOf(folder)).toEqual(logOf(undisturbed)); // lines after the checkpoint were cut off
    expect(weightsOf(resumed.model)).toEqual(weightsOf(reference.model));
  });

  test("because a gradient is infinite stops before anything is saved", async () => {
    const folder = newFolder();
    const model = new Diverging(4, ({ parameters }) => {
      parameters.gradient("bias").data[0] = Number.POSITIVE_INFINITY;
      return undefined;
    });
    const { arguments_ } = setting(folder, { checkpointEverySteps: 1 }, {}, model);
    await expect(trainModel(arguments_)).rejects.toMatchObject({
      code: "training/non-finite-gradient",
      message: expect.stringMatching(/step 5, examples #\d+/),
    });
    expect(checkpointFolder(folder)).toContain("step-4");
  });
});

describe("a run folder", () => {
  test("that holds a run is not used for a fresh one", async () => {
    const folder = newFolder();
    await trainModel(setting(folder, { epochs: 1 }).arguments_);
    await expect(trainModel(setting(folder, { epochs: 1 }).arguments_)).rejects.toMatchObject({
      code: "training/run-folder-in-use",
    });
  });

  test("is kept to one process at a time, and is free again when the run has ended", async () => {
    const folder = newFolder();
    const { arguments_ } = setting(folder, { epochs: 1 });
    let second: Promise<unknown> | undefined;
    await trainModel({
      ...arguments_,
      onProgress: (event) => {
        if (event.kind === "start")
          second = trainModel(setting(folder, { epochs: 1 }, { resume: true }).arguments_);
        second?.catch(() => undefined); // checked below
      },
    });
    await expect(second).rejects.toMatchObject({ code: "data/folder-locked" });
    const again = await trainModel(setting(folder, { epochs: 1 }, { resume: true }).arguments_);
    expect(again.status).toBe("finished");
  });

  test("is not resumed with other options, data or config, and says what differs", async () => {
    const folder = newFolder();
    await trainModel(setting(folder, { epochs: 1 }).arguments_);
    const resume = (options: Partial<TrainingOptions>, changes: Partial<TrainArguments<Point>>) =>
      trainModel(setting(folder, { epochs: 1, ...options }, { resume: true, ...changes }).arguments_);
    await expect(resume({ learningRate: 0.1 }, {})).rejects.toMatchObject({
      code: "training/checkpoint-mismatch",
      value: ["options.learningRate: was 0.05, is 0.1"],
    });
    await expect(resume({}, { examples: points(90) })).rejects.toMatchObject({
      code: "training/checkpoint-mismatch",
      message: expect.stringContaining("examples.count: was 100, is 90"),
    });
    await expect(resume({}, { modelFiles: { config: { kind: "other" } } })).rejects.toMatchObject({
      code: "training/checkpoint-mismatch",
      value: ['config.kind: was "linear-regression", is "other"'],
    });
    await resume({ keepCheckpoints: 4 }, {}); // does not affect the weights
  });

  test("of another machine is resumed, with its differences reported", async () => {
    const folder = newFolder();
    await trainModel(setting(folder, { epochs: 1 }).arguments_);
    const { events, arguments_ } = setting(folder, { epochs: 1 }, { resume: true });
    const environment = {
      relata: "9.9.9",
      node: "20.19.0",
      onnxruntime: "1.30.0",
      system: "test",
      processor: "test",
      processors: 2,
      memoryBytes: 1e9,
    };
    await trainModel({ ...arguments_, environment });
    expect(events[0]).toMatchObject({
      environmentDifferences: expect.arrayContaining([expect.stringContaining("relata: was")]),
    });
  });

  test("with a damaged checkpoint is refused, never resumed from something else", async () => {
    const damage = async (name: string, change: (content: Buffer) => Buffer) => {
      const folder = newFolder();
      await trainModel(setting(folder, { keepCheckpoints: 3 }).arguments_);
      const path = join(checkpointFolder(folder), name);
      writeFileSync(path, change(readFileSync(path)));
      await expect(
        trainModel(setting(folder, { keepCheckpoints: 3 }, { resume: true }).arguments_),
      ).rejects.toMatchObject({
        code: "training/corrupt-checkpoint",
        place: path,
      });
    };
    const flipLastByte = (content: Buffer) => {
      content[content.length - 1]! ^= 1; // files are not empty
      return content;
    };
    await damage("weights.safetensors", flipLastByte);
    await damage("optimizer.safetensors", flipLastByte);
    await damage("weights.safetensors", (content) => content.subarray(0, -3));
    await damage("state.json", (content) => content.subarray(0, 100));
    await damage("state.json", (content) =>
      Buffer.from(content.toString().replace('"step":52', '"step":51')),
    );
  });

  test("whose model has other shapes is refused", async () => {
    const folder = newFolder();
    await trainModel(setting(folder, { epochs: 1 }).arguments_);
    const { model, arguments_ } = setting(folder, { epochs: 1 }, { resume: true });
    const renamed = {
      ...model.parameters,
      names: () => ["weight"],
      trainedNames: () => ["weight"],
      weight: () => model.parameters.weight("weight"),
      firstMoment: () => model.parameters.firstMoment("weight"),
      secondMoment: () => model.parameters.secondMoment("weight"),
    };
    const smaller = { parameters: renamed, lengthOf: model.lengthOf, step: model.step.bind(model) };
    await expect(trainModel({ ...arguments_, model: smaller })).rejects.toMatchObject({
      code: "training/checkpoint-mismatch",
      value: ['bias: was "float32 [1]", is absent'],
    });
  });
});

describe("options", () => {
  test.each<[string, Partial<TrainingOptions>]>([
    ["no end", { epochs: undefined as never }],
    ["no accumulation at all", { accumulation: 0 }],
    ["half an epoch", { epochs: 0.5 }],
    ["a learning rate that is not a number", { learningRate: Number.NaN }],
    ["clipping to nothing", { maxGradientNorm: 0 }],
    ["early stopping without a metric", { earlyStopping: { patience: 1 }, metric: undefined as never }],
    ["early stopping without evaluations", { earlyStopping: { patience: 1 }, evaluateEvery: "never" }],
  ])("with %s are refused", async (_, options) => {
    await expect(trainModel(setting(newFolder(), options).arguments_)).rejects.toMatchObject({
      code: "training/bad-options",
    });
  });

  test("without an evaluate function need evaluateEvery: never", async () => {
    const { evaluate: _, ...rest } = setting(newFolder()).arguments_;
    await expect(trainModel(rest)).rejects.toMatchObject({ code: "training/bad-options" });
    const outcome = await trainModel({ ...rest, options: { ...rest.options, evaluateEvery: "never" } });
    expect(outcome).toMatchObject({ status: "finished", best: null });
  });

  test("whose memory need exceeds the machine are refused before the start", async () => {
    const folder = newFolder();
    const { events, arguments_ } = setting(folder);
    await expect(
      trainModel({ ...arguments_, activationBytes: (tokens) => tokens * 1e15 }),
    ).rejects.toMatchObject({
      code: "training/not-enough-memory",
    });
    expect(events).toEqual([]);
  });
});
