// What every text encoder's config.json comes down to, and the parts of its schema that families share.
import { z } from "zod";
import type { Extension } from "../extensions/extension.ts";
import { type Activation, type ConfigPlace, unsupportedConfig } from "./config-json.ts";

/** A text encoder's sizes and constants; families add their own. */
export interface TextEncoderConfig {
  /** `model_type` of its config.json. */
  readonly modelType: string;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly intermediateSize: number;
  /** Positions that it was trained with; `maximumLength` says how many tokens they are for. */
  readonly maxPositions: number;
  readonly layerNormEpsilon: number;
  readonly activation: Activation;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  readonly initializerRange: number;
  readonly padTokenId: number;
  /** The user's extension that builds it, with what it read in config.json; absent for relata's own families. */
  readonly registered?: { readonly extension: Extension; readonly sizes: object } | undefined;
}

/** A probability of dropout. */
export const probability = z.number().min(0).max(1);
/** The small number in a layer normalisation. */
export const epsilon = z.number().positive();
/** The id of a token, checked against the vocabulary by `withPadToken`. */
export const tokenId = z.number().int();

/** The configuration. @throws EncoderError `encoder/unsupported-config` unless its padding token is one of the vocabulary */
export function withPadToken<Config extends TextEncoderConfig>(config: Config, where: ConfigPlace): Config {
  const { padTokenId, vocabSize } = config;
  if (padTokenId >= 0 && padTokenId < vocabSize) return config;
  const problem = `pad_token_id: ${padTokenId} is not the id of one of the ${vocabSize} tokens`;
  throw unsupportedConfig(where, problem, padTokenId);
}
