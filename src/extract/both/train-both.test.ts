// Training both tasks: two runs and their bundle, stopped and resumed at any stage, and documents that cannot train both.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseLayers } from "../../config/parse.ts";
import type { BothConfig, ConfigInput } from "../../config/schema.ts";
import { Extensions } from "../../extensions/extension.ts";
import { load } from "../load.ts";
import { type TinyWorld, tinyWorld } from "../testing/tiny-models.ts";
import { type BothStage, type TrainBothRequest, type TrainBothSummary, trainBoth } from "./train-both.ts";

let folder: string;
let world: TinyWorld;
let whole: TrainBothSummary;
let encodedForEntities: Record<string, string>;
const inFolder = (...parts: string[]) => join(folder, ...parts);

function configOf(changes: Partial<ConfigInput> = {}): BothConfig {
  const fields: ConfigInput = {
    task: "both",
    encoder: inFolder("bert"),
    data: { train: world.files.train, validation: world.files.validation, pictures: world.files.pictures },
    visual: { kind: "pictures", encoder: inFolder("resnet") },
    model: {
      ...{ objects: 0, promptHidden: 16, tagging: { emissionWidth: 8 } },
      ...{ attention: { enabled: false }, mixup: { enabled: false } },
    },
    training: { epochs: 2, batchSize: 16, learningRate: 3e-3, maxLength: 48, threads: 1 },
    ...changes,
  };
  const config = parseLayers([fields], "test", Extensions.NONE);
  if (config.task !== "both") throw new Error(`the task is ${config.task}`);
  return config;
}

/** The files of a run, without clock times and caches; paths of the run folder are the same in all. */
function contents(run: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(run, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(run.length + 1).replace(/\d{6}-step/, "step"); // the serial counts every checkpoint
    if (!entry.isFile() || /tensorboard|^cache/.test(name)) continue;
    files[name] = readFileSync(path, "latin1").replaceAll(run, "<run>");
  }
  return files;
}

/** The cached features of a run. */
function cached(run: string): Record<string, string> {
  const folder = join(run, "cache", "picture-features");
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "latin1")]),
  );
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "relata-both-"));
  world = await tinyWorld(folder);
  whole = await trainBoth({
    config: configOf(),
    runFolder: inFolder("whole"),
    onStage: (stage) => {
      if (stage === "relations") encodedForEntities = cached(inFolder("whole"));
    },
  });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("training both tasks", () => {
  it("leaves a run for each model and their bundle", async () => {
    expect(whole).toMatchObject({
      ...{ task: "both", status: "finished", bundle: inFolder("whole", "bundle") },
      entities: {
        task: "mner",
        status: "finished",
        modelFolder: inFolder("whole", "entities", "model-best"),
      },
      relations: { task: "mre", status: "finished", visualChannel: "pixels" },
    });
    await using model = await load(whole.bundle!); // it has finished
    expect([model.entityTypes.length > 0, model.labels.length > 1, model.needsMentions]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("scores the bundle on the validation documents, and says that they chose the epochs", () => {
    const { evaluation } = whole;
    expect(evaluation).toMatchObject({ task: "both", visualChannels: ["pixels", "pixels"] });
    expect(evaluation?.notes[0]).toContain("validation documents, on which the best epoch was chosen");
    expect(JSON.parse(readFileSync(inFolder("whole", "end-to-end.json"), "utf8"))).toEqual(
      JSON.parse(JSON.stringify(evaluation)),
    );
  });

  it("encodes the pictures once for both models", () => {
    expect(Object.keys(encodedForEntities).length).toBeGreaterThan(0);
    expect(cached(inFolder("whole"))).toEqual(encodedForEntities);
    expect(existsSync(inFolder("whole", "entities", "picture-features"))).toBe(false);
  });

  it("ends with the same files when it was stopped in either training and resumed", async () => {
    const run = inFolder("stopped/whole");
    const attempt = (stopIn: BothStage | undefined, resume: boolean) => {
      const stop = new AbortController();
      let stage: BothStage = "entities";
      const request: TrainBothRequest = {
        ...{ config: configOf(), runFolder: run, resume, signal: stop.signal },
        onStage: (one) => {
          stage = one;
          if (stage === stopIn && ["bundle", "evaluation"].includes(stage)) stop.abort();
        },
        onProgress: ({ kind }) => {
          if (kind === "step" && stage === stopIn) stop.abort();
        },
      };
      return trainBoth(request);
    };
    expect(await attempt("entities", false)).toMatchObject({ status: "interrupted" });
    const second = await attempt("relations", true);
    expect(second).toMatchObject({ status: "interrupted", entities: { status: "finished" } });
    expect(second.bundle).toBeUndefined();
    for (const stage of ["bundle", "evaluation"] as const) {
      expect(await attempt(stage, true), stage).toMatchObject({
        ...{ status: "interrupted", relations: { status: "finished" } },
      });
    }
    expect(await attempt(undefined, true)).toMatchObject({ status: "finished" });
    const [found, wanted] = [contents(run), contents(inFolder("whole"))];
    expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
    for (const name of Object.keys(wanted)) expect(found[name], name).toBe(wanted[name]);
  }, 120_000);

  it("repeats the warnings of a finished run, and scores only what has changed", async () => {
    const run = inFolder("resumed");
    cpSync(inFolder("whole"), run, { recursive: true });
    const joined = JSON.parse(readFileSync(join(run, "joined.json"), "utf8"));
    writeFileSync(join(run, "joined.json"), JSON.stringify({ ...joined, warnings: ["mind the gap"] }));
    const resume = async (changes: Partial<ConfigInput> = {}) => {
      const done: string[] = [];
      const summary = await trainBoth({
        ...{ config: configOf(changes), runFolder: run, resume: true },
        onPreparation: ({ what }) => done.push(what),
      });
      return { summary, hasScored: done.includes("extracting") };
    };
    const again = await resume();
    expect(again.hasScored).toBe(false);
    expect(again.summary.warnings).toEqual(["mind the gap"]);
    expect(JSON.stringify(again.summary.evaluation)).toBe(JSON.stringify(whole.evaluation));
    writeFileSync(join(run, "end-to-end.json"), "{}");
    const repaired = await resume();
    expect(repaired.hasScored).toBe(true);
    expect(repaired.summary.evaluation).toEqual(whole.evaluation);
    expect(readFileSync(join(run, "end-to-end.json"), "utf8")).toBe(
      contents(inFolder("whole"))["end-to-end.json"],
    );
    rmSync(join(run, "joined.json"));
    expect((await resume()).summary.warnings).toEqual(whole.warnings);
    expect(existsSync(join(run, "bundle.joining"))).toBe(false);
    writeFileSync(join(run, "joined.json"), "[]");
    await expect(resume()).rejects.toMatchObject({ code: "data/not-a-run", place: join(run, "joined.json") });
  });

  it("refuses the folder of a run, and on resuming other settings of a model that has not begun", async () => {
    const runFolder = inFolder("whole");
    await expect(trainBoth({ config: configOf(), runFolder })).rejects.toMatchObject({
      code: "training/run-folder-in-use",
    });
    const config = configOf({ relations: { training: { seed: 5 } } });
    rmSync(inFolder("stopped/whole", "relations", "run.json"));
    const resumed = trainBoth({ config, runFolder: inFolder("stopped/whole"), resume: true });
    await expect(resumed).rejects.toMatchObject({
      code: "training/checkpoint-mismatch",
      message: expect.stringContaining("training.seed: was 1234, is 5"),
    });
  });

  it("refuses documents of one task before any training, and names the command for that task", async () => {
    const lines = readFileSync(world.files.validation, "utf8").trim().split("\n");
    const without = lines.map((line) => JSON.stringify({ ...JSON.parse(line), relations: [] }));
    writeFileSync(inFolder("no-relations.jsonl"), without.join("\n"));
    const data = { train: world.files.train, validation: inFolder("no-relations.jsonl") };
    const refused = trainBoth({
      config: configOf({ data, visual: { kind: "none" } }),
      runFolder: inFolder("refused"),
    });
    await expect(refused).rejects.toMatchObject({
      code: "data/no-relations",
      remedy: expect.stringContaining("relata train --task mner"),
    });
    expect(existsSync(inFolder("refused", "entities", "run.json"))).toBe(false);
  });

  it("finds a label that only the validation documents have before the first training", async () => {
    const [first, ...others] = readFileSync(world.files.validation, "utf8").trim().split("\n");
    const { relations, ...document } = JSON.parse(first!);
    const renamed = { ...document, relations: [{ ...relations[0], head: 0, tail: 1, label: "unheard_of" }] };
    writeFileSync(inFolder("other-label.jsonl"), [JSON.stringify(renamed), ...others].join("\n"));
    const data = { train: world.files.train, validation: inFolder("other-label.jsonl") };
    const config = configOf({ data, visual: { kind: "none" } });
    await expect(trainBoth({ config, runFolder: inFolder("refused") })).rejects.toMatchObject({
      code: "data/unknown-label",
    });
    expect(existsSync(inFolder("refused", "entities", "run.json"))).toBe(false);
  });
});
