// Sizes and options of MI2RAGE's student and teacher. The paper (arXiv 2312.03025) does not specify an architecture: these are ours.

/** How the views of the other modality are combined with the real one. */
export interface FusionConfig {
  /** Width of views, query and attention output. */
  readonly width: number;
  readonly heads: number;
  readonly dropout: number;
}

/** Output sizes of the picture encoder (or the caption encoder) for one picture. */
export interface PictureSizes {
  /** Size of the picture's maps: promptLength * mapWidth. */
  readonly maps: number;
  /** Number of class scores, or size of a caption's pooled state. */
  readonly classes: number;
}

/** The modality of the real view, which is the query; the views are of the other one. */
export type RealView = "text" | "picture";
