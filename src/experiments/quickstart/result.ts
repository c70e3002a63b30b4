// The results of a quickstart: files, scores, and facts about both.
import type { SplitName } from "../../world/generate.ts";
import type { SplitTruth } from "../../world/truth.ts";
import type { WorldFiles } from "../../world/write.ts";
import type { RawPost, ScoredEntities } from "./raw-post.ts";
import type { SelectionTruth } from "./selection-truth.ts";
import type { ScoredRun } from "./train-and-score.ts";

export interface QuickstartResult {
  readonly seed: number;
  readonly corpus: WorldFiles;
  /** Facts about the posts by construction, including the ceilings. */
  readonly splits: Readonly<Record<SplitName, SplitTruth>>;
  /** Text only, I2SRM, MI2RAGE, and MI2RAGE's model on real pairs. */
  readonly runs: readonly ScoredRun[];
  /** Store of the generated pictures, and how well the teachers chose among them. */
  readonly views: { readonly store: string; readonly selection: SelectionTruth };
  readonly entities: ScoredEntities;
  /** Entities and I2SRM's relations in one folder. */
  readonly bundle: string;
  /** A post that needs its picture, and what the bundle finds in it. */
  readonly example: RawPost;
  /** Path of the page. */
  readonly report: string;
}
