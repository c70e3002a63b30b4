// All constants and options of I2SRM (arXiv 2310.06326), with the published values as defaults.

/** Where the visual prefixes come from and which text layers get them. */
export interface PrefixConfig {
  readonly enabled: boolean;
  /** Prefix positions per picture or crop (P in the paper). */
  readonly promptLength: number;
  /** Width of the projection's hidden layer. */
  readonly promptHidden: number;
  /** Text layers that get prefixes; "all" by default. */
  readonly layers: "all" | readonly number[];
  /** Maximum number of object crops in addition to the whole picture. */
  readonly objects: number;
  /** Whether the whole picture is in front of the crops; if not, the prefix shows crops only. */
  readonly wholePicture: boolean;
}

/** Pictures that a prefix has room for: the whole one, unless it is left out, and the crops. */
export function picturesOf({
  objects,
  wholePicture,
}: Pick<PrefixConfig, "objects" | "wholePicture">): number {
  return (wholePicture ? 1 : 0) + objects;
}

/** The loss that aligns the text and the picture of a pair. */
export interface SemanticLossConfig {
  readonly enabled: boolean;
  /** 0.5 for relations, 1.0 for entities in the published settings. */
  readonly weight: number;
}

/** Attention across the samples of a batch (one transformer encoder layer), training only. */
export interface CrossSampleAttentionConfig {
  readonly enabled: boolean;
  readonly heads: number;
  readonly feedForward: number;
  readonly dropout: number;
}

/** Which rows mixup mixes. */
export type MixedRows = "pool" | "all";

/** Mixing of samples in feature space, training only. */
export interface MixupConfig {
  readonly enabled: boolean;
  /**
   * Which rows are mixed: those of the pool that `delta` and `unmixedShare` select (published for relations), or all rows, which then stay
   * unmixed too, whatever the two shares are (published for entities).
   */
  readonly rows: MixedRows;
  /** Share of the rows that form the pool (delta in the paper). */
  readonly delta: number;
  /** Share of attended rows that stay unmixed; 1 minus this share of the pool is mixed (Delta in the paper). */
  readonly unmixedShare: number;
  /** Both parameters of the Beta distribution of lambda. */
  readonly alpha: number;
}

/** Settings of the parts of I2SRM. */
export interface I2srmConfig {
  readonly prefix: PrefixConfig;
  readonly semanticLoss: SemanticLossConfig;
  readonly attention: CrossSampleAttentionConfig;
  readonly mixup: MixupConfig;
}

/** The published settings for relations. */
export const PUBLISHED_MRE: I2srmConfig = {
  prefix: {
    enabled: true,
    promptLength: 4,
    promptHidden: 800,
    layers: "all",
    objects: 3,
    wholePicture: true,
  },
  semanticLoss: { enabled: true, weight: 0.5 },
  attention: { enabled: true, heads: 4, feedForward: 2048, dropout: 0.2 },
  mixup: { enabled: true, rows: "pool", delta: 0.7, unmixedShare: 0.6, alpha: 1 },
};

/** Sizes of the visual channel: outputs of the frozen picture encoder (or the caption encoder) per picture. */
export interface VisualSizes {
  /** Width of one prompt position: channels * 4 / promptLength for [channels, 2, 2] maps read row by row. */
  readonly mapWidth: number;
  /** Number of class scores (or the width of the pooled caption state). */
  readonly classes: number;
}

/** Text only: no visual channel, no cross-sample attention, no mixup. */
export function textOnly(config: I2srmConfig): I2srmConfig {
  return {
    prefix: { ...config.prefix, enabled: false },
    semanticLoss: { ...config.semanticLoss, enabled: false },
    attention: { ...config.attention, enabled: false },
    mixup: { ...config.mixup, enabled: false },
  };
}
