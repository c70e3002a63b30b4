// The common configuration of text encoders, and the parts of the schema that families share.
import { z } from "zod";
import type { Extension } from "../extensions/extension.ts";
import { type Activation, type ConfigPlace, unsupportedConfig } from "./config-json.ts";

/** A text encoder's sizes and constants; families add more. */
export interface TextEncoderConfig {
  /** `model_type` of its config.json. */
  readonly modelType: string;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly intermediateSize: number;
  /** Positions that it was trained with; `maximumLength` converts them to tokens. */
  readonly maxPositions: number;
  readonly layerNormEpsilon: number;
  readonly activation: Activation;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  readonly initializerRange: number;
  readonly padTokenId: number;
  /** The user's extension that builds it, with its result from config.json; absent for built-in families. */
  readonly registered?: { readonly extension: Extension; readonly sizes: object } | undefined;
}

/** A probability of dropout. */
export const probability = z.number().min(0).max(1);
/** Epsilon of a layer normalisation. */
export const epsilon = z.number().positive();
/** The id of a token, checked against the vocabulary by `withPadToken`. */
export const tokenId = z.number().int();

/**
 * Returns the configuration. @throws EncoderError `encoder/unsupported-config` unless its padding token is
 * in the vocabulary
 */
export function withPadToken<Config extends TextEncoderConfig>(config: Config, where: ConfigPlace): Config {
  const { padTokenId, vocabSize } = config;
  if (padTokenId >= 0 && padTokenId < vocabSize) return config;
  const problem = `pad_token_id: ${padTokenId} is not the id of one of the ${vocabSize} tokens`;
  throw unsupportedConfig(where, problem, padTokenId);
}
