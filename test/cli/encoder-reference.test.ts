// Ways to name an encoder: a folder, sharded or not, a hub id from the cache, a description of an ONNX file.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors, writeSafetensors } from "../../src/engine/index.ts";
import { input, reduceMean, serialize } from "../../src/graph/index.ts";
import { drawWorld, PERSONS_ALONE } from "../../src/world/generate.ts";
import { writeTinyBert, writeTinyResnet } from "../../src/world/tiny-encoders.ts";
import { worldVocabulary } from "../../src/world/vocabulary.ts";
import { writeWorld } from "../../src/world/write.ts";
import { relata } from "./warm-program.ts";

const WORLD = { ...PERSONS_ALONE, train: 24, validation: 12, test: 1 };
const corpus = drawWorld(WORLD);
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const NO_HUB = "http://127.0.0.1:9"; // the discard port: nothing listens there

let cwd: string;
const cached = (id: string) => join(cwd, "cache", `models--${id.replace("/", "--")}`);
const run = (args: readonly string[]) =>
  relata(args, { cwd, env: { HF_HUB_CACHE: join(cwd, "cache"), HF_ENDPOINT: NO_HUB } });
const train = (name: string, ...args: string[]) =>
  run([
    "train",
    ...["--train", "train.jsonl", "--validation", "validation.jsonl", "--relations", "relations.json"],
    ...["--epochs", "1", "--learning-rate", "1e-3", "--threads", "1", "--max-length", "48"],
    ...["--run", name, ...args, "--json"],
    ...["--set", "model.promptHidden=16", "model.attention.ffn=32"],
  ]);

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "relata-encoders-"));
  await writeWorld(cwd, WORLD);
  await writeTinyBert(join(cwd, "bert"), worldVocabulary(corpus), 1);
  await writeTinyResnet(join(cwd, "resnet"), 1);
});
afterAll(() => rm(cwd, { recursive: true }));

describe("an encoder by hub id", () => {
  it("is taken from the cache, and the run remembers the id", async () => {
    for (const [id, folder] of [
      ["owner/bert", "bert"],
      ["owner/resnet", "resnet"],
    ] as const) {
      await cp(join(cwd, folder), join(cached(id), "snapshots", COMMIT), { recursive: true });
      await mkdir(join(cached(id), "refs"), { recursive: true });
      await writeFile(join(cached(id), "refs", "main"), COMMIT);
    }
    const ids = ["--encoder", "owner/bert", "--pictures", "pictures", "--picture-encoder", "owner/resnet"];
    const trained = await train("by-id", ...ids);
    expect(trained.stderr).toBe("");
    expect(JSON.parse(trained.stdout)).toMatchObject({ status: "finished", visualChannel: "pixels" });
    const config = JSON.parse(await readFile(join(cwd, "by-id", "relata.config.json"), "utf8"));
    expect([config.encoder, config.visual.encoder]).toEqual(["owner/bert", "owner/resnet"]);

    const files = ["by-id/model-best", "validation.jsonl", "--pictures", "pictures"];
    expect((await run(["evaluate", ...files])).code).toBe(0);
    await rm(cached("owner/resnet"), { recursive: true });
    const gone = await run(["evaluate", ...files]);
    expect(gone.code).toBe(2);
    expect(gone.stderr).toContain("error[encoder/hub-unreachable]");
  });

  it("that cannot be downloaded is an error of the input, with both ways out", async () => {
    const { code, stderr } = await train("unreachable", "--encoder", "owner/absent", "--text-only");
    expect(code).toBe(2);
    const { error } = JSON.parse(stderr);
    expect(error).toMatchObject({ code: "encoder/hub-unreachable", place: "owner/absent", fault: "input" });
    expect(error.message).toContain(`there is no folder owner/absent, and a model of this name`);
    expect(error.message).toContain(NO_HUB);
    expect(error.remedy).toContain("pass its path");
  });
});

describe("an encoder's folder", () => {
  it("may hold its weights in shards", async () => {
    const whole = await readSafetensors(join(cwd, "bert", "model.safetensors"));
    const folder = join(cwd, "sharded");
    await cp(join(cwd, "bert"), folder, { recursive: true });
    await rm(join(folder, "model.safetensors"));
    const shardOf = (name: string) => `model-${name.length % 2}.safetensors`;
    for (const shard of ["model-0.safetensors", "model-1.safetensors"]) {
      const names = whole.names().filter((name) => shardOf(name) === shard);
      const tensors = Object.fromEntries(names.map((name) => [name, whole.tensor(name)]));
      await writeSafetensors(join(folder, shard), tensors);
    }
    const map = Object.fromEntries(whole.names().map((name) => [name, shardOf(name)]));
    await writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map: map }));

    const sharded = await train("from-shards", "--encoder", "sharded", "--text-only");
    const single = await train("from-one-file", "--encoder", "bert", "--text-only");
    expect([sharded.code, single.code]).toEqual([0, 0]);
    const metrics = (name: string) => readFile(join(cwd, name, "metrics.jsonl"), "utf8");
    expect(await metrics("from-shards")).toBe(await metrics("from-one-file"));
  });
});

describe("a picture encoder by description", () => {
  const description = {
    model: "colours.onnx",
    input: "pixels",
    maps: ["maps"],
    logits: "logits",
    width: 8,
    height: 8,
  };
  const trainDescribed = (name: string) =>
    train(name, "--encoder", "bert", "--pictures", "pictures", "--picture-encoder", "colours.json");

  it("is any ONNX file with maps and class scores", async () => {
    const pixels = input("pixels", "float32", ["batch", 3, 8, 8]);
    const logits = reduceMean(pixels, { axes: [2, 3] });
    await writeFile(join(cwd, "colours.onnx"), serialize({ maps: pixels, logits }).bytes);
    await writeFile(join(cwd, "colours.json"), JSON.stringify(description));
    const trained = await trainDescribed("described");
    expect(trained.stderr).toBe("");
    expect(JSON.parse(trained.stdout)).toMatchObject({ status: "finished", visualChannel: "pixels" });
  });

  it.each([
    { what: "a misspelt field", change: { lgits: "x" }, code: "encoder/bad-description", says: "lgits" },
    {
      what: "a file that is not there",
      change: { model: "gone.onnx" },
      code: "encoder/no-model-file",
      says: "gone.onnx",
    },
    {
      what: "an unknown output",
      change: { maps: ["stage_9"] },
      code: "encoder/no-such-output",
      says: "it has maps",
    },
  ])("with $what is refused", async ({ change, code, says }) => {
    await writeFile(join(cwd, "colours.json"), JSON.stringify({ ...description, ...change }));
    const refused = await trainDescribed("refused");
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stderr).error).toMatchObject({ code, message: expect.stringContaining(says) });
  });
});
