// What a quickstart leaves: files, scores, and what is known of both.
import type { SplitName } from "../../world/generate.ts";
import type { SplitTruth } from "../../world/truth.ts";
import type { WorldFiles } from "../../world/write.ts";
import type { RawPost, ScoredEntities } from "./raw-post.ts";
import type { SelectionTruth } from "./selection-truth.ts";
import type { ScoredRun } from "./train-and-score.ts";

export interface QuickstartResult {
  readonly seed: number;
  readonly corpus: WorldFiles;
  /** What is known of the posts by construction, the ceilings among it. */
  readonly splits: Readonly<Record<SplitName, SplitTruth>>;
  /** Text only, I2SRM, MI2RAGE, and MI2RAGE's model on real pairs. */
  readonly runs: readonly ScoredRun[];
  /** Store of the generated pictures, and how well the teachers chose among them. */
  readonly views: { readonly store: string; readonly selection: SelectionTruth };
  readonly entities: ScoredEntities;
  /** Entities and I2SRM's relations in one folder. */
  readonly bundle: string;
  /** A post that needs its picture, as the bundle reads it. */
  readonly example: RawPost;
  /** Path of the page. */
  readonly report: string;
}
