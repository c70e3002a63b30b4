// Weights under other names: what is taken, what is refused, and what the message tells a user to do.
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors, writeSafetensors } from "../engine/safetensors.ts";
import { resolveEncoder } from "./folder.ts";
import { neededByPictures, neededByText, textWeightNames } from "./needed-weights.ts";
import { writeSmallBert, writeSmallClip, writeSmallVit } from "./testing/small-encoders.ts";
import { parseTextConfig } from "./text/table.ts";
import { chooseWeights } from "./weight-files.ts";
import { openWeights, weightFiles } from "./weight-source.ts";
import { weightsFingerprint } from "./weights-fingerprint.ts";

let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "relata-weight-files-"));
});
afterAll(() => rm(work, { recursive: true }));

const choose = (...names: string[]) => chooseWeights(new Set(names), "the folder").name;

describe("the chosen weights", () => {
  it.each([
    [["model.safetensors", "model.fp16.safetensors", "adapter_model.safetensors"], "model.safetensors"],
    [["model.safetensors", "model.safetensors.index.json"], "model.safetensors"],
    [["model.safetensors.index.json", "other.safetensors"], "model.safetensors.index.json"],
    [["pytorch_model.safetensors", "pytorch_model.bin"], "pytorch_model.safetensors"],
    [["model.fp16.safetensors"], "model.fp16.safetensors"],
    [["open_clip_model.safetensors", "adapter_model.safetensors"], "open_clip_model.safetensors"],
    [["weights.safetensors", "optimizer.safetensors"], "weights.safetensors"],
    [["model-00001-of-00001.safetensors"], "model-00001-of-00001.safetensors"],
    [
      ["model.safetensors.index.fp16.json", "model.fp16-00001-of-00002.safetensors"],
      "model.safetensors.index.fp16.json",
    ],
  ])("among %j are %s", (names, chosen) => {
    expect(choose("config.json", ...names)).toBe(chosen);
  });

  it("are never guessed among several", () => {
    expect(() => choose("model.fp16.safetensors", "model.bf16.safetensors")).toThrow(
      expect.objectContaining({
        code: "encoder/ambiguous-weights",
        message: expect.stringContaining("model.bf16.safetensors, model.fp16.safetensors"),
        remedy: expect.stringContaining("renamed to model.safetensors"),
      }),
    );
  });

  it.each([
    ["pytorch_model.bin", "AutoModel.from_pretrained"],
    ["tf_model.h5", "from_tf=True"],
    ["flax_model.msgpack", "from_flax=True"],
    ["model.onnx", "ONNX"],
    ["adapter_model.safetensors", "merge_and_unload"],
    ["pytorch_lora_weights.safetensors", "merge_and_unload"],
    ["model-00001-of-00002.safetensors", "index"],
  ])("are not %s, and the message says what to do", (name, remedy) => {
    expect(() => choose("config.json", name)).toThrow(
      expect.objectContaining({
        code: "encoder/no-weights",
        message: expect.stringContaining(`its weight files are ${name}`),
        remedy: expect.stringContaining(remedy),
      }),
    );
  });
});

describe("weights under another name", () => {
  it("are read, fingerprinted and named in a note", async () => {
    const folder = join(work, "renamed");
    await writeSmallBert(folder, { words: ["a"], hidden: 4 });
    const before = await weightsFingerprint(folder);
    await rename(join(folder, "model.safetensors"), join(folder, "pytorch_model.safetensors"));
    const { files, notes } = await resolveEncoder(folder);
    expect(files.weights).toEqual(["pytorch_model.safetensors"]);
    expect(notes).toEqual([expect.stringContaining("pytorch_model.safetensors")]);
    expect((await openWeights(folder)).names()).toContain("embeddings.word_embeddings.weight");
    expect(await weightsFingerprint(folder)).toBe(before);
  });
});

/** Splits a folder's weights: those that `isNeeded` accepts in the first shard, the others in a second, which is not written. */
async function splitWeights(
  folder: string,
  isNeeded: (name: string) => boolean,
  others: Readonly<Record<string, string>>,
) {
  const path = join(folder, "model.safetensors");
  const whole = await readSafetensors(path);
  const kept = whole.names().filter(isNeeded);
  await writeSafetensors(
    join(folder, "first.safetensors"),
    Object.fromEntries(kept.map((name) => [name, whole.tensor(name)])),
  );
  const first = kept.map((name) => [name, "first.safetensors"]);
  const rest = whole.names().filter((name) => !isNeeded(name));
  const map = { ...others, ...Object.fromEntries([...first, ...rest.map((name) => [name, "second"])]) };
  await writeFile(
    join(folder, "model.safetensors.index.json"),
    JSON.stringify({ metadata: null, weight_map: map }),
  );
  await rm(path);
}

describe("an index that names more than is needed", () => {
  it("asks for the shards of the text encoder alone", async () => {
    const folder = join(work, "bert");
    await writeSmallBert(folder, { words: ["a"], hidden: 4 });
    await splitWeights(folder, () => true, { "cls.predictions.bias": "heads.safetensors" });
    const parts = ["weights"] as const;
    await expect(resolveEncoder(folder, { parts })).rejects.toMatchObject({ code: "encoder/no-shard" });
    const { files } = await resolveEncoder(folder, { parts, neededWeights: neededByText });
    expect(files.weights).toEqual(["first.safetensors"]);
    expect(await weightFiles(folder)).toEqual(["model.safetensors.index.json", "first.safetensors"]);
    const json: unknown = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
    const wanted = textWeightNames(parseTextConfig(json, "config.json"));
    const source = await openWeights(folder, wanted);
    expect(source.spec("embeddings.LayerNorm.weight").shape).toEqual([4]);
    expect(() => source.spec("cls.predictions.bias")).toThrow("heads.safetensors");
  });

  it("asks for CLIP's picture tower alone, and for everything of a ViT", async () => {
    const clip = join(work, "clip");
    await writeSmallClip(clip);
    await splitWeights(clip, (name) => /^(vision_model|visual_projection)/.test(name), {});
    const wishes = { parts: ["weights"] as const, neededWeights: neededByPictures };
    expect((await resolveEncoder(clip, wishes)).files.weights).toEqual(["first.safetensors"]);
    const vit = join(work, "vit");
    await writeSmallVit(vit, "classifier");
    await splitWeights(vit, (name) => !name.startsWith("classifier."), {});
    await expect(resolveEncoder(vit, wishes)).rejects.toMatchObject({
      code: "encoder/no-shard",
      message: expect.stringContaining("second"),
    });
  });

  it("that is a Git LFS pointer is named as one", async () => {
    const folder = join(work, "pointer");
    await writeSmallBert(folder, { words: ["a"], hidden: 4 });
    await rm(join(folder, "model.safetensors"));
    await writeFile(
      join(folder, "model.safetensors.index.json"),
      `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 4000\n`,
    );
    await expect(openWeights(folder)).rejects.toMatchObject({ code: "encoder/git-lfs-pointer" });
  });
});
