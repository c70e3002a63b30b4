// What an audit is told about judging labels, and the documents that it judges.

import type { Document } from "../../data/document.ts";
import type { RowReference } from "../finding.ts";
import type { JudgedTask } from "./find-label-errors.ts";

/** How an audit judges labels. */
export interface LabelErrorOptions {
  /** Text encoder: a folder or a hub id. */
  readonly encoder?: string | undefined;
  /** Default "both". */
  readonly task?: JudgedTask | undefined;
  readonly folds?: number | undefined;
  /** Folder for states and scores; absent: nothing is kept. */
  readonly run?: string | undefined;
  /** File for suspicious documents, most suspicious first. */
  readonly suspects?: string | undefined;
  readonly threads?: number | undefined;
}

/** A document with its place. */
export interface PlacedDocument {
  readonly document: Document;
  readonly split: string;
  readonly place: RowReference;
}
