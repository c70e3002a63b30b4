// What the server answers, as docs/serving.md describes it. Types only.
import type { Entity, JsonObject, Relation } from "../../src/data/document.ts";
import type { Extraction, FoundCategory, FoundEntity, FoundRelation } from "../../src/extract/post.ts";
import type { ServedModel } from "../../src/serving/service.ts";

export type { Entity, FoundEntity, FoundRelation, JsonObject, Relation };

/** A model of `GET /v1/models`. */
export type Model = Pick<ServedModel, "name" | "version"> &
  ServedModel["description"] & { readonly loadedAt: string; readonly default: boolean };

/** What is asked about one post. */
export interface PostRequest {
  readonly id?: string;
  readonly text: string;
  readonly image?: { readonly part: string };
  readonly caption?: string;
  readonly entities?: readonly Entity[];
}

/** An answer to one post. */
export interface Answer extends Extraction {
  readonly id?: string;
  readonly model: { readonly name: string; readonly version: string };
  readonly timing: { readonly queuedMs: number; readonly readMs: number };
  readonly explanation?: Explanation;
}

/** A label and its probability. */
export interface Guess {
  readonly label: string;
  readonly probability?: number;
}

/** How something differs from the answer without the picture; null where it was not found. */
export interface Changed {
  readonly change: "added" | "removed" | "relabelled" | "more" | "less";
  readonly withPicture: Guess | null;
  readonly withoutPicture: Guess | null;
}

/** A part of the picture that a model looks at. */
export interface Region {
  readonly kind: "whole" | "crop";
  /** Left, top, right, bottom, in pixels of the picture as it is stored. */
  readonly box: readonly [number, number, number, number];
  readonly label?: string;
  readonly score?: number;
}

/** How one layer used the picture. */
export interface LayerUse {
  readonly model: "entities" | "relations" | "categories";
  readonly layer: number;
  /** Shares of the pieces of the picture; their sum is 1. */
  readonly gates: readonly number[];
  /** Share of the attention that goes to the picture. */
  readonly attention?: number;
  /** The same by region. */
  readonly regions?: readonly number[];
}

/** The two experts of a student, and what each says of the pairs. */
export interface Experts {
  readonly trust: number;
  readonly pairs: readonly {
    readonly headText: string;
    readonly tailText: string;
    readonly real: Guess;
    readonly views: Guess;
    readonly together: Guess;
  }[];
}

/** What the picture did. */
export interface Explanation {
  readonly withoutPicture: {
    readonly entities: readonly FoundEntity[];
    readonly relations: readonly FoundRelation[];
    readonly category?: FoundCategory;
  } | null;
  readonly changed: {
    readonly entities: readonly (Changed & { readonly text: string })[];
    readonly relations: readonly (Changed & { readonly headText: string; readonly tailText: string })[];
    readonly category?: Changed;
  };
  readonly regions: readonly Region[];
  readonly picture: { readonly width: number; readonly height: number } | null;
  readonly layers: readonly LayerUse[];
  readonly experts?: Experts;
}

/** RFC 9457, with relata's code, place and remedy. */
export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code?: string;
  readonly place?: string;
  readonly remedy?: string;
}

/** One element of an answer to many posts. */
export type Result = Answer | { readonly id?: string; readonly problem: Problem };

/** What the page can offer: `GET /v1/page`. */
export interface PageOffer {
  readonly documents: { readonly count: number; readonly done: number; readonly pictures: boolean } | null;
  readonly runs: readonly { readonly name: string; readonly task: string }[];
  readonly views: boolean;
}

/** Where a document stands. */
export type DocumentState = "open" | "accepted" | "corrected" | "rejected";

/** A document in the queue. */
export interface QueuedDocument {
  readonly id: string;
  readonly text: string;
  readonly image?: boolean;
  readonly uncertainty: number;
  readonly state: DocumentState;
}

/** relata's document format. */
export interface TrainingDocument {
  readonly id: string;
  readonly text: string;
  readonly image?: string;
  readonly entities: readonly Entity[];
  readonly relations: readonly Relation[];
  readonly category?: { readonly label: string; readonly probability?: number } | string;
  readonly meta?: JsonObject;
}

/** A document with what the model finds in it. */
export interface OpenedDocument {
  readonly document: TrainingDocument;
  readonly predicted: Answer;
  readonly state: DocumentState;
  readonly savedBy?: string;
  readonly savedAt?: string;
}

/** What is saved of a document. */
export interface Correction {
  readonly entities: readonly Entity[];
  readonly relations: readonly Relation[];
  readonly category?: { readonly label: string };
  readonly state: Exclude<DocumentState, "open">;
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
export interface Mistake {
  readonly id: string;
  readonly text: string;
  readonly image?: boolean;
  readonly gold: string;
  readonly predicted: string;
  readonly head?: Entity;
  readonly tail?: Entity;
  readonly entity?: Entity;
  readonly probability?: number;
}

/** A generated view. */
export interface View {
  readonly id: string;
  readonly document: string;
  readonly text?: string;
  readonly picture?: boolean;
  readonly label: string;
  readonly score: number | null;
  readonly kept: boolean;
  readonly round: number;
  readonly chain: string;
}
