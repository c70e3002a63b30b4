// What reading posts needs of a loaded model, of each task. Where the model runs is not seen from here: in Node, or in a web page.
import type { LabelSet } from "../data/labels.ts";
import type { EntityMarkers } from "../encoders/tokenizing/markers.ts";
import type { TextTokenizer } from "../encoders/tokenizing/tokenizer.ts";
import type { Thresholds } from "../evaluation/thresholds.ts";
import type { PairReading } from "../models/i2srm/mre.ts";
import type { TagScheme } from "../models/tagging/tag-scheme.ts";
import type { ChainScores } from "../nn/viterbi.ts";
import type { SavedVisual } from "../visual/saved-visual.ts";
import type { OpenedVisual } from "../visual/visual-channel.ts";
import type { CategoryExample } from "./category/prepare.ts";
import type { EntityExample } from "./entity/examples.ts";
import type { RelationExample } from "./relation/examples.ts";
import type { Calibration } from "./shared/calibration.ts";
import type { Predictor } from "./shared/predict-examples.ts";

/** What a model sees besides the text. */
export type PostVisual = Pick<OpenedVisual, "saved" | "objects" | "featuresOfPicture" | "featuresOfCaption">;

/** What all models have. */
interface Part<Example> {
  readonly tokenizer: TextTokenizer;
  readonly model: Predictor<Example>;
  /** Undefined for a text-only model. */
  readonly visual: PostVisual | undefined;
  /** Undefined for a model that was never calibrated. */
  readonly calibration: Calibration | undefined;
  /** Undefined for a model without thresholds. */
  readonly thresholds: Thresholds | undefined;
  readonly config: {
    readonly maxLength: number;
    readonly visual: Pick<SavedVisual, "label"> | null;
  };
}

/** A model that finds entities. */
export interface EntityPart extends Part<EntityExample> {
  readonly config: Part<EntityExample>["config"] & { readonly constrained: boolean };
  readonly scheme: TagScheme;
  readonly chain: ChainScores;
}

/** A model that finds relations. */
export interface RelationPart extends Part<RelationExample> {
  readonly config: Part<RelationExample>["config"] & {
    readonly truncation: "report" | "error";
    readonly pairs?: PairReading | undefined;
  };
  readonly labels: LabelSet;
  readonly markers: EntityMarkers;
}

/** A model that classifies whole posts. */
export interface CategoryPart extends Part<CategoryExample> {
  readonly labels: LabelSet;
}
