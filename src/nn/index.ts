// Parameters, layers and losses as pure functions over graph tensors.

export type { AttentionOptions } from "./attention.ts";
export { type AttentionPrefix, attentionBias, multiHeadAttention } from "./attention.ts";
export { Dropout, type DropoutSite } from "./dropout.ts";
export { embedding, layerNormLayer, linearLayer } from "./layers.ts";
export { type CrfParameters, crfLogPartition, crfParameters, crfScore } from "./linear-chain-crf.ts";
export { crossEntropy, crossEntropyPerRow, klDivergence } from "./losses.ts";
export {
  fanInUniform,
  type Initializer,
  type LowRankOptions,
  type ParameterDeclaration,
  ParameterScope,
  type ParameterTable,
} from "./parameter-scope.ts";
export type { TransformerLayerOptions } from "./transformer-layer.ts";
export { transformerEncoderLayer } from "./transformer-layer.ts";
export { type ChainScores, viterbi } from "./viterbi.ts";
