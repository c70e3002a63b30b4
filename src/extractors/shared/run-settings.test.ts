import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { parseConfig } from "../../config/parse.ts";
import type { Config } from "../../config/schema.ts";
import { inputContents, keepSettings } from "./run-settings.ts";

const folders: string[] = [];
let folder = "";
let runFolder = "";
let base: Config;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-settings-"));
  folders.push(folder);
  runFolder = join(folder, "run");
  for (const name of ["train.jsonl", "validation.jsonl"]) await writeFile(join(folder, name), `${name}\n`);
  await mkdir(join(folder, "pictures"));
  await writeFile(join(folder, "pictures", "a.jpg"), "a picture");
  const data = {
    train: join(folder, "train.jsonl"),
    validation: join(folder, "validation.jsonl"),
    pictures: join(folder, "pictures"),
  };
  base = parseConfig(
    { encoder: "owner/name", data, visual: { kind: "pictures", encoder: "owner/pictures" } },
    "here",
  );
  await keepSettings({ config: base, runFolder });
});
afterAll(() => Promise.all(folders.map((path) => rm(path, { recursive: true }))));

/** A file that the trainer writes as soon as it starts. */
async function begin(): Promise<void> {
  const record = { environment: { inputs: await inputContents(base) } };
  await writeFile(join(runFolder, "run.json"), JSON.stringify(record));
}

const recorded = async (): Promise<unknown> =>
  JSON.parse(await readFile(join(runFolder, "relata.config.json"), "utf8"));
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const training = (changes: Partial<Config["training"]>): Config => ({
  ...base,
  training: { ...base.training, ...changes },
});

describe("the settings of a run", () => {
  it("are recorded again by every attempt until the run has begun", async () => {
    expect(await recorded()).toEqual(asJson(base));
    const other = training({ epochs: 2 });
    await keepSettings({ config: other, runFolder });
    expect(await recorded()).toEqual(asJson(other));
  });

  it("are held on resume: each that differs is named with both values, and the record stays", async () => {
    await begin();
    const changed = training({ weightDecay: 0.5, headLearningRate: 0.001 });
    await expect(keepSettings({ config: changed, runFolder, resume: true })).rejects.toMatchObject({
      code: "training/checkpoint-mismatch",
      place: join(runFolder, "relata.config.json"),
      value: ["training.weightDecay: was 0.01, is 0.5", "training.headLearningRate: was absent, is 0.001"],
      remedy: expect.stringContaining("--run"),
    });
    expect(await recorded()).toEqual(asJson(base));
  });

  it("are held by teachers that have begun, before the student has", async () => {
    await mkdir(join(runFolder, "teachers"));
    await writeFile(join(runFolder, "teachers", "begun.json"), "{}");
    const attempt = keepSettings(
      { config: training({ metric: "macro_f1" }), runFolder, resume: true },
      "teachers/begun.json",
    );
    await expect(attempt).rejects.toMatchObject({ code: "training/checkpoint-mismatch" });
  });

  it("that may change are recorded again", async () => {
    await begin();
    const changed = { ...training({ threads: 3 }), cache: join(folder, "cache") };
    await keepSettings({ config: changed, runFolder, resume: true });
    expect(await recorded()).toEqual(asJson(changed));
  });

  it("allow the same files at another place, and name those whose content differs", async () => {
    await begin();
    await rename(join(folder, "train.jsonl"), join(folder, "moved.jsonl"));
    await rename(join(folder, "pictures"), join(folder, "photos"));
    const at = (train: string, pictures: string): Config => ({
      ...base,
      data: { ...base.data, train: join(folder, train), pictures: join(folder, pictures) },
    });
    await keepSettings({ config: at("moved.jsonl", "photos"), runFolder, resume: true });
    expect(await recorded()).toEqual(asJson(at("moved.jsonl", "photos")));

    await writeFile(join(folder, "other.jsonl"), "others\n");
    const attempt = keepSettings({ config: at("other.jsonl", "photos"), runFolder, resume: true });
    await expect(attempt).rejects.toMatchObject({
      value: [
        expect.stringMatching(
          /^data\.train: was .*moved\.jsonl", is .*other\.jsonl", where the content differs$/,
        ),
      ],
    });
  });

  it.each(["ended.json", "model-last"])("tell by %s that a run has ended", async (left) => {
    await begin();
    await mkdir(join(runFolder, left));
    const longer = keepSettings({ config: training({ epochs: 99 }), runFolder, resume: true });
    await expect(longer).rejects.toMatchObject({
      message: expect.stringContaining("training.epochs: was 20, is 99"),
      remedy: expect.stringContaining("has ended"),
    });
  });
});
