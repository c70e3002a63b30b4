// The nn layer: parameters, layers and losses as pure functions over graph tensors.
export { type AttentionPrefix, attentionBias, multiHeadAttention, splitHeads } from "./attention.ts";
export {
  ChainLattice,
  type LatticeRules,
  type LatticeState,
  LatticeSums,
  ScoredLattice,
} from "./chain-lattice.ts";
export { Dropout, type DropoutSite } from "./dropout.ts";
export { embedding, layerNormLayer, linearLayer } from "./layers.ts";
export { type CrfParameters, crfLogPartition, crfParameters, crfScore } from "./linear-chain-crf.ts";
export { crossEntropy, crossEntropyPerRow, klDivergence } from "./losses.ts";
export {
  fanInUniform,
  type Initializer,
  type ParameterDeclaration,
  ParameterScope,
  type ParameterTable,
} from "./parameter-scope.ts";
export { transformerEncoderLayer } from "./transformer-layer.ts";
export { type ChainScores, findingViterbi, viterbi } from "./viterbi.ts";
