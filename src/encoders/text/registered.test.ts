// Families of text encoders that users register, and what becomes of those that break their contract.
import { describe, expect, it } from "vitest";
import { Extensions } from "../../extensions/extension.ts";
import { input } from "../../graph/tensor.ts";
import { Dropout } from "../../nn/dropout.ts";
import { linearLayer } from "../../nn/layers.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import { withStamp } from "./registered.ts";
import { maximumLength, parseTextConfig, textEncoder } from "./table.ts";
import { defineTextEncoder, type TextEncoderExtension } from "./text-encoder-contract.ts";

const SIZES = { vocabSize: 20, hiddenSize: 8, layers: 2, heads: 2, maxLength: 32, padTokenId: 0 };
const JSON_FILE = { model_type: "mine" };

const family = (more: object = {}) =>
  defineTextEncoder({
    name: "mine",
    version: "1",
    modelTypes: ["mine"],
    config: () => SIZES,
    embed: (_scope, { words, dropout }) => dropout(words),
    layer: (scope, { states, index, attend }) =>
      linearLayer(scope.at("layers", index), attend(states, states, states), 8, 8),
    ...more,
  } as Omit<TextEncoderExtension, "kind" | "contract">);

const parse = (more?: object, json: object = JSON_FILE) =>
  parseTextConfig(json, "config.json", new Extensions([family(more)]));

function build(more?: object) {
  const scope = new ParameterScope();
  const dropout = new Dropout(true);
  const states = textEncoder(scope, parse(more), {
    inputIds: input("input_ids", "int64", ["batch", "length"]),
    attentionMask: input("attention_mask", "int64", ["batch", "length"]),
    dropout,
    addedTokens: 4,
  });
  return { scope, states, sites: dropout.sites.map(({ name }) => name) };
}

describe("a user's text encoder", () => {
  it("is built layer by layer, on the word table that relata extends", () => {
    const { scope, states, sites } = build();
    expect(states.shape).toEqual(["batch", "length", 8]);
    const table = [...scope.table.values()].find(({ name }) => name === "embeddings.word_embeddings.weight");
    expect(table?.shape).toEqual([24, 8]);
    expect([...scope.table.keys()]).toContain("layers.1.weight");
    expect(new Set(sites).size).toBe(sites.length);
    expect(sites).toHaveLength(3); // the embedding's and the attention's of both layers
    expect(maximumLength(parse())).toBe(32);
  });

  it("is recorded in a trained model, which asks for it", () => {
    const kept = withStamp(JSON_FILE, parse());
    expect(kept).toEqual({
      ...JSON_FILE,
      relata_extension: { kind: "text-encoder", name: "mine", version: "1" },
    });
    expect(parse({}, kept as object).vocabSize).toBe(20);
    expect(() => parseTextConfig(kept, "config.json")).toThrow(
      expect.objectContaining({ code: "extension/missing" }),
    );
  });

  it("cannot stand for a type that relata builds", () => {
    expect(() => parse({ modelTypes: ["bert"] })).toThrow(
      expect.objectContaining({ code: "extension/name-taken" }),
    );
    expect(() => parse({}, { model_type: "yours" })).toThrow(/"yours"; supported: bert.*mine/);
  });

  it.each<[string, object, string, RegExp]>([
    ["a single type", { modelTypes: "mine" }, "extension/bad-answer", /"modelTypes" must be a list/],
    ["no sizes", { config: () => 5 }, "extension/bad-answer", /config gave no sizes/],
    ["half a layer", { config: () => ({ ...SIZES, layers: 0.5 }) }, "extension/bad-answer", /"layers"/],
    [
      "too many heads",
      { config: () => ({ ...SIZES, heads: 3 }) },
      "extension/bad-answer",
      /"heads" must divide/,
    ],
    [
      "a strange pad",
      { config: () => ({ ...SIZES, padTokenId: 20 }) },
      "extension/bad-answer",
      /"padTokenId"/,
    ],
    ["full dropout", { config: () => ({ ...SIZES, dropout: 1 }) }, "extension/bad-answer", /"dropout"/],
    ["no tensor", { embed: () => undefined }, "extension/bad-answer", /embedding a text: it gave no tensor/],
    [
      "other states",
      { layer: () => input("x", "float32", ["batch", 8]) },
      "extension/bad-answer",
      /building layer 0: its states are float32 \["batch",8\]/,
    ],
  ])("that gives %s is named", (_, more, code, message) => {
    expect(() => build(more)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it("that throws is named with what it threw", () => {
    const config = () => {
      throw new Error("hidden_size: must be a number");
    };
    expect(() => parse({ config })).toThrow(
      'the text encoder "mine" failed reading config.json (Error: hidden_size: must be a number)',
    );
  });
});
