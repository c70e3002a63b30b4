// Settings of models that tests build in milliseconds.
import { type I2srmConfig, PUBLISHED_MRE } from "../../models/i2srm/config.ts";

/** A BERT of two layers of width 16, without dropout. */
export const TINY_BERT = {
  modelType: "bert",
  vocabSize: 60,
  hiddenSize: 16,
  layers: 2,
  heads: 2,
  intermediateSize: 24,
  maxPositions: 32,
  typeVocabSize: 2,
  layerNormEpsilon: 1e-12,
  activation: "gelu",
  hiddenDropout: 0,
  attentionDropout: 0,
  initializerRange: 0.02,
  padTokenId: 0,
} as const;

/** I2SRM as published, with narrow layers, one object and no dropout. */
export const SMALL_I2SRM: I2srmConfig = {
  ...PUBLISHED_MRE,
  prefix: { ...PUBLISHED_MRE.prefix, promptHidden: 8, objects: 1 },
  attention: { ...PUBLISHED_MRE.attention, feedForward: 16, dropout: 0 },
};
