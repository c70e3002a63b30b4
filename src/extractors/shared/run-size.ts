// Checks early whether a run fits: refuses parameters that are too wide, or too much for memory, and says which settings to change.

import { ConfigError } from "../../base/errors.ts";
import type { Config } from "../../config/schema.ts";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import { MAX_SEGMENT_LENGTH } from "../../engine/flat-segment.ts";
import { elementCount } from "../../graph/host-tensor.ts";
import type { ParameterDeclaration } from "../../nn/parameter-scope.ts";
import { availableMemoryBytes, checkMemory, gigabytes, type MemoryEstimate } from "../../training/memory.ts";

export interface RunSetting {
  readonly config: Config;
  readonly encoder: { readonly config: TextEncoderConfig };
  /** Maximum number of tokens per text. */
  readonly maxLength: number;
}

/** Weights, gradients and two moments in float32. */
const BYTES_PER_WEIGHT = 16;
/** The smallest value worth suggesting: below it, a setting is better switched off. */
const LEAST = { emissionWidth: 8, maxLength: 16 };

/**
 * Refuses an attention across samples whose width is not divisible by its heads.
 *
 * @throws ConfigError `config/contradiction`
 */
export function requireWholeAttention(setting: RunSetting): void {
  const { model } = setting.config;
  const attention = attentionOf(setting);
  if (attention === undefined || attention.width % model.attention.heads === 0) return;
  throw new ConfigError({
    code: "config/contradiction",
    message: `the attention across samples is ${attention.shown} wide, which is not divisible by model.attention.heads (${model.attention.heads})`,
    place: "model.attention.heads",
    remedy: `Choose a number of heads that divides ${attention.width}${setting.config.task === "mner" ? ", or another model.tagging.emissionWidth or training.maxLength" : ""}.`,
  });
}

/**
 * Refuses a run that does not fit, before documents and pictures are prepared.
 *
 * @throws ConfigError `config/too-large` for a parameter that is too large to train; TrainingError `training/not-enough-memory`
 */
export function requireFits(
  model: {
    readonly declarations: ReadonlyMap<string, Pick<ParameterDeclaration, "shape">>;
    readonly trainedElements: number;
  },
  setting: RunSetting,
  availableBytes: number = availableMemoryBytes(),
): void {
  for (const [name, { shape }] of model.declarations) {
    if (elementCount(shape) > MAX_SEGMENT_LENGTH) throw tooLarge(name, shape, setting);
  }
  checkMemory(
    {
      parameterCount: model.trainedElements,
      accumulation: setting.config.training.accumulation,
      activationBytes: () => 0, // the text lengths are not known yet; the trainer checks again
      largestBatchTokens: 0,
      advice: memoryAdvice(setting),
    },
    availableBytes,
  );
}

/** What to change so that a run fits into memory: the attention across samples, the batch, or the encoder. */
export function memoryAdvice(setting: RunSetting): (estimate: MemoryEstimate, usable: number) => string {
  return ({ totalBytes, activationBytes }, usable) => {
    const { training } = setting.config;
    const excess = totalBytes - usable;
    const ways: string[] = [];
    const attention = attentionOf(setting);
    if (attention) {
      const left = attention.weights - excess / BYTES_PER_WEIGHT;
      ways.push(...narrower(setting, (width) => attention.weightsAt(width) <= left));
      const saved = gigabytes(attention.weights * BYTES_PER_WEIGHT);
      ways.push(`model.attention.enabled to false, which saves ${saved}`);
    }
    const share = activationBytes > 0 ? 1 - excess / activationBytes : 0;
    const [limit, current] =
      training.tokenBudget === undefined
        ? ["batchSize", training.batchSize]
        : ["tokenBudget", training.tokenBudget];
    const smaller = Math.floor(current * share);
    if (smaller >= (limit === "batchSize" ? 1 : setting.maxLength))
      ways.push(`training.${limit} to at most ${smaller} (now ${current}), with more training.accumulation`);
    const others = "a smaller encoder, or a machine with more memory";
    if (ways.length === 0) return `Use ${others}.`;
    return `Set ${ways.join("; or ")}; or use ${others}.`;
  };
}

interface Attention {
  readonly width: number;
  /** The width and how it is computed. */
  readonly shown: string;
  readonly weights: number;
  readonly weightsAt: (width: number) => number;
}

/** The attention across samples of this run; undefined if there is none. */
function attentionOf({ config, encoder, maxLength }: RunSetting): Attention | undefined {
  const { task, method, model } = config;
  if (method !== "i2srm" || !model.attention.enabled) return undefined;
  const { emissionWidth } = model.tagging;
  const entities = task === "mner";
  const { hiddenSize } = encoder.config;
  const mentions = task === "classification" ? 1 : 2; // a post is one feature, a pair of mentions two
  const width = entities ? maxLength * emissionWidth : mentions * hiddenSize;
  const shown = entities
    ? `${maxLength} tokens x ${emissionWidth} = ${width}`
    : mentions === 1
      ? `${width}`
      : `${mentions} x ${hiddenSize} = ${width}`;
  const weightsAt = (wide: number) => 4 * wide * wide + 2 * wide * model.attention.ffn;
  return { width, shown, weights: weightsAt(width), weightsAt };
}

/** The largest settings at which the entity model's attention `fits`, if they are worth suggesting. */
function narrower(setting: RunSetting, fits: (width: number) => boolean): string[] {
  const { config, maxLength } = setting;
  if (config.task !== "mner") return [];
  const { emissionWidth } = config.model.tagging;
  const { heads } = config.model.attention;
  const largest = (from: number, other: number) => {
    for (let size = from; size >= 1; size--) {
      if (fits(size * other) && (size * other) % heads === 0) return size;
    }
    return 0;
  };
  const width = largest(emissionWidth, maxLength);
  const length = largest(maxLength, emissionWidth);
  return [
    ...(width >= LEAST.emissionWidth
      ? [`model.tagging.emissionWidth to at most ${width} (now ${emissionWidth})`]
      : []),
    ...(length >= LEAST.maxLength
      ? [`training.maxLength to at most ${length} (now ${config.training.maxLength})`]
      : []),
  ];
}

function tooLarge(name: string, shape: readonly number[], setting: RunSetting): ConfigError {
  const { config, encoder } = setting;
  const { model } = config;
  const [what, ways] = cause();
  return new ConfigError({
    code: "config/too-large",
    message: `${what}: its weight ${name} [${shape.join(", ")}] has ${elementCount(shape)} numbers; at most ${MAX_SEGMENT_LENGTH} can be trained`,
    place: name,
    remedy: `Set ${ways.join("; or ")}.`,
    value: shape,
  });

  function cause(): readonly [string, readonly string[]] {
    const attention = attentionOf(setting);
    const part = name.split(".")[0]!; // split returns at least one part
    if (part === "encoder_layers" && attention) {
      const { ffn } = model.attention;
      const off = "model.attention.enabled to false";
      const wide = `the attention across samples is ${attention.shown} wide, with a feed-forward part of ${ffn}`;
      const most = Math.floor(MAX_SEGMENT_LENGTH / attention.width);
      if (attention.width * attention.width <= MAX_SEGMENT_LENGTH) {
        return [wide, [`model.attention.ffn to at most ${most} (now ${ffn})`, off]];
      }
      const fits = (width: number) => width * Math.max(width, ffn) <= MAX_SEGMENT_LENGTH;
      return [wide, [...narrower(setting, fits), off]];
    }
    if (part === "encoder_conv" || part === "gates") {
      const most = Math.floor((model.promptHidden * MAX_SEGMENT_LENGTH) / elementCount(shape));
      return part === "encoder_conv"
        ? [
            "the visual prefix is too wide",
            [`model.promptHidden to at most ${most} (now ${model.promptHidden})`],
          ]
        : ["the visual prefix is too long", [`model.promptLength to less than ${model.promptLength}`]];
    }
    if (part === "fc" || part === "linear") {
      const { emissionWidth } = model.tagging;
      const most = Math.floor((emissionWidth * MAX_SEGMENT_LENGTH) / elementCount(shape));
      return [
        "the tokens' features are too wide",
        [`model.tagging.emissionWidth to at most ${most} (now ${emissionWidth})`],
      ];
    }
    if (part === "encoder") {
      const { hiddenSize, vocabSize } = encoder.config;
      return [
        `the encoder is too large (${vocabSize} words, width ${hiddenSize})`,
        ["encoder to a smaller one"],
      ];
    }
    return ["the student is too wide", [`model.fusion.width to less than ${model.fusion.width}`]];
  }
}
