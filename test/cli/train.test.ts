import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawWorld, PERSONS_ALONE } from "../../src/world/generate.ts";
import { writeTinyBert, writeTinyResnet } from "../../src/world/tiny-encoders.ts";
import { worldVocabulary } from "../../src/world/vocabulary.ts";
import { writeWorld } from "../../src/world/write.ts";
import { CLI } from "./run-cli.ts";
import { relata } from "./warm-program.ts";

const WORLD = { ...PERSONS_ALONE, train: 64, validation: 32, test: 1 };
const corpus = drawWorld(WORLD);
const COMMON = [
  "--encoder",
  "bert",
  "--train",
  "train.jsonl",
  "--validation",
  "validation.jsonl",
  "--relations",
  "relations.json",
];
const SMALL = ["--learning-rate", "1e-3", "--threads", "1", "--max-length", "48"];
/** The whole of I2SRM, narrow enough for a small embedded corpus. */
const NARROW = ["--set", "model.objects=0", "model.promptHidden=16", "model.attention.ffn=32"];

let cwd: string;
const run = (...args: string[]) => relata(args, { cwd });
const spanOf = (span?: { start: number; end: number }) => `${span?.start}:${span?.end}`;
const hashOf = async (path: string) =>
  createHash("sha256")
    .update(await readFile(join(cwd, path)))
    .digest("hex");

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "relata-train-"));
  await writeWorld(cwd, WORLD);
  await writeTinyBert(join(cwd, "bert"), worldVocabulary(corpus), 1);
  await writeTinyResnet(join(cwd, "resnet"), 1);
});
afterAll(() => rm(cwd, { recursive: true }));

describe("relata train, evaluate for entities", () => {
  const ENTITIES = [
    "train",
    "--task",
    "mner",
    ...COMMON.slice(0, 6),
    ...SMALL,
    "--learning-rate",
    "3e-3",
    "--tagger-learning-rate",
    "0.01",
    "--epochs",
    "8",
    ...NARROW,
    "model.tagging.emissionWidth=8",
  ];

  it("trains all of I2SRM on pictures, calibrates, and scores what it saved as it scored it in training", async () => {
    const trained = await run(
      ...ENTITIES,
      "--pictures",
      "pictures",
      "--picture-encoder",
      "resnet",
      "--run",
      "entities",
      "--json",
    );
    expect(trained.stderr).toBe("");
    expect(trained.code).toBe(0);
    const summary = JSON.parse(trained.stdout);
    expect(summary).toMatchObject({ status: "finished", steps: 64, visualChannel: "pixels" });
    expect(summary.best.metrics.micro_f1).toBeGreaterThan(0.7); // an encoder of random weights finds names after 64 steps
    expect(summary.calibration.temperature).toBeGreaterThan(0);
    const calibration = await readFile(join(cwd, "entities/model-best/calibration.json"), "utf8");
    expect(JSON.parse(calibration)).toMatchObject(summary.calibration); // and the fields that tie it to the weights

    const scoring = ["evaluate", "entities/model-best", "validation.jsonl", "--pictures", "pictures"];
    const { task, metrics, constrained } = JSON.parse(
      (await run(...scoring, "--predictions", "found.jsonl", "--json")).stdout,
    );
    expect(task).toBe("mner");
    expect(constrained).toBe(true);
    expect(metrics.micro.f1).toBeCloseTo(summary.best.metrics.micro_f1, 10);
    const found = (await readFile(join(cwd, "found.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const written = found.flatMap(({ entities }) => entities);
    expect(found).toHaveLength(32);
    expect(written).toHaveLength(metrics.micro.predicted);
    expect(written.every(({ probability }) => probability > 0 && probability <= 1)).toBe(true);
    const table = await run(...scoring, "--unconstrained");
    expect(table.stdout).toContain("decoding unconstrained");
    expect(table.stdout).toContain("person");
  });

  it("says that a relation model is not an entity model, and the other way round", async () => {
    const wrong = await run(
      "extract",
      "entities/model-best",
      "--text",
      "a b",
      "--head",
      "a",
      "--tail",
      "b",
      "--json",
    );
    expect(wrong.code).toBe(2);
  });
});

describe("relata train, evaluate, extract", () => {
  it("trains on texts alone, scores the model and uses it", async () => {
    const trained = await run(
      "train",
      ...COMMON,
      ...SMALL,
      "--text-only",
      "--epochs",
      "2",
      "--run",
      "text",
      "--json",
    );
    expect(trained.stderr).toBe("");
    expect(trained.code).toBe(0);
    const summary = JSON.parse(trained.stdout);
    expect(summary).toMatchObject({ status: "finished", steps: 16, runFolder: "text" });
    expect(summary.visualChannel).toBe("text only");
    expect(summary.data.train).toMatchObject({ examples: 64, truncated: 0, withoutVisual: 0 });

    const evaluated = await run("evaluate", "text/model-best", "validation.jsonl", "--json");
    expect(evaluated.code).toBe(0);
    const { metrics, visualChannel } = JSON.parse(evaluated.stdout);
    expect(visualChannel).toBe("text only");
    expect(metrics.instances).toBe(32);
    expect(metrics.micro.f1).toBeCloseTo(summary.best.metrics.micro_f1, 10);

    const table = await run("evaluate", "text/model-best", "validation.jsonl");
    expect(table.stdout).toContain("visual channel: text only\n32 examples from 32 documents\n");
    for (const label of ["None", "per/per/couple", "per/per/siblings", "per/per/colleagues"])
      expect(table.stdout).toContain(label);

    const post = corpus.posts.validation[0];
    if (post === undefined) throw new Error("the corpus is empty");
    const { head, tail } = post;
    const spans = [`${head.start}:${head.end}`, `${tail.start}:${tail.end}`] as const;
    const extracted = await run(
      "extract",
      "text/model-best",
      "--text",
      post.text,
      "--head-span",
      spans[0],
      "--tail-span",
      spans[1],
      "--json",
    );
    expect(extracted.code).toBe(0);
    const found = JSON.parse(extracted.stdout);
    expect(found).toMatchObject({
      head: { start: head.start, end: head.end },
      tail: { start: tail.start, end: tail.end },
      visual: "none",
    });
    expect(found.visualChannel).toBe("text only");
    const total = found.probabilities.reduce(
      (sum: number, one: { probability: number }) => sum + one.probability,
      0,
    );
    expect(total).toBeCloseTo(1, 5);
  });

  it("trains with pictures and with captions, and says what stood for the picture", async () => {
    const pictures = ["--pictures", "pictures", "--picture-encoder", "resnet"];
    const trained = await run(
      "train",
      ...COMMON,
      ...SMALL,
      ...NARROW,
      ...pictures,
      "--epochs",
      "1",
      "--run",
      "pictures",
      "--json",
    );
    expect(trained.code).toBe(0);
    expect(JSON.parse(trained.stdout).visualChannel).toBe("pixels");
    const withoutPicture = corpus.posts.train.filter((post) => post.image === undefined).length;
    expect(JSON.parse(trained.stdout).data.train.withoutVisual).toBe(withoutPicture);
    const scored = await run("evaluate", "pictures/model-best", "validation.jsonl", "--pictures", "pictures");
    const missing = corpus.posts.validation.filter((one) => one.image === undefined).length;
    expect(scored.stdout).toContain(
      `visual channel: pixels\n32 examples from 32 documents, ${missing} without a usable picture or caption\n`,
    );
    const [post] = corpus.posts.validation;
    const words = post === undefined ? [] : ["--text", post.text, "--head-span", spanOf(post.head)];
    words.push("--tail-span", spanOf(post?.tail));
    const blind = await run("extract", "pictures/model-best", ...words);
    expect(blind.stdout.split("\n")[0]).toContain("(pixels, but no picture was given)");

    const captions = ["--captions", "captions-train.jsonl", "captions-validation.jsonl"];
    const captioned = await run(
      "train",
      ...COMMON,
      ...SMALL,
      ...NARROW,
      ...captions,
      "--epochs",
      "1",
      "--run",
      "captions",
      "--json",
    );
    expect(captioned.code).toBe(0);
    expect(JSON.parse(captioned.stdout)).toMatchObject({
      visualChannel: "caption-as-vision",
      data: { train: { withoutVisual: withoutPicture, brokenPictures: [] } },
    });
    const captionedWords = ["extract", "captions/model-best", ...words, "--caption", "two people", "--json"];
    expect(JSON.parse((await run(...captionedWords)).stdout)).toMatchObject({
      visualChannel: "caption-as-vision",
      visual: "caption",
    });
  });

  it("refuses what the model does not know: pictures, and a relation unless told what to do with it", async () => {
    const lines = (await readFile(join(cwd, "validation.jsonl"), "utf8")).replace(
      '"label":"per/per/couple"',
      '"label":"enemies"',
    );
    await writeFile(join(cwd, "unknown.jsonl"), lines);
    const refused = await run("evaluate", "text/model-best", "unknown.jsonl");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("enemies");
    const pictures = ["--pictures", "pictures"];
    const blind = await run("evaluate", "text/model-best", "validation.jsonl", ...pictures);
    expect(blind.code).toBe(2);
    expect(blind.stderr).toContain("error[data/unwanted-visual]");
    const left = await run(
      "evaluate",
      "text/model-best",
      "unknown.jsonl",
      "--unknown-relations",
      "leave-out",
      "--json",
    );
    expect(JSON.parse(left.stdout)).toMatchObject({
      metrics: { instances: 31 },
      data: { unknownRelations: { enemies: 1 } },
    });
    const asNone = await run(
      "evaluate",
      "text/model-best",
      "unknown.jsonl",
      "--unknown-relations",
      "as-none",
      "--json",
    );
    expect(JSON.parse(asNone.stdout).metrics.instances).toBe(32);
  });

  it("keeps the configuration of the attempt that became a run", async () => {
    const args = ["train", ...COMMON, ...SMALL, "--text-only", "--epochs", "1", "--run", "second-try"];
    expect((await run(...args, "--encoder", "mistyped")).code).toBe(2);
    expect((await run(...args)).code).toBe(0);
    const { code } = await run("train", "--run", "second-try", "--resume");
    expect(code).toBe(0);
  });

  it("refuses a run folder that holds a run", async () => {
    const { code, stderr } = await run(
      "train",
      ...COMMON,
      ...SMALL,
      "--text-only",
      "--epochs",
      "2",
      "--run",
      "text",
    );
    expect(code).toBe(2);
    expect(stderr).toContain("error[training/run-folder-in-use]");
  });

  it("names what is missing: data, encoder, model", async () => {
    const data = await run("train", ...COMMON, "--text-only", "--train", "nothing.jsonl", "--run", "x");
    expect([data.code, data.stderr]).toEqual([2, expect.stringContaining("nothing.jsonl")]);
    const encoder = await run(
      "train",
      ...COMMON,
      "--text-only",
      "--encoder",
      "./no-such-encoder",
      "--run",
      "y",
    );
    expect([encoder.code, encoder.stderr]).toEqual([2, expect.stringContaining("no-such-encoder")]);
    const model = await run("evaluate", "no-such-model", "validation.jsonl");
    expect([model.code, model.stderr]).toEqual([2, expect.stringContaining("no-such-model")]);
  });
});

describe("relata train refuses options that exclude each other", () => {
  it.each([
    [["--text-only", "--pictures", "world/pictures"], "--text-only and --pictures"],
    [["--text-only", "--captions", "captions.jsonl"], "--text-only and --captions"],
    [["--text-only", "--features", "f.safetensors"], "--text-only and --features"],
    [["--text-only", "--picture-encoder", "resnet"], "--text-only and --picture-encoder"],
    [["--text-only", "--detector", "d.json"], "--text-only and --detector"],
    [["--captions", "captions.jsonl", "--pictures", "world/pictures"], "--captions and --pictures"],
    [["--features", "f.safetensors", "--picture-encoder", "resnet"], "--features and --picture-encoder"],
    [["--text-only", "--set", "visual.kind=pictures"], "exclude each other"],
    [["--epochs", "3", "--set", "training.epochs=4"], "exclude each other"],
    [["--picture-encoder", "resnet"], "visual.encoder is set, but visual.kind is not"],
    [["--set", "data.pictures=world/pictures"], "data.pictures is set, but visual.kind is not"],
    [
      ["--text-only", "--tagger-learning-rate", "0.5"],
      'training.taggerLearningRate is set, but task is "mre"',
    ],
  ])("%j", async (args, message) => {
    const { code, stderr } = await run("train", ...COMMON, "--dry-run", ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining("error[config/contradiction]")]);
    expect(stderr).toContain(message);
  });

  it("but --features beside --pictures, which names their cache", async () => {
    const pictures = ["--pictures", "pictures", "--picture-encoder", "resnet", "--features", "cached"];
    const { code, stdout, stderr } = await run("train", ...COMMON, ...pictures, "--dry-run");
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout).visual).toMatchObject({
      kind: "pictures",
      features: join(cwd, "cached"),
    });
  });

  it("but lays a file's pictures aside for --text-only", async () => {
    const file = { visual: { kind: "pictures", encoder: "resnet" }, data: { pictures: "world/pictures" } };
    await writeFile(join(cwd, "pictures.config.json"), JSON.stringify(file));
    const found = await run(
      "train",
      ...COMMON,
      "--config",
      "pictures.config.json",
      "--text-only",
      "--dry-run",
    );
    expect(found.code).toBe(0);
    expect(JSON.parse(found.stdout).visual).toEqual({ kind: "none" });
  });
});

describe("relata train that is stopped before its first evaluation", () => {
  it("names no model, and continues", async () => {
    const args = ["train", ...COMMON, ...SMALL, "--text-only", "--epochs", "400", "--batch-size", "2"];
    const child = spawn(
      process.execPath,
      [CLI, ...args, "--set", "training.evaluateEvery=9999", "--run", "early"],
      {
        cwd,
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
      if (stderr.includes("training 1/") && !child.killed) child.kill("SIGINT");
    });
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(130);
    expect(stderr).toMatch(/^SIGINT: stopping/m);
    expect(stdout).toContain("model: none yet");
    expect(stdout).toContain("resume with: relata train --run early --resume");
    expect(stdout).not.toContain("model-best");
  });
});

describe("relata train --resume", () => {
  it("refuses settings that the run did not begin with, by flag, --set and file", async () => {
    const before = await readFile(join(cwd, "text/relata.config.json"), "utf8");
    const longer = JSON.parse(before);
    longer.training.schedule = "cosine";
    await writeFile(join(cwd, "other.config.json"), JSON.stringify(longer));
    const attempts = [
      [["--head-learning-rate", "0.5"], "training.headLearningRate: was "],
      [["--set", "training.weightDecay=0.5"], "training.weightDecay: was 0.01, is 0.5"],
      [["--config", "other.config.json"], 'training.schedule: was "linear", is "cosine"'],
      [["--epochs", "99"], "training.epochs: was "],
    ] as const;
    for (const [args, message] of attempts) {
      const { code, stderr } = await run("train", "--run", "text", "--resume", ...args);
      expect([code, stderr]).toEqual([2, expect.stringContaining("error[training/checkpoint-mismatch]")]);
      expect(stderr).toContain(message);
    }
    expect(await readFile(join(cwd, "text/relata.config.json"), "utf8")).toBe(before);
  });

  it("ends in the same weights as a run that was never stopped", async () => {
    const args = ["train", ...COMMON, ...SMALL, ...NARROW, "training.keep=last", "--epochs", "30"];
    expect((await run(...args, "--run", "whole")).code).toBe(0);

    const child = spawn(process.execPath, [CLI, ...args, "--run", "halves"], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
      if (stderr.includes("epoch 2:") && !stderr.includes("SIGINT") && !child.killed) child.kill("SIGINT");
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(code).toBe(130);
    expect(stderr).toContain("interrupted at step");

    const resumed = await run("train", "--run", "halves", "--resume");
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain("resumed at step");
    const weights = "model-last/model.safetensors";
    expect(await hashOf(`halves/${weights}`)).toBe(await hashOf(`whole/${weights}`));
    expect(await hashOf("halves/metrics.jsonl")).toBe(await hashOf("whole/metrics.jsonl"));
  });
});
