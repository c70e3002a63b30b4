// What the server answers, as docs/serving.md describes it. Types only.
import type {
  Result as Answer,
  Model,
  PostToRead,
  ResultEntity,
  ResultRelation,
} from "../../src/client/api-types.ts";
import type { CallOptions } from "../../src/client/client.ts";
import type { Document, Entity, JsonObject, Relation } from "../../src/data/document.ts";
import type {
  CategoryChange,
  Explanation,
  ExplanationLayer,
  ExplanationRegion,
  Guess,
  TwoExperts,
} from "../../src/extract/explain/explanation.ts";
import type {
  DocumentState,
  JudgedAnswer,
  KnownLabels,
  ListedView,
  OfferedDocuments,
  QueuedDocument,
  SavedState,
} from "../../src/serving/page/answers.ts";
import type { Problem } from "./problem.ts";

export type {
  Answer,
  CategoryChange as Changed,
  Document as TrainingDocument,
  DocumentState,
  Entity,
  Explanation,
  ExplanationLayer as LayerUse,
  ExplanationRegion as Region,
  Guess,
  JsonObject,
  KnownLabels,
  ListedView as View,
  Model,
  Problem,
  QueuedDocument,
  Relation,
  ResultEntity,
  ResultRelation,
  TwoExperts as Experts,
};

/** A post to send; its picture is a file that the user chose. */
export interface PostToSend extends PostToRead {
  readonly image?: File | undefined;
}

/** How posts are read. */
export type ReadOptions = Pick<CallOptions, "model" | "explain" | "threshold">;

/** One element of an answer to many posts. */
export type Result = Answer | { readonly problem: Problem };

/** What the page can offer: `GET /v1/page`. */
export interface PageOffer {
  readonly documents: OfferedDocuments | null;
  readonly runs: readonly { readonly name: string; readonly task: string }[];
  readonly views: boolean;
}

/** A document with what the model finds in it. */
export interface OpenedDocument {
  readonly document: Document;
  /** Absent if the model could not read it; `predictedProblem` says why. */
  readonly predicted?: Answer;
  readonly predictedProblem?: Problem;
  /** Goes back when it is saved, so that what another saved meanwhile is not lost. */
  readonly etag?: string;
  readonly state: DocumentState;
  readonly savedBy?: string;
  readonly savedAt?: string;
}

/** What is saved of a document, and what the server is told with it. */
export interface Saving {
  /** Of the document as it was opened; undefined where nobody else can save it. */
  readonly etag: string | undefined;
  /** Whether labels that nobody has were typed as new ones. */
  readonly newLabels: boolean;
}

/** What is saved of a document. */
export interface Correction {
  readonly entities: readonly Entity[];
  readonly relations: readonly Relation[];
  readonly category?: { readonly label: string };
  readonly state: SavedState;
  readonly by: string;
}

/** A confusion matrix: gold by predicted. */
export interface Confusion {
  readonly labels: readonly string[];
  readonly cells: readonly (readonly number[])[];
}

/** A cell of a confusion matrix. */
export interface Cell {
  readonly gold: string;
  readonly predicted: string;
}

/** A document that a run got wrong. */
export interface Mistake extends JudgedAnswer {
  readonly id: string;
  readonly text: string;
  /** Whether it has a picture that can be shown. */
  readonly image?: true;
}
