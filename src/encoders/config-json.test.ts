import { describe, expect, it } from "vitest";
import { parseClipConfig } from "./clip-config.ts";
import { parseResNetConfig } from "./resnet-config.ts";
import { maximumLength, parseTextConfig } from "./text/table.ts";
import { parseVitConfig } from "./vit-config.ts";

const BERT = {
  model_type: "bert",
  vocab_size: 100,
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 16,
  max_position_embeddings: 32,
} as const;
const TOWER = { hidden_size: 8, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 2 };
const CLIP = { model_type: "clip", text_config: TOWER, vision_config: TOWER };
const VIT = { ...TOWER, model_type: "vit", image_size: 32, patch_size: 16 };

describe("config.json", () => {
  it.each([
    ["num_hidden_layers", 1_000_000_000],
    ["vocab_size", 1e300],
    ["hidden_size", 2 ** 40],
  ])("is refused with a %s that no model has, before a graph is made of it", (field, value) => {
    expect(() => parseTextConfig({ ...BERT, [field]: value }, "here")).toThrow(
      expect.objectContaining({
        code: "encoder/unsupported-config",
        message: expect.stringContaining(field),
      }),
    );
  });

  it.each([
    [
      "bert",
      parseTextConfig,
      BERT,
      [
        "type_vocab_size",
        "layer_norm_eps",
        "hidden_act",
        "hidden_dropout_prob",
        "attention_probs_dropout_prob",
        "initializer_range",
        "pad_token_id",
        "position_embedding_type",
        "is_decoder",
        "classifier_dropout",
        "dtype",
        "torch_dtype",
      ],
    ],
    [
      "resnet",
      parseResNetConfig,
      { model_type: "resnet" },
      [
        "num_channels",
        "embedding_size",
        "hidden_sizes",
        "depths",
        "layer_type",
        "hidden_act",
        "downsample_in_first_stage",
        "downsample_in_bottleneck",
        "num_labels",
        "id2label",
        "out_features",
      ],
    ],
    [
      "vit",
      parseVitConfig,
      VIT,
      [
        "num_channels",
        "hidden_act",
        "layer_norm_eps",
        "qkv_bias",
        "hidden_dropout_prob",
        "attention_probs_dropout_prob",
        "initializer_range",
        "pooler_act",
      ],
    ],
  ] as const)("of a %s reads null as absent, in every field that has a default", (_, parse, json, fields) => {
    const nulls = Object.fromEntries(fields.map((field) => [field, null]));
    expect(parse({ ...json, ...nulls }, "here")).toEqual(parse(json, "here"));
  });

  it("of a CLIP reads null as absent in both towers", () => {
    const nulls = {
      hidden_act: null,
      layer_norm_eps: null,
      attention_dropout: null,
      initializer_range: null,
      vocab_size: null,
      image_size: null,
      eos_token_id: null,
    };
    const json = {
      ...CLIP,
      projection_dim: null,
      text_config_dict: null,
      text_config: { ...TOWER, ...nulls },
      vision_config: { ...TOWER, ...nulls },
    };
    expect(parseClipConfig(json, "here")).toEqual(parseClipConfig(CLIP, "here"));
  });

  it.each([
    ["BertForMaskedLM", "bert"],
    ["XLMRobertaModel", "xlm-roberta"],
    ["RobertaForSequenceClassification", "roberta"],
  ])("without a model type is of the family of its class %s", (architecture, modelType) => {
    const { model_type: _, ...rest } = BERT;
    for (const type of [{}, { model_type: null }]) {
      expect(parseTextConfig({ ...rest, ...type, architectures: [architecture] }, "here").modelType).toBe(
        modelType,
      );
    }
    expect(() => parseTextConfig({ ...rest, architectures: ["BertweetModel"] }, "here")).toThrow(
      /model_type/,
    );
  });

  it("without a padding token has the one of the published class, so that positions begin where they were trained", () => {
    const of = (model_type: string, more: object = {}) =>
      parseTextConfig({ ...BERT, model_type, ...more }, "here");
    expect(of("bert").padTokenId).toBe(0);
    for (const type of ["roberta", "xlm-roberta"]) {
      expect(of(type)).toEqual(of(type, { pad_token_id: 1 }));
      expect(of(type)).toEqual(of(type, { pad_token_id: null }));
      expect(maximumLength(of(type))).toBe(30);
    }
  });

  it.each([-1, 100, 1.5])("with the padding token %d names it and the vocabulary", (pad_token_id) => {
    expect(() => parseTextConfig({ ...BERT, pad_token_id }, "here")).toThrow(
      expect.objectContaining({
        code: "encoder/unsupported-config",
        message: expect.stringContaining("pad_token_id"),
      }),
    );
  });
});
