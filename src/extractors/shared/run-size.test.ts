// Runs that do not fit are refused with the settings to change, and the suggested values do fit.
import { describe, expect, it } from "vitest";
import { RelataError } from "../../base/errors.ts";
import { parseConfig } from "../../config/parse.ts";
import type { ConfigInput } from "../../config/schema.ts";
import type { BertConfig } from "../../encoders/text/bert.ts";
import { elementCount } from "../../graph/host-tensor.ts";
import { mnerTraining } from "../../models/i2srm/mner.ts";
import { mreTraining } from "../../models/i2srm/mre.ts";
import { Dropout } from "../../nn/dropout.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import { memoryAdvice, requireFits, requireWholeAttention } from "./run-size.ts";
import { i2srmOf } from "./saved-config.ts";

const MINI_LM: BertConfig = {
  modelType: "bert",
  vocabSize: 30522,
  hiddenSize: 384,
  layers: 6,
  heads: 12,
  intermediateSize: 1536,
  maxPositions: 512,
  typeVocabSize: 2,
  layerNormEpsilon: 1e-12,
  activation: "gelu",
  hiddenDropout: 0.1,
  attentionDropout: 0.1,
  initializerRange: 0.02,
  padTokenId: 0,
};
const ROBERTA_LARGE: BertConfig = {
  ...MINI_LM,
  modelType: "roberta",
  vocabSize: 50265,
  hiddenSize: 1024,
  layers: 24,
  heads: 16,
  intermediateSize: 4096,
};
const PLENTY = 1e12;

type Settings = Pick<ConfigInput, "task" | "model" | "training">;

/** A run, and the parameters its model declares; nothing is allocated. */
function runOf(settings: Settings, encoder = MINI_LM) {
  const config = parseConfig(
    { encoder: "e", data: { train: "t", validation: "v" }, task: "mner", ...settings },
    "a test",
  );
  const { maxLength } = config.training;
  const i2srm = i2srmOf(config.model, 3);
  const scope = new ParameterScope();
  const shared = { encoder, i2srm, visual: { mapWidth: 3840, classes: 1000 } };
  if (config.task === "mner") {
    const { emissionWidth } = config.model.tagging;
    mnerTraining(scope, { ...shared, tags: 12, emissionWidth }, new Dropout(false), {
      maxLength,
      mixing: true,
    });
  } else mreTraining(scope, { ...shared, relations: 5, addedTokens: 4 }, new Dropout(false), true);
  const declarations = scope.table;
  const trainedElements = [...declarations.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return {
    model: { declarations, trainedElements },
    setting: { config, encoder: { config: encoder }, maxLength },
  };
}

function refusal(settings: Settings, encoder = MINI_LM, availableBytes = PLENTY): RelataError | undefined {
  const { model, setting } = runOf(settings, encoder);
  try {
    requireWholeAttention(setting);
    requireFits(model, setting, availableBytes);
    return undefined;
  } catch (error) {
    if (error instanceof RelataError) return error;
    throw error;
  }
}

/** The values that a remedy suggests: setting and number. */
function suggestions(remedy: string): [string, number][] {
  return [...remedy.matchAll(/([\w.]+) to at most (\d+)/g)].map(([, name, most]) => [name!, Number(most)]);
}

/** Settings with one addition, given by its path. */
function withSetting(settings: Settings, path: string, value: number): Settings {
  const keys = path.split(".");
  const copy = structuredClone(settings) as Record<string, unknown>;
  let inner = copy;
  for (const key of keys.slice(0, -1)) {
    inner[key] ??= {};
    inner = inner[key] as Record<string, unknown>;
  }
  inner[keys.at(-1)!] = value;
  return copy as Settings;
}

describe("a run on this machine", () => {
  it("fits with default settings, with a small encoder in 2 GB and with a large one in 10", () => {
    expect(refusal({}, MINI_LM, 2e9)).toBeUndefined();
    expect(refusal({}, ROBERTA_LARGE, 10e9)).toBeUndefined();
  });

  it("can have the published width, its projection in parts, where there is memory", () => {
    const published = { model: { tagging: { emissionWidth: 150 } } };
    expect(refusal(published)).toBeUndefined();
    expect([...runOf(published).model.declarations.keys()]).toContain(
      "encoder_layers.self_attn.q_proj_weight",
    );
    expect([...runOf({}).model.declarations.keys()]).toContain("encoder_layers.self_attn.in_proj_weight");
  });
});

describe("a parameter that is too large to be trained", () => {
  const cases: readonly (readonly [string, Settings, readonly string[]])[] = [
    [
      "attention that is too wide",
      { model: { tagging: { emissionWidth: 300 } } },
      ["model.tagging.emissionWidth", "training.maxLength"],
    ],
    [
      "attention over long texts",
      { training: { maxLength: 512 }, model: { tagging: { emissionWidth: 150 } } },
      ["model.tagging.emissionWidth", "training.maxLength"],
    ],
    ["feed-forward part of entities", { model: { attention: { ffn: 200_000 } } }, ["model.attention.ffn"]],
    [
      "feed-forward part of relations",
      { task: "mre", model: { attention: { ffn: 500_000 } } },
      ["model.attention.ffn"],
    ],
    ["visual prefix", { task: "mre", model: { promptHidden: 100_000 } }, ["model.promptHidden"]],
  ];
  it.each(cases)("of an %s is refused with settings that do fit", (_, settings, names) => {
    const error = refusal(settings);
    expect(error).toMatchObject({ code: "config/too-large" });
    const found = suggestions(error!.remedy);
    expect(found.map(([name]) => name)).toEqual(names);
    for (const [name, most] of found) {
      expect(refusal(withSetting(settings, name, most)), `${name} ${most}`).toBeUndefined();
      expect(refusal(withSetting(settings, name, most + 8)), `${name} ${most + 8}`).toBeDefined();
    }
    if (error!.message.includes("attention"))
      expect(
        refusal({ ...settings, model: { ...settings.model, attention: { enabled: false } } }),
      ).toBeUndefined();
  });

  it("of an encoder names the encoder", () => {
    const huge = { ...MINI_LM, vocabSize: 1_000_000 };
    expect(refusal({}, huge)).toMatchObject({
      code: "config/too-large",
      remedy: expect.stringContaining("encoder to a smaller one"),
    });
  });
});

describe("a run that needs more memory than there is", () => {
  it("is refused before it begins, with settings that fit into what there is", () => {
    const settings = { model: { tagging: { emissionWidth: 150 } } };
    const available = 6e9;
    const error = refusal(settings, MINI_LM, available);
    expect(error).toMatchObject({ code: "training/not-enough-memory" });
    expect(error!.remedy).toContain("model.attention.enabled to false");
    const found = suggestions(error!.remedy);
    expect(found.map(([name]) => name)).toEqual(["model.tagging.emissionWidth", "training.maxLength"]);
    for (const [name, most] of found) {
      expect(
        refusal(withSetting(settings, name, most), MINI_LM, available),
        `${name} ${most}`,
      ).toBeUndefined();
    }
  });

  it("names the encoder where nothing else would help", () => {
    const error = refusal({ model: { attention: { enabled: false } } }, ROBERTA_LARGE, 3e9);
    expect(error!.remedy).toBe("Use a smaller encoder, or a machine with more memory.");
  });

  it("is advised smaller batches where they are what does not fit", () => {
    const { setting } = runOf({ model: { attention: { enabled: false } }, training: { batchSize: 16 } });
    const advice = memoryAdvice(setting)({ parameterBytes: 1e9, activationBytes: 8e9, totalBytes: 9e9 }, 5e9);
    expect(advice).toContain("training.batchSize to at most 8 (now 16)");
  });
});

it("heads that do not divide the attention's width are refused by name", () => {
  expect(refusal({ training: { maxLength: 77 }, model: { attention: { heads: 3 } } })).toMatchObject({
    code: "config/contradiction",
    message: expect.stringContaining("77 tokens x 32 = 2464"),
  });
  expect(refusal({ task: "mre", model: { attention: { heads: 7 } } })).toMatchObject({
    message: expect.stringContaining("2 x 384 = 768"),
  });
});
