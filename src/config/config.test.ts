import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConfigError } from "../base/errors.ts";
import { loadConfig } from "./load.ts";
import { parseConfig } from "./parse.ts";
import type { ConfigInput } from "./schema.ts";

const minimal = { encoder: "roberta-large", data: { train: "a.jsonl", validation: "b.jsonl" } };

function faultOf(value: unknown): ConfigError {
  try {
    parseConfig(value, "here");
  } catch (error) {
    return error as ConfigError;
  }
  throw new Error("parseConfig accepted the value");
}

describe("parseConfig", () => {
  it("fills in the published model of MNRE, and training settings for some hundreds of documents", () => {
    const config = parseConfig(minimal, "here");
    expect(config.model).toMatchObject({
      promptLength: 4,
      promptHidden: 800,
      objects: 3,
      semanticLoss: { enabled: true, weight: 0.5 },
      attention: { enabled: true, heads: 4, ffn: 2048, dropout: 0.2 },
      mixup: { enabled: true, delta: 0.7, unmixedShare: 0.6, alpha: 1 },
      prefix: { enabled: true, layers: "all" },
    });
    expect(config.training).toMatchObject({
      epochs: 20,
      batchSize: 8,
      maxGradientNorm: 1,
      earlyStopping: { enabled: true, patience: 6 },
      keep: "best",
      warmupRatio: 0.06,
      weightDecay: 0.01,
      schedule: "linear",
      maxLength: 80,
    });
  });

  it("fills in the settings for entities, below what is given", () => {
    const config = parseConfig({ ...minimal, task: "mner", training: { epochs: 3 } }, "here");
    expect(config.training).toMatchObject({ epochs: 3, batchSize: 8 });
    expect(config.model.semanticLoss.weight).toBe(1);
    expect(config.model.tagging).toEqual({
      emissionWidth: 32,
      labelMixing: "pair",
      subwords: "x",
      constrained: true,
    });
  });

  it("gives the features of tokens their published width where no attention across samples grows with it", () => {
    const width = (model: ConfigInput["model"]) =>
      parseConfig({ ...minimal, task: "mner", model }, "here").model.tagging.emissionWidth;
    expect(width({ attention: { enabled: false } })).toBe(150);
    expect(width({ attention: { enabled: true } })).toBe(32);
    expect(width({ attention: { enabled: false }, tagging: { emissionWidth: 20 } })).toBe(20);
  });

  it("refuses accuracy as the metric of an entity model", () => {
    const error = faultOf({ ...minimal, task: "mner", training: { metric: "accuracy" } });
    expect(error.code).toBe("config/contradiction");
    expect(error.message).toContain('task is "mner"');
  });

  it("keeps the other defaults of a section of which one field is set", () => {
    expect(parseConfig({ ...minimal, model: { mixup: { alpha: 2 } } }, "here").model.mixup).toEqual({
      enabled: true,
      rows: "pool",
      delta: 0.7,
      unmixedShare: 0.6,
      alpha: 2,
    });
  });

  it("mixes all rows of entities by default, and refuses shares of a pool there", () => {
    const entities = (mixup: object) => ({ ...minimal, task: "mner", model: { mixup } });
    expect(parseConfig(entities({}), "here").model.mixup.rows).toBe("all");
    expect(parseConfig(entities({ rows: "pool", delta: 0.3 }), "here").model.mixup.delta).toBe(0.3);
    expect(parseConfig(entities({ enabled: false, delta: 0.3 }), "here").model.mixup.enabled).toBe(false);
    for (const [mixup, named] of [
      [{ delta: 0.3 }, "model.mixup.delta (0.3) cannot have an effect"],
      [{ delta: 0.3, unmixedShare: 1 }, "model.mixup.delta (0.3) and model.mixup.unmixedShare (1)"],
    ] as const) {
      const error = faultOf(entities(mixup));
      expect(error.code).toBe("config/contradiction");
      expect(error.message).toContain(named);
    }
  });

  it.each([
    [{ ...minimal, training: { epochs: -1 } }, "training.epochs: expected a number of more than 0, got -1"],
    [
      { ...minimal, training: { device: "gpu" } },
      'training.device: expected "cpu" or "webgpu" or "cuda", got "gpu"',
    ],
    [{ ...minimal, training: { batchSize: 2.5 } }, "training.batchSize: expected an integer, got 2.5"],
    [
      { ...minimal, model: { mixup: { dela: 1 } } },
      'model.mixup: unknown field "dela", did you mean "delta"?',
    ],
    [{ data: minimal.data }, "encoder: expected text, but it is missing"],
    [
      { ...minimal, model: { prefix: { layers: "some" } } },
      'model.prefix.layers: expected "all" or a list, got "some"',
    ],
    [7, "the configuration: expected an object, got 7"],
  ])("names the path, the value and what is legal (%#)", (value, message) => {
    const error = faultOf(value);
    expect(error.code).toBe("config/invalid");
    expect(error.message).toContain(message);
  });

  it("reports all faults at once", () => {
    const error = faultOf({ ...minimal, task: "mren", training: { seed: -1 } });
    expect(error.message).toContain(
      'task: expected "mre" or "mner" or "classification" or "both", got "mren"',
    );
    expect(error.message).toContain("training.seed");
  });

  it("refuses fields that contradict each other", () => {
    expect(faultOf({ ...minimal, visual: { kind: "captions" } }).code).toBe("config/contradiction");
    expect(faultOf({ ...minimal, visual: { kind: "pictures", encoder: "r" } }).message).toContain(
      "data.pictures",
    );
  });

  it("refuses the student's mixup for a method that mixes otherwise", () => {
    const error = faultOf({ ...minimal, synthesis: { mixupAlpha: 0.2 } });
    expect(error.code).toBe("config/contradiction");
    expect(error.message).toContain('synthesis.mixupAlpha is set, but method is "i2srm"');
    expect(faultOf({ ...minimal, method: "mi2rage", synthesis: { mixupAlpha: 0 } }).code).toBe(
      "config/invalid",
    );
  });

  it("refuses stages without a picture encoder, and crops alone where there are none", () => {
    const pictures = { ...minimal, data: { ...minimal.data, pictures: "p" } };
    const seen = { kind: "pictures", encoder: "r" };
    const cropsOnly = { prefix: { wholePicture: false } };
    expect(parseConfig({ ...pictures, visual: { ...seen, stages: [4, 4] } }, "here").visual.stages).toEqual([
      4, 4,
    ]);
    for (const kind of ["none", "features", "captions"])
      expect(faultOf({ ...pictures, visual: { kind, features: undefined, stages: [1] } }).message).toContain(
        `visual.stages is set, but visual.kind is "${kind}"`,
      );
    expect(faultOf({ ...pictures, visual: { ...seen, stages: [0] } }).code).toBe("config/invalid");
    const detecting = { ...seen, detector: "d.json" };
    expect(
      parseConfig({ ...pictures, visual: detecting, model: cropsOnly }, "here").model.prefix.wholePicture,
    ).toBe(false);
    for (const [visual, model, why] of [
      [seen, cropsOnly, "there is no visual.detector"],
      [detecting, { ...cropsOnly, objects: 0 }, "model.objects is 0"],
      [{ kind: "none" }, cropsOnly, 'visual.kind is "none"'],
    ] as const) {
      const error = faultOf({ ...pictures, visual, model });
      expect(error.code).toBe("config/contradiction");
      expect(error.message).toContain(why);
    }
  });

  it("lets entities have generated pictures for real texts, and nothing that a sentence cannot have", () => {
    const student = {
      ...{ ...minimal, task: "mner" as const, method: "mi2rage" },
      visual: { kind: "pictures", encoder: "clip" } as const,
    };
    const { synthesis, model } = parseConfig({ ...student, synthesis: { store: "views" } });
    expect([synthesis.real, synthesis.combination, model.tagging.emissionWidth]).toEqual([
      ...["text", "attention", 150],
    ]);
    const refused = (fields: object) => faultOf({ ...student, synthesis: { store: "views", ...fields } });
    expect(refused({ real: "picture" }).code).toBe("config/contradiction");
    expect(refused({ real: "picture" }).message).toContain('synthesis.real is "picture", but task is "mner"');
    expect(refused({ combination: "product" }).message).toContain(
      'synthesis.combination is "product", but task is "mner"',
    );
    expect(refused({ mixupAlpha: 1 }).message).toContain('synthesis.mixupAlpha is set, but task is "mner"');
    expect(refused({ augmentedShare: 0.5 }).message).toContain(
      'synthesis.augmentedShare is set, but task is "mner"',
    );
    expect(refused({ trust: 2 }).message).toContain('synthesis.trust is 2, but task is "mner"');
    expect(faultOf({ ...minimal, task: "mner", method: "mine" }).code).toBe("config/invalid");
  });

  it("refuses augmented texts where they are not all that a student of texts reads", () => {
    const texts = { store: "texts", augmentedShare: 0.5 };
    const student = (synthesis: object, more: object = {}) => ({
      ...minimal,
      method: "mi2rage",
      synthesis,
      ...more,
    });
    expect(parseConfig(student(texts), "test").synthesis.augmentedShare).toBe(0.5);
    const faults: readonly (readonly [object, string])[] = [
      [{ ...minimal, synthesis: { augmentedShare: 0.5 } }, 'method is "i2srm"'],
      [student({ ...texts, real: "picture" }), 'synthesis.real is "picture"'],
      [student({ ...texts, use: "both" }), 'synthesis.use is "both"'],
      [student({ ...texts, rounds: 2 }), "synthesis.rounds is 2"],
      [student({ ...texts, selection: { reads: "pair" } }), 'synthesis.selection.reads is "pair"'],
      [student(texts, { visual: { kind: "pictures", encoder: "clip" } }), 'visual.kind is "pictures"'],
      [student({ augmentedShare: 0.5 }), "synthesis.store is missing"],
    ];
    for (const [value, message] of faults)
      expect(faultOf(value)).toMatchObject({
        code: "config/contradiction",
        message: expect.stringContaining(message),
      });
  });

  it("refuses pools as large as more rounds give than are used", () => {
    const synthesis = { store: "views", rounds: 2 };
    const student = { ...minimal, method: "mi2rage", visual: { kind: "pictures", encoder: "clip" } };
    const error = faultOf({ ...student, synthesis: { ...synthesis, asManyAsRounds: 3 } });
    expect(error.code).toBe("config/contradiction");
    expect(error.message).toContain("synthesis.asManyAsRounds is 3, but synthesis.rounds is 2");
  });

  it("refuses a gate and a matched share for selections without teachers", () => {
    const student = { ...minimal, method: "mi2rage", visual: { kind: "pictures", encoder: "clip" } };
    const faults = (selection: object) => faultOf({ ...student, synthesis: { store: "views", selection } });
    for (const method of ["random", "similarity"]) {
      for (const setting of [{ share: "match" }, { gate: { enabled: true } }]) {
        expect(faults({ method, ...setting }).code).toBe("config/contradiction");
      }
    }
    expect(faults({ share: "matching" }).message).toContain("synthesis.selection.share");
    expect(faults({ margin: 21 }).code).toBe("config/invalid");
    expect(faults({ gate: { enabled: true, margin: -0.1 } }).code).toBe("config/invalid");
  });
});

describe("loadConfig", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "relata-config-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("resolves paths from the file's folder and leaves hub ids alone", async () => {
    await writeFile(join(folder, "a.json"), JSON.stringify(minimal));
    const config = await loadConfig({ path: join(folder, "a.json") });
    expect(config.data.train).toBe(join(folder, "a.jsonl"));
    expect(config.encoder).toBe("roberta-large");
  });

  it("runs a TypeScript configuration that imports defineConfig from relata", async () => {
    await writeFile(
      join(folder, "b.ts"),
      `import { defineConfig } from "relata";
       const epochs: number = 3; // types are allowed
       export default defineConfig({ encoder: "./enc", data: { train: "a", validation: "b" }, training: { epochs } });`,
    );
    const config = await loadConfig({ path: join(folder, "b.ts") });
    expect(config.training.epochs).toBe(3);
    expect(config.encoder).toBe(join(folder, "enc"));
  });

  it("lays overrides over the file, with paths from the working folder", async () => {
    await writeFile(join(folder, "c.json"), JSON.stringify({ ...minimal, training: { epochs: 3, seed: 9 } }));
    const config = await loadConfig({
      path: join(folder, "c.json"),
      folder: "/elsewhere",
      overrides: { training: { epochs: 5 }, data: { train: "t.jsonl" } },
    });
    expect(config.training).toMatchObject({ epochs: 5, seed: 9 });
    expect(config.data).toMatchObject({ train: "/elsewhere/t.jsonl", validation: join(folder, "b.jsonl") });
  });

  it("reads null as a field that is left out, and a file with a byte order mark", async () => {
    const fields = { ...minimal, visual: null, data: { ...minimal.data, noneLabel: null } };
    await writeFile(join(folder, "nulls.json"), `\ufeff${JSON.stringify(fields)}`);
    await writeFile(join(folder, "without.json"), JSON.stringify(minimal));
    const [nulls, without] = await Promise.all(
      ["nulls.json", "without.json"].map((name) => loadConfig({ path: join(folder, name) })),
    );
    expect(nulls).toEqual(without);
  });

  it("says what is wrong with a file that cannot be read", async () => {
    await writeFile(join(folder, "d.json"), "{ encoder: 1 }");
    await writeFile(join(folder, "e.ts"), "export const config = {};");
    await expect(loadConfig({ path: join(folder, "none.json") })).rejects.toMatchObject({
      code: "config/not-found",
    });
    await expect(loadConfig({ path: join(folder, "d.json") })).rejects.toMatchObject({
      code: "config/unreadable",
    });
    await expect(loadConfig({ path: join(folder, "e.ts") })).rejects.toMatchObject({
      code: "config/unreadable",
    });
    await writeFile(join(folder, "lfs.json"), "version https://git-lfs.github.com/spec/v1\n");
    await expect(loadConfig({ path: join(folder, "lfs.json") })).rejects.toThrow("Git LFS pointer");
    await expect(loadConfig({ folder })).rejects.toMatchObject({ code: "config/not-found" });
  });
});
