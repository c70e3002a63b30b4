// What a run of active learning is asked to do, and what it tells while it runs.
import type { PreparationProgress } from "../base/progress.ts";
import type { ConfigInput } from "../config/schema.ts";
import type { ExtensionSource } from "../extensions/load-extensions.ts";
import type { ModelAsk } from "./ask-model.ts";
import type { Choice } from "./choose-batch.ts";
import type { RoundRecord } from "./run-files.ts";

/** Who labels: a person, who is waited for; a vision model; or labels that exist already and are hidden until they are asked for. */
export type Ask =
  | { readonly who: "person" }
  | ModelAsk
  /** Without a file, the labels in the pool itself. */
  | { readonly who: "gold"; readonly file?: string | undefined };

/** The settings of a run; they stay the same when it is resumed. Paths are relative to the working folder. */
export interface ActiveSettings {
  /** Documents with labels to begin with; undefined: the first batch is chosen by diversity. */
  readonly labelled?: string | undefined;
  /** Documents to choose from; labels in it are not looked at, except as answers with `gold`. */
  readonly pool: string;
  /** Labelled documents that choose the best epoch of each round. */
  readonly validation: string;
  /** Labelled documents that are scored after every round and choose nothing. */
  readonly test?: string | undefined;
  readonly ask: Ask;
  /** Default `both`. */
  readonly by: Choice;
  /** Number of batches to ask about. */
  readonly rounds: number;
  /** Documents per batch. */
  readonly batch: number;
  /** Documents of the pool, drawn at random, that a round looks at. */
  readonly candidates: number;
  /** Ends the run when the validation F1 is at least this. */
  readonly targetF1?: number | undefined;
  /** Ends the run when no candidate is less certain than this. */
  readonly sure: number;
  /** Seed of what is drawn for the choice; that of the training is `training.seed`. */
  readonly seed: number;
  /** What is trained, as for `relata train`; the documents come from the run. */
  readonly config: ConfigInput;
}

/** A run and how to report about it. */
export interface ActiveRequest {
  /** Undefined resumes with the settings of the run folder. */
  readonly settings?: ActiveSettings | undefined;
  readonly runFolder: string;
  /** Answers to the batch that the run waits for, in any format that is read; default: what `relata serve` has saved in the run folder. */
  readonly answers?: string | undefined;
  /** Continue although some documents of the batch have no answer. */
  readonly partial?: boolean | undefined;
  readonly extensions?: readonly ExtensionSource[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onPreparation?: ((progress: PreparationProgress) => void) | undefined;
  /** A stage of a round begins. */
  readonly onStage?: ((round: number, stage: "train" | "score" | "choose" | "ask") => void) | undefined;
  /** A round has been scored, and its batch chosen. */
  readonly onRound?: ((record: RoundRecord) => void) | undefined;
  /** Something to know about the files, once, before the first round. */
  readonly onNote?: ((note: string) => void) | undefined;
}

/** Why a run has ended. */
export type StopReason = "rounds" | "target" | "certain" | "pool" | "interrupted";

/** What a run has done. */
export interface ActiveSummary {
  readonly runFolder: string;
  /** Waiting: a person has to answer the batch in `toLabel`. */
  readonly status: "finished" | "waiting" | "interrupted";
  readonly reason?: StopReason | undefined;
  readonly rounds: readonly RoundRecord[];
  /** The model of the last round; a bundle for both tasks. Absent before the first. */
  readonly model?: string | undefined;
  /** The batch to label, and where `relata serve` should save the answers. */
  readonly waiting?:
    | { readonly toLabel: string; readonly answers: string; readonly documents: number }
    | undefined;
  readonly notes: readonly string[];
}
