import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConfigError } from "../base/errors.ts";
import type { Fields } from "../base/fields.ts";
import { Extensions } from "../extensions/extension.ts";
import { loadConfig, loadTrainConfig } from "./load.ts";
import { parseConfig, parseLayers, writtenBoth } from "./parse.ts";
import type { BothConfig, ConfigInput } from "./schema.ts";

const minimal = { task: "both", encoder: "e", data: { train: "a.jsonl", validation: "b.jsonl" } } as const;

function both(...layers: [ConfigInput, ...Fields[]]): BothConfig {
  const config = parseLayers(layers, "here", Extensions.NONE);
  if (config.task !== "both") throw new Error(`the task is ${config.task}`);
  return config;
}

function faultOf(work: () => unknown): ConfigError {
  try {
    work();
  } catch (error) {
    return error as ConfigError;
  }
  throw new Error("the value was accepted");
}

describe("the task both", () => {
  it("gives each model the defaults of its task", () => {
    const { entities, relations } = both(minimal);
    expect(entities).toEqual(parseConfig({ ...minimal, task: "mner" }));
    expect(relations).toEqual(parseConfig({ ...minimal, task: "mre" }));
    const published = both({ ...minimal, preset: "published" });
    expect([published.entities.training.epochs, published.relations.training.epochs]).toEqual([30, 25]);
  });

  it("lets shared fields hold for both models, and those of a section for one", () => {
    const { entities, relations } = both({
      ...minimal,
      training: { epochs: 4, seed: 7 },
      entities: { training: { epochs: 2 }, model: { promptHidden: 9 } },
      relations: { encoder: "other" },
    });
    expect([entities.training.epochs, relations.training.epochs]).toEqual([2, 4]);
    expect([entities.training.seed, relations.training.seed]).toEqual([7, 7]);
    expect([entities.model.promptHidden, relations.model.promptHidden]).toEqual([9, 800]);
    expect([entities.encoder, relations.encoder]).toEqual(["e", "other"]);
  });

  it("overrides the sections of an earlier layer with the shared fields of a later one", () => {
    const file = { ...minimal, entities: { training: { epochs: 2, seed: 5 } } };
    const { entities, relations } = both(file, {
      training: { epochs: 9 },
      relations: { training: { seed: 1 } },
    });
    expect([entities.training.epochs, relations.training.epochs]).toEqual([9, 9]);
    expect([entities.training.seed, relations.training.seed]).toEqual([5, 1]);
  });

  it("keeps shared fields of one task from the other", () => {
    const { entities, relations } = both({
      ...minimal,
      method: "mi2rage",
      visual: { kind: "pictures", encoder: "r" },
      data: { ...minimal.data, pictures: "p" },
      synthesis: { store: "s" },
      training: { taggerLearningRate: 0.01 },
    });
    expect([entities.method, relations.method]).toEqual(["i2srm", "mi2rage"]);
    expect(entities.synthesis.store).toBeUndefined();
    expect(entities.training.taggerLearningRate).toBe(0.01);
    expect(relations.training.taggerLearningRate).toBeUndefined();
  });

  it("replaces what a model sees as a whole", () => {
    const { entities, relations } = both({
      ...minimal,
      data: { ...minimal.data, pictures: "p" },
      visual: { kind: "pictures", encoder: "r" },
      entities: { visual: { kind: "none" } },
    });
    expect(entities.visual).toEqual({ kind: "none" });
    expect(relations.visual).toEqual({ kind: "pictures", encoder: "r" });
  });

  it("applies a section to its task when only that one is trained, and ignores the other", () => {
    const value = { ...minimal, entities: { training: { epochs: 2 } } };
    const one = (task: string) => parseConfig({ ...value, task }).training.epochs;
    expect([one("mner"), one("mre")]).toEqual([2, 20]);
  });

  it("writes what can be read again", () => {
    const config = both({
      ...minimal,
      training: { epochs: 4, taggerLearningRate: 0.02 },
      entities: { visual: { kind: "none" } },
      relations: { training: { batchSize: 3 } },
    });
    const written = JSON.parse(JSON.stringify(writtenBoth(config)));
    expect(both(written)).toEqual(config);
    expect(written).toMatchObject({ task: "both", encoder: "e", entities: { training: { epochs: 4 } } });
    expect(written.training).toBeUndefined();
  });

  it("names the section and the field of a fault", () => {
    const wrong = { ...minimal, entities: { training: { epoch: 3 } } } as ConfigInput;
    expect(faultOf(() => both(wrong)).message).toContain(
      'entities.training: unknown field "epoch", did you mean "epochs"?',
    );
    const accuracy = faultOf(() => both({ ...minimal, training: { metric: "accuracy" } }));
    expect(accuracy).toMatchObject({ code: "config/contradiction", place: "here, for entities" });
  });

  it("is refused where one model is needed", () => {
    expect(faultOf(() => parseConfig(minimal, "here"))).toMatchObject({
      code: "config/two-models",
      place: "here",
    });
  });
});

describe("a configuration file for both tasks", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "relata-both-config-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("resolves the paths of its sections from its own folder", async () => {
    const path = join(folder, "both.json");
    await writeFile(path, JSON.stringify({ ...minimal, relations: { encoder: "./other" } }));
    const config = await loadTrainConfig({ path, overrides: { training: { epochs: 1 } } });
    expect(config).toMatchObject({
      entities: { encoder: "e", data: { train: join(folder, "a.jsonl") }, training: { epochs: 1 } },
      relations: { encoder: join(folder, "other"), training: { epochs: 1 } },
    });
    await expect(loadConfig({ path })).rejects.toMatchObject({ code: "config/two-models", place: path });
  });
});
