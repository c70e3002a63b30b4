// Validates a config.json against a schema: one coded error names every invalid field.
import { z } from "zod";
import { EncoderError } from "../base/errors.ts";
import { withoutNulls } from "../base/json.ts";
import { checkShape, VALUES_SHOWN } from "../base/schema-issues.ts";

/**
 * A width, a number of words, positions, channels or pixels; these values shape a graph, so all are
 * bounded.
 */
export const size = z.number().int().positive().max(10_000_000);
/** A number of layers; each adds nodes to the graph. */
export const depth = z.number().int().positive().max(1_000);
/** Name of an activation function. */
export const activation = z.enum(["gelu", "gelu_new", "gelu_pytorch_tanh", "quick_gelu", "relu"]);
export type Activation = z.output<typeof activation>;

/** How errors name a family of encoders. */
export interface ConfigPlace {
  /** What the configuration should describe, e.g. "a CLIP model". */
  readonly model: string;
  /** The file. */
  readonly place: string;
}

/** The error for a config.json that relata cannot build a graph for. */
export function unsupportedConfig(where: ConfigPlace, problem: string, value: unknown): EncoderError {
  return new EncoderError({
    code: "encoder/unsupported-config",
    message: `this config.json does not describe ${where.model} that relata supports: ${problem}`,
    place: where.place,
    remedy: `Use a folder of ${where.model} in the Hugging Face layout, or correct the fields named.`,
    value,
  });
}

/** Prefixes of a family's class names, with its model type. */
const FAMILIES = [
  ["XLMRoberta", "xlm-roberta"],
  ["Roberta", "roberta"],
  ["Bert", "bert"],
  ["CLIP", "clip"],
  ["ResNet", "resnet"],
  ["ViT", "vit"],
] as const;

/**
 * Adds the model type that `architectures` implies if the configuration has none, as in files from before
 * 2020.
 */
export function withModelType(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return json;
  const { model_type, architectures } = json as { model_type?: unknown; architectures?: unknown };
  const [architecture] = Array.isArray(architectures) ? (architectures as readonly unknown[]) : [];
  if (typeof model_type === "string" || typeof architecture !== "string") return json;
  const family = FAMILIES.find(
    ([name]) => architecture.startsWith(name) && /^(Model|For|LMHead)/.test(architecture.slice(name.length)),
  );
  return family === undefined ? json : { ...json, model_type: family[1] };
}

/**
 * Validates `json` with `schema`; a null field counts as absent.
 *
 * @throws EncoderError `encoder/unsupported-config`, naming every field that does not fit.
 */
export function parseConfigJson<Schema extends z.ZodType>(
  schema: Schema,
  json: unknown,
  where: ConfigPlace,
): z.infer<Schema> {
  const checked = checkShape(schema, withModelType(withoutNulls(json)), {
    whole: "the whole file",
    wording: VALUES_SHOWN,
  });
  if (checked.success) return checked.data;
  throw unsupportedConfig(where, checked.faults.join("; "), json);
}

/** Fields common to the configurations of all families. */
interface TransformerJson {
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly intermediate_size: number;
  readonly hidden_act: Activation;
  readonly layer_norm_eps: number;
  readonly initializer_range: number;
}

/**
 * Sizes and constants of a transformer's layers under relata's names. @throws EncoderError
 * `encoder/unsupported-config` unless the heads divide the width
 */
export function transformerSizes(json: TransformerJson, where: ConfigPlace) {
  requireWholeHeads(where, json.hidden_size, json.num_attention_heads);
  return {
    hiddenSize: json.hidden_size,
    layers: json.num_hidden_layers,
    heads: json.num_attention_heads,
    intermediateSize: json.intermediate_size,
    activation: json.hidden_act,
    layerNormEpsilon: json.layer_norm_eps,
    initializerRange: json.initializer_range,
  };
}

/** Throws `encoder/unsupported-config` unless `heads` divides `hidden`. */
function requireWholeHeads(where: ConfigPlace, hidden: number, heads: number): void {
  if (hidden % heads === 0) return;
  throw unsupportedConfig(
    where,
    `hidden_size ${hidden} is not a multiple of num_attention_heads ${heads}`,
    hidden,
  );
}
