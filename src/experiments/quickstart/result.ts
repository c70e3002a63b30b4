// The results of a quickstart: files, scores, and facts about both.
import type { SplitName } from "../../world/generate.ts";
import type { SplitTruth } from "../../world/truth.ts";
import type { WorldFiles } from "../../world/write.ts";
import type { ReadPost, ScoredEntities } from "./read-posts.ts";
import type { SelectionTruth } from "./selection-truth.ts";
import type { ScoredRun } from "./train-and-score.ts";

export interface QuickstartResult {
  readonly seed: number;
  readonly corpus: WorldFiles;
  /** Facts about the posts by construction, including the ceilings. */
  readonly splits: Readonly<Record<SplitName, SplitTruth>>;
  /** Text only and I2SRM; in the full comparison also MI2RAGE, and MI2RAGE's model on real pairs. */
  readonly runs: readonly ScoredRun[];
  /** Only in the full comparison: the generated pictures, and how well the teachers chose among them. */
  readonly views?: GeneratedViews | undefined;
  readonly entities: ScoredEntities;
  /** Entities and I2SRM's relations in one folder. */
  readonly bundle: string;
  /** The store of pictures that were generated for the training texts. */
  readonly generated: string;
  /** A post that needs its picture: the first of `posts` that was read without errors, or the first. */
  readonly example: ReadPost;
  /** Some posts that need their pictures, chosen before any model saw them. */
  readonly posts: readonly ReadPost[];
  /** Path of the page. */
  readonly report: string;
}

export interface GeneratedViews {
  readonly store: string;
  readonly selection: SelectionTruth;
}
