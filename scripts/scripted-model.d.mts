// Types of scripted-model.mjs.
import type { Document } from "../src/data/document.ts";

export type FaultName =
  | "offsets"
  | "invent"
  | "repeat"
  | "spelling"
  | "edges"
  | "labels"
  | "shapes"
  | "prose"
  | "fence"
  | "thoughts"
  | "truncate"
  | "empty"
  | "refuse"
  | "429"
  | "500"
  | "hang"
  | "close"
  | "no-schema";

export const FAULTS: Readonly<Record<FaultName, string>>;

export interface ScriptedModelOptions {
  readonly documents: readonly Pick<Document, "text" | "entities" | "relations">[];
  readonly faults?: readonly FaultName[];
  readonly rate?: number;
  readonly port?: number;
  readonly naming?: "occurrence" | "context" | "nothing";
  readonly delayMs?: number;
  readonly log?: string | undefined;
}

export interface ScriptedModel {
  readonly url: string;
  /** The answered calls: seed and text. */
  readonly answered: readonly string[];
  close(): Promise<void>;
}

export function startScriptedModel(options: ScriptedModelOptions): Promise<ScriptedModel>;

/** The answer of the scripted model about a document. */
export function written(
  document: Pick<Document, "text" | "entities" | "relations">,
  naming: "occurrence" | "context" | "nothing",
  has: (fault: string) => boolean,
  key: string,
): string;
