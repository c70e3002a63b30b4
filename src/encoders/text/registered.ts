// Adapts users' families of text encoders and checks their sizes and every tensor that they return.
import { isFields } from "../../base/fields.ts";
import {
  type Extension,
  type ExtensionStamp,
  type Extensions,
  requireOwnNames,
  requireStamped,
} from "../../extensions/extension.ts";
import { badAnswer, callNow } from "../../extensions/guarded.ts";
import { stampSchema } from "../../extensions/stamp-schema.ts";
import { Tensor } from "../../graph/tensor.ts";
import { multiHeadAttention } from "../../nn/attention.ts";
import type { Dropout } from "../../nn/dropout.ts";
import { embedding } from "../../nn/layers.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import type { TextEncoderConfig } from "../text-config.ts";
import type { TextArchitecture } from "./architecture.ts";
import { keyBiases } from "./key-bias.ts";
import type { TextEncoderExtension, TextEncoderSizes } from "./text-encoder-contract.ts";

/** The field that a trained model adds to the encoder's config.json. */
const STAMP_FIELD = "relata_extension";
const MAX_SIZE = 10_000_000; // as in the schemas of built-in families

/**
 * Finds the registered family that a config.json names. @throws ExtensionError `extension/missing`,
 * `extension/name-taken`
 */
export function registeredFamily(
  json: unknown,
  modelType: unknown,
  builtIn: readonly string[],
  extensions: Extensions,
): TextEncoderExtension | undefined {
  requireStamped(stampsOf(json), extensions, "the model");
  const all = extensions.of<TextEncoderExtension>("text-encoder");
  for (const family of all) {
    const { kind, modelTypes } = family;
    const isList = Array.isArray(modelTypes) && modelTypes.every((type) => typeof type === "string");
    if (!isList) throw badAnswer(family, "when it was registered", '"modelTypes" must be a list of strings');
    requireOwnNames(
      modelTypes.map((name) => ({ kind, name })),
      builtIn,
    );
  }
  return all.find(({ modelTypes }) => modelTypes.some((type) => type === modelType));
}

/** What a trained model needs to rebuild its text encoder. */
export function stampsOf(json: unknown): readonly ExtensionStamp[] {
  const stamp = isFields(json) ? json[STAMP_FIELD] : undefined;
  return stamp === undefined ? [] : [stampSchema.parse(stamp)];
}

/** A config.json as saved in a trained model. */
export function withStamp(json: unknown, { registered }: TextEncoderConfig): unknown {
  if (registered === undefined || !isFields(json)) return json;
  const { kind, name, version } = registered.extension;
  return { ...json, [STAMP_FIELD]: { kind, name, version } };
}

/** @throws ExtensionError `extension/failed`, `extension/bad-answer` */
export function registeredConfig(
  family: TextEncoderExtension,
  json: unknown,
  modelType: string,
): TextEncoderConfig {
  const doing = "reading config.json";
  const fields = isFields(json) ? json : {};
  const sizes = checkedSizes(
    family,
    doing,
    callNow<unknown>(family, doing, () => family.config(fields)),
  );
  const { vocabSize, hiddenSize, layers, heads, maxLength, padTokenId, dropout = 0.1 } = sizes;
  return {
    ...{ modelType, vocabSize, hiddenSize, layers, heads, padTokenId },
    intermediateSize: 4 * hiddenSize, // for the estimate of memory
    maxPositions: maxLength,
    layerNormEpsilon: 1e-12,
    activation: "gelu",
    hiddenDropout: dropout,
    attentionDropout: dropout,
    initializerRange: 0.02,
    registered: { extension: family, sizes },
  };
}

function checkedSizes(family: TextEncoderExtension, doing: string, value: unknown): TextEncoderSizes {
  if (!isFields(value)) throw badAnswer(family, doing, "config gave no sizes");
  for (const name of ["vocabSize", "hiddenSize", "layers", "heads", "maxLength"]) {
    const size = value[name];
    if (!Number.isInteger(size) || (size as number) < 1 || (size as number) > MAX_SIZE)
      throw badAnswer(family, doing, `"${name}" must be an integer from 1 to ${MAX_SIZE}`);
  }
  const sizes = value as unknown as TextEncoderSizes; // the rest is checked below
  const { vocabSize, hiddenSize, layers, heads, padTokenId, dropout = 0 } = sizes;
  if (layers > 1000) throw badAnswer(family, doing, '"layers" must be at most 1000');
  if (hiddenSize % heads !== 0) throw badAnswer(family, doing, '"heads" must divide "hiddenSize"');
  if (!Number.isInteger(padTokenId) || padTokenId < 0 || padTokenId >= vocabSize)
    throw badAnswer(family, doing, `"padTokenId" must be the id of one of the ${vocabSize} tokens`);
  if (!(dropout >= 0 && dropout < 1)) throw badAnswer(family, doing, '"dropout" must be from 0 to below 1');
  return sizes;
}

/** The architecture of every registered family. */
export const REGISTERED: TextArchitecture = {
  modelTypes: [],
  layersShareWeights: false,
  parse: (_json, { place }) => {
    throw new Error(`${place}: a registered family is read by registeredConfig`);
  },
  maximumLength: ({ maxPositions }) => maxPositions,
  embed(scope, config, { inputIds, dropout, addedTokens = 0 }) {
    const { family, sizes } = familyOf(config);
    const { hiddenSize, vocabSize, initializerRange: deviation, padTokenId: paddingIndex } = config;
    const table = scope.at("embeddings", "word_embeddings");
    const words = embedding(table, inputIds, vocabSize + addedTokens, hiddenSize, {
      deviation,
      paddingIndex,
    });
    const doing = "embedding a text";
    const drop = dropping(dropout, config, scope, "embed");
    const states = callNow(family, doing, () =>
      family.embed(scope, { words, inputIds, dropout: drop }, sizes),
    );
    return checkedStates(family, doing, states, words);
  },
  layers(scope, config, states, inputs, { from, to }) {
    const { family, sizes } = familyOf(config);
    const bias = keyBiases(inputs);
    const { heads, attentionDropout: probability } = config;
    const { dropout, prefixes } = inputs;
    let hidden = states;
    for (let index = from; index < to; index++) {
      const doing = `building layer ${index}`;
      const before = hidden;
      const prefix = prefixes?.[index];
      let calls = 0;
      const attend = (query: Tensor, key: Tensor, value: Tensor) => {
        const place = `${scope.prefix}registered/${index}/attend/${calls++}`;
        return multiHeadAttention(query, key, value, {
          ...{ heads, bias: bias(index), prefix },
          dropout: { dropout, probability, place },
        });
      };
      const drop = dropping(dropout, config, scope, String(index));
      const after = callNow(family, doing, () =>
        family.layer(scope, { states: before, index, attend, dropout: drop }, sizes),
      );
      hidden = checkedStates(family, doing, after, before);
    }
    return hidden;
  },
};

function familyOf({ registered }: TextEncoderConfig) {
  if (registered === undefined) throw new Error("this text encoder is not a registered one");
  const family = registered.extension as Extension as TextEncoderExtension; // registeredConfig put it there
  return { family, sizes: registered.sizes as TextEncoderSizes };
}

function dropping(dropout: Dropout, config: TextEncoderConfig, scope: ParameterScope, part: string) {
  let sites = 0;
  return (x: Tensor) =>
    dropout.apply(x, config.hiddenDropout, `${scope.prefix}registered/${part}/${sites++}`);
}

function checkedStates(family: TextEncoderExtension, doing: string, value: unknown, like: Tensor): Tensor {
  if (!(value instanceof Tensor)) throw badAnswer(family, doing, "it gave no tensor");
  const [shape, wanted] = [value.shape, like.shape].map((sizes) => JSON.stringify(sizes));
  if (shape === wanted && value.dtype === like.dtype) return value;
  throw badAnswer(family, doing, `its states are ${value.dtype} ${shape}, not ${like.dtype} ${wanted}`);
}
