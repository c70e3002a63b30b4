// The text encoders that relata supports, by model_type of config.json, and the operations common to them.
import { withoutNulls } from "../../base/json.ts";
import { Extensions } from "../../extensions/extension.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { ParameterScope } from "../../nn/parameter-scope.ts";
import { unsupportedConfig, withModelType } from "../config-json.ts";
import type { TextEncoderConfig } from "../text-config.ts";
import type { TextArchitecture, TextEncoderInputs, TextLayerInputs } from "./architecture.ts";
import { bert } from "./bert.ts";
import { deberta } from "./deberta.ts";
import { distilbert } from "./distilbert.ts";
import { modernbert } from "./modernbert.ts";
import { mpnet } from "./mpnet.ts";
import { REGISTERED, registeredConfig, registeredFamily } from "./registered.ts";
import type { TextEncoderExtension } from "./text-encoder-contract.ts";

/** A new family needs one file and one entry here. */
const ARCHITECTURES: readonly TextArchitecture[] = [bert, distilbert, mpnet, deberta, modernbert];

const BY_MODEL_TYPE: ReadonlyMap<string, TextArchitecture> = new Map(
  ARCHITECTURES.flatMap((one) => one.modelTypes.map((type) => [type, one] as const)),
);

/** All supported values of `model_type`. */
export const TEXT_MODEL_TYPES: readonly string[] = [...BY_MODEL_TYPE.keys()];

/**
 * Reads the parsed config.json of a text encoder.
 *
 * @throws EncoderError `encoder/unsupported-config`, naming the supported types, or every field that does not fit; ExtensionError for
 * registered families
 */
export function parseTextConfig(
  json: unknown,
  place: string,
  extensions: Extensions = Extensions.NONE,
): TextEncoderConfig {
  const named = withModelType(withoutNulls(json));
  const where = { model: "a text encoder", place };
  const modelType =
    typeof named === "object" && named !== null ? (named as { model_type?: unknown }).model_type : undefined;
  const family = registeredFamily(json, modelType, TEXT_MODEL_TYPES, extensions);
  if (family !== undefined && modelType !== undefined)
    return registeredConfig(family, json, String(modelType));
  const architecture = typeof modelType === "string" ? BY_MODEL_TYPE.get(modelType) : undefined;
  if (architecture !== undefined) return architecture.parse(json, where);
  const others = extensions.of<TextEncoderExtension>("text-encoder").flatMap(({ modelTypes }) => modelTypes);
  const supported = [...TEXT_MODEL_TYPES, ...others].join(", ");
  throw unsupportedConfig(
    where,
    `model_type is ${JSON.stringify(modelType)}; supported: ${supported}`,
    modelType,
  );
}

/** The longest input in tokens. */
export function maximumLength(config: TextEncoderConfig): number {
  return architectureOf(config).maximumLength(config);
}

/** Whether layers share weights, so that layers cannot be frozen separately. */
export function layersShareWeights(config: TextEncoderConfig): boolean {
  return architectureOf(config).layersShareWeights;
}

/** States that a training step keeps per layer, head and pair of tokens beyond those of BERT. */
export function statesPerPair(config: TextEncoderConfig): number {
  return architectureOf(config).statesPerPair ?? 0;
}

/** Whether the encoder reads groups of tokens behind a text. */
export function readsGroups(config: TextEncoderConfig): boolean {
  return architectureOf(config).readsGroups ?? false;
}

/** The last layer's states, float32 [batch, length, hidden]. Parameters are declared below `scope` under Hugging Face's names. */
export function textEncoder(
  scope: ParameterScope,
  config: TextEncoderConfig,
  inputs: TextEncoderInputs,
): Tensor {
  return lowerTextLayers(scope, config, inputs, config.layers);
}

/** The states after the first `count` layers, the input of `upperTextLayers`. */
export function lowerTextLayers(
  scope: ParameterScope,
  config: TextEncoderConfig,
  inputs: TextEncoderInputs,
  count: number,
): Tensor {
  const architecture = architectureOf(config);
  if (inputs.groups && !architecture.readsGroups)
    throw new Error(`an encoder of type ${config.modelType} reads no groups of tokens`);
  const embedded = architecture.embed(scope, config, inputs);
  return architecture.layers(scope, config, embedded, inputs, { from: 0, to: count });
}

/** The last layer's states, computed from the states [batch, length, hidden] after the first `below` layers. */
export function upperTextLayers(
  scope: ParameterScope,
  config: TextEncoderConfig,
  states: Tensor,
  inputs: TextLayerInputs,
  below: number,
): Tensor {
  return architectureOf(config).layers(scope, config, states, inputs, { from: below, to: config.layers });
}

function architectureOf({ modelType, registered }: TextEncoderConfig): TextArchitecture {
  if (registered !== undefined) return REGISTERED;
  const architecture = BY_MODEL_TYPE.get(modelType);
  if (architecture === undefined) throw new Error(`there is no text encoder of type ${modelType}`);
  return architecture;
}
