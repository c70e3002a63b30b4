// The built program on broken inputs: the code, the place and the exit status, and what it counts without stopping.
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FeatureCache } from "../../src/data/feature-cache.ts";
import { readSafetensors, writeSafetensors } from "../../src/engine/index.ts";
import { type HostTensor, hostTensor } from "../../src/graph/index.ts";
import { drawWorld, PERSONS_ALONE } from "../../src/world/generate.ts";
import { writeTinyBert, writeTinyResnet } from "../../src/world/tiny-encoders.ts";
import { wordPieceVocabulary } from "../../src/world/vocabulary.ts";
import { writeWorld } from "../../src/world/write.ts";
import { CLI } from "./run-cli.ts";
import { relata } from "./warm-program.ts";

const WORLD = { ...PERSONS_ALONE, train: 32, validation: 16, test: 1 };
const corpus = drawWorld(WORLD);
/** A word that occurs nowhere in the corpus, as long as "and", so that it can replace that word. */
const POISON = "zzz";
const vocabulary = wordPieceVocabulary([
  ...corpus.posts.train.map((post) => post.text),
  `${POISON} ${POISON}`,
]);
const SMALL = ["--epochs", "1", "--learning-rate", "1e-3", "--threads", "1", "--max-length", "48"];
const NARROW = ["--set", "model.promptHidden=16", "model.attention.ffn=32"];
const FILES = ["--train", "train.jsonl", "--validation", "validation.jsonl", "--relations", "relations.json"];

let cwd: string;
const run = (...args: string[]) => relata(args, { cwd });
const train = (name: string, ...args: string[]) =>
  run("train", "--encoder", "bert", ...FILES, ...SMALL, "--run", name, "--json", ...args);
const inFolder = (...parts: string[]) => join(cwd, ...parts);

async function changeWeights(folder: string, change: (tensors: Record<string, HostTensor>) => void) {
  const path = inFolder(folder, "model.safetensors");
  const file = await readSafetensors(path);
  const tensors = Object.fromEntries(file.names().map((name) => [name, file.tensor(name)]));
  change(tensors);
  await writeSafetensors(path, tensors);
}

async function changeText(from: string, to: string, change: (text: string) => string) {
  await writeFile(inFolder(to), change(await readFile(inFolder(from), "utf8")));
}

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "relata-broken-"));
  await writeWorld(cwd, WORLD);
  await writeTinyBert(inFolder("bert"), vocabulary, 1);
  await writeTinyResnet(inFolder("resnet"), 1);
});
afterAll(() => rm(cwd, { recursive: true }));

describe("a broken encoder ends the run before it begins", () => {
  it.each([
    {
      what: "cut off in its weights",
      spoil: () => truncate(inFolder("spoilt", "model.safetensors"), 30_000),
      code: "engine/safetensors-truncated",
      place: "spoilt/model.safetensors:",
    },
    {
      what: "with a weight of another shape",
      spoil: () =>
        changeWeights("spoilt", (tensors) => {
          tensors["embeddings.LayerNorm.weight"] = hostTensor("float32", [32], new Float32Array(32));
        }),
      code: "encoder/wrong-weight-shape",
      place: "spoilt/model.safetensors: embeddings.LayerNorm.weight",
    },
    {
      what: "without a tokenizer",
      spoil: () => rm(inFolder("spoilt", "vocab.txt")),
      code: "encoder/no-tokenizer",
      place: "spoilt",
    },
    {
      what: "without config.json",
      spoil: () => rm(inFolder("spoilt", "config.json")),
      code: "encoder/no-config",
      place: "spoilt",
    },
  ])("$what: $code", async ({ spoil, code, place }) => {
    await rm(inFolder("spoilt"), { recursive: true, force: true });
    await cp(inFolder("bert"), inFolder("spoilt"), { recursive: true });
    await spoil();
    const result = await train(`never-${code.split("/")[1]}`, "--encoder", "spoilt", "--text-only");
    expect(result.code).toBe(2);
    expect(result.stdout).toBe("");
    const { error } = JSON.parse(result.stderr);
    expect(error.code).toBe(code);
    expect(error.place).toContain(place);
  });
});

describe("pictures", () => {
  const pictures = (folder: string) => ["--pictures", folder, "--picture-encoder", "resnet", ...NARROW];

  it("in a folder that is not there end the run", async () => {
    const { code, stderr } = await train("no-folder", ...pictures("nowhere"));
    expect(code).toBe(2);
    expect(JSON.parse(stderr).error).toMatchObject({
      code: "data/cannot-read",
      place: expect.stringContaining("nowhere"),
    });
    // The program still runs, and would hold the lock of a cache that the failed run had left open.
    const features = inFolder("no-folder", "picture-features");
    await (await FeatureCache.open(features, { extractor: "another" })).close();
  });

  it("of another data set are noticed before training", async () => {
    await mkdir(inFolder("empty"));
    const { code, stderr } = await train("no-picture", ...pictures("empty"));
    expect(code).toBe(2);
    expect(JSON.parse(stderr).error).toMatchObject({
      code: "data/no-visual",
      place: expect.stringContaining("train.jsonl"),
    });
  });

  it("that are missing or broken are counted and named, and the run continues", async () => {
    await cp(inFolder("pictures"), inFolder("damaged"), { recursive: true });
    const [missing, corrupt, page] = corpus.posts.train.filter((post) => post.image !== undefined);
    const fileOf = (post: typeof missing) => `${post?.id}.png`;
    await rm(inFolder("damaged", fileOf(missing)));
    await writeFile(inFolder("damaged", fileOf(corrupt)), Buffer.from("ffd8ffe000104a4649", "hex"));
    await writeFile(inFolder("damaged", fileOf(page)), "<html>404</html>");
    const trained = await train("damaged-run", ...pictures("damaged"));
    expect(trained.code).toBe(0);
    const account = JSON.parse(trained.stdout).data.train;
    const record = JSON.parse(await readFile(inFolder("damaged-run", "data.json"), "utf8"));
    expect(record.visualChannel).toBe("pixels");
    expect(record.train.account).toEqual(account);
    const without = corpus.posts.train.filter((post) => post.image === undefined).length;
    expect(account).toMatchObject({ examples: 32, withoutVisual: without + 3 });
    expect(account.brokenPictures).toEqual([
      expect.objectContaining({ image: fileOf(corrupt), code: "encoder/picture-broken" }),
      expect.objectContaining({ image: fileOf(page), code: "encoder/not-a-picture" }),
    ]);

    const evaluate = [
      "evaluate",
      "damaged-run/model-best",
      "train.jsonl",
      "--pictures",
      "damaged",
      "--allow-training-data",
    ];
    const { stdout } = await run(...evaluate);
    expect(stdout).toContain(`${without + 3} without a usable picture or caption, 2 broken picture files\n`);
    expect(stdout).toContain(`  ${fileOf(corrupt)}: [encoder/picture-broken] `);
  });
});

describe("rows that cannot be used", () => {
  it("are named by validate and counted by train: MNRE lines that are not literals", async () => {
    const line = (relation: string) =>
      `{'token': ['Ada', 'and', 'Bo'], 'h': {'name': 'Ada', 'pos': [0, 1]}, 't': {'name': 'Bo', 'pos': [2, 3]}, 'img_id': 'a.jpg', 'relation': '${relation}'}`;
    const lines = [line("per/per/couple"), "{'token': open('/etc/passwd')}", line("None")].join("\n");
    await writeFile(inFolder("mnre.txt"), `${lines}\n`);
    const checked = await run("validate", "mnre.txt", "--format", "mnre");
    expect(checked.code).toBe(2);
    expect(checked.stdout).toMatch(/error\[data\/not-a-python-literal\]/);
    expect(checked.stdout).toContain("mnre.txt:2");
    const files = ["--format", "mnre", "--train", "mnre.txt", "--validation", "mnre.txt"];
    const trained = await train("mnre", ...files, "--text-only");
    expect(trained.code).toBe(0);
    expect(JSON.parse(trained.stdout).data.train).toMatchObject({
      examples: 2,
      documents: { read: 3, rejected: 1, counts: { "data/not-a-python-literal": 1 } },
    });
  });

  it("are counted by train: captions that are not JSON, doubled or too long", async () => {
    const [image] = corpus.posts.train.flatMap((post) =>
      post.image === undefined ? [] : [`${post.id}.png`],
    );
    const rows = [
      JSON.stringify({ image, caption: "people ".repeat(300) }),
      "no JSON",
      JSON.stringify({ image, caption: "people" }),
    ];
    await writeFile(inFolder("captions.jsonl"), `${rows.join("\n")}\n`);
    const trained = await train("captions", "--captions", "captions.jsonl", ...NARROW);
    expect(trained.code).toBe(0);
    expect(JSON.parse(trained.stdout).data.train).toMatchObject({
      withoutVisual: 31,
      captions: {
        rows: { accepted: 1, counts: { "data/not-json": 1, "data/duplicate-caption": 1 } },
        truncated: 1,
      },
    });
  });

  it("are named by validate and counted by train: spans that leave the text", async () => {
    await changeText("train.jsonl", "spans.jsonl", (text) => text.replace(/"end":\d+/, '"end":999'));
    const checked = await run("validate", "spans.jsonl");
    expect(checked.code).toBe(2);
    expect(checked.stdout).toContain("error[data/span-out-of-range]");
    expect(checked.stdout).toContain("spans.jsonl:1");
    const trained = await train("spans", "--train", "spans.jsonl", "--text-only");
    expect(JSON.parse(trained.stdout).data.train).toMatchObject({
      examples: 31,
      documents: { rejected: 1, counts: { "data/span-out-of-range": 1 } },
    });
  });
});

describe("a relation that the model does not know", () => {
  it("is refused, left out or counted as None at evaluation, as the user says", async () => {
    expect((await train("known", "--text-only")).code).toBe(0);
    await changeText("validation.jsonl", "unknown.jsonl", (text) =>
      text.replace('"label":"per/per/couple"', '"label":"enemies"'),
    );
    const evaluate = (...args: string[]) =>
      run("evaluate", "known/model-best", "unknown.jsonl", "--json", ...args);
    const refused = await evaluate();
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stderr).error).toMatchObject({
      code: "data/unknown-label",
      place: "unknown.jsonl",
      message: expect.stringContaining("enemies"),
      remedy: expect.stringContaining("--unknown-relations"),
    });
    for (const [choice, instances] of [
      ["leave-out", 15],
      ["as-none", 16],
    ] as const) {
      const scored = await evaluate("--unknown-relations", choice);
      expect(scored.code).toBe(0);
      expect(JSON.parse(scored.stdout)).toMatchObject({
        metrics: { instances },
        data: { unknownRelations: { enemies: 1 } },
      });
    }
  });

  it("cannot enter a run that is resumed", async () => {
    const labels = Object.keys(JSON.parse(await readFile(inFolder("relations.json"), "utf8")));
    const more = Object.fromEntries([...labels, "enemies"].map((label, index) => [label, index]));
    await writeFile(inFolder("more.json"), JSON.stringify(more));
    const { code, stderr } = await run(
      ...["train", "--run", "known", "--resume", "--relations", "more.json", "--json"],
    );
    expect(code).toBe(2);
    const { error } = JSON.parse(stderr);
    expect(error.code).toBe("training/checkpoint-mismatch");
    expect(error.message).toContain("relations");
  });
});

describe("a NaN", () => {
  const LONG = [
    "--text-only",
    "--epochs",
    "20",
    "--run",
    "poisoned",
    "--set",
    "training.earlyStopping.enabled=false",
  ];

  beforeAll(async () => {
    await cp(inFolder("bert"), inFolder("poisoned-bert"), { recursive: true });
    await changeWeights("poisoned-bert", (tensors) => {
      const { data, shape } = tensors["embeddings.word_embeddings.weight"] as HostTensor<"float32">;
      const width = shape[1] ?? 0;
      const row = vocabulary.indexOf(POISON) * width;
      data.fill(Number.NaN, row, row + width);
    });
  });

  it("in the loss ends a run, and its last good checkpoint and model stay", async () => {
    const args = ["train", "--encoder", "poisoned-bert", ...FILES, ...SMALL, ...LONG];
    const child = spawn(process.execPath, [CLI, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      printed += chunk;
      if (printed.includes("epoch 1:") && !child.killed) child.kill("SIGINT");
    });
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(130);

    const state = async () => ({
      checkpoints: await readdir(inFolder("poisoned", "checkpoints")),
      best: await readFile(inFolder("poisoned", "model-best", "model.safetensors")),
    });
    const before = await state();
    await cp(inFolder("train.jsonl"), inFolder("clean.jsonl"));
    await changeText("train.jsonl", "train.jsonl", (text) => text.replaceAll(" and ", ` ${POISON} `));
    const warned = await run("train", "--run", "poisoned", "--resume");
    expect(warned.stderr).toContain("changed since the last start: data.train");
    const failed = await run("train", "--run", "poisoned", "--resume", "--json");
    expect(failed.code).toBe(1);
    const { error } = JSON.parse(failed.stderr);
    expect(error).toMatchObject({ code: "training/non-finite-loss", fault: "work" });
    expect(error.place).toMatch(/^step \d+$/);
    expect(error.message).toMatch(/the loss is NaN at step \d+, examples \S+/);
    expect(error.remedy).toContain(before.checkpoints[0]);
    expect(await state()).toEqual(before);

    const sound = await run("evaluate", "poisoned/model-best", "validation.jsonl", "--json");
    expect(sound.code).toBe(0);
    await cp(inFolder("clean.jsonl"), inFolder("train.jsonl"));
    const resumed = await run("train", "--run", "poisoned", "--resume", "--json");
    expect(JSON.parse(resumed.stdout)).toMatchObject({ status: "finished", steps: 80 });
  });

  it("in the scores is never taken for a prediction", async () => {
    await changeText("validation.jsonl", "poisoned.jsonl", (text) => text.replaceAll(" and ", ` ${POISON} `));
    const { code, stderr } = await run("evaluate", "poisoned/model-best", "poisoned.jsonl", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stderr).error).toMatchObject({ code: "engine/non-finite-scores", fault: "work" });
  });
});
