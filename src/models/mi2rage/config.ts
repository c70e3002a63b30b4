// Sizes and switches of MI2RAGE's student and teacher. The paper (arXiv 2312.03025) gives no architecture: these are ours.

/** How the views of the other modality are joined with the real one. */
export interface FusionConfig {
  /** Width of a view, of the query and of what attention gives. */
  readonly width: number;
  readonly heads: number;
  readonly dropout: number;
}

/** What the picture encoder (or the caption encoder) gives for one picture. */
export interface PictureSizes {
  /** Numbers of the picture's maps: promptLength * mapWidth. */
  readonly maps: number;
  /** Class scores, or the pooled state of a caption. */
  readonly classes: number;
}

/** Which modality is the real view, and so the query; the views are of the other one. */
export type RealView = "text" | "picture";
