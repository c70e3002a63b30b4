// A stage of an experiment: work in this process or a command, with the stages whose output it reads.
import type { Config } from "../config/schema.ts";
import type { Evaluation, SharedStage } from "./plan.ts";

/** A variant with one seed. */
export interface Cell {
  readonly variant: string;
  readonly seed: number;
}

/** How to read a data file. */
export type DataFormat = Pick<Config["data"], "format" | "bio" | "imageExtension" | "offsets" | "noneLabel">;

interface StageBase {
  /** Unique; the stage's folder below the experiment's, with `/` between the parts. */
  readonly id: string;
  readonly folder: string;
  /** Ids of the stages whose output it reads. */
  readonly needs: readonly string[];
}

/** Work inside this process: a data file derived from another one. */
export interface DeriveStage extends StageBase {
  readonly kind: "derive";
  readonly made: Extract<SharedStage, { kind: "shuffle-images" | "map-labels" }>;
  readonly data: DataFormat;
  readonly seed: number;
}

/** Work in a child process: `relata` with `arguments`. */
export interface CommandStage extends StageBase {
  readonly kind: "train" | "score-views" | "synthesize";
  readonly arguments: readonly string[];
  /** Becomes the folder's `config.json`. */
  readonly config: Config | undefined;
}

/** `relata evaluate` of a trained cell. */
export interface EvaluateStage extends StageBase {
  readonly kind: "evaluate";
  readonly arguments: readonly string[];
  /** The gold documents, for significance tests, and the folder of their pictures, if there is one. */
  readonly gold: { readonly file: string; readonly pictures?: string } & DataFormat;
}

export type Stage = DeriveStage | CommandStage | EvaluateStage;

/** The stages that train and score a cell for an evaluation. */
export interface CellEvaluation extends Cell {
  readonly evaluation: Evaluation;
  readonly train: string;
  readonly evaluate: string;
}

export interface StageGraph {
  /** In the preferred order of execution. */
  readonly stages: readonly Stage[];
  readonly evaluations: readonly CellEvaluation[];
}
