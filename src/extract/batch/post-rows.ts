// A row of a file or stream of posts, whatever its form; what cannot be one is a rejected row with its place and reason.

import { createHash } from "node:crypto";
import type { ErrorCode } from "../../base/codes/error-code.ts";
import type { Defect } from "../../data/defects.ts";
import type { Document, Entity, JsonObject, Span } from "../../data/document.ts";
import { documentDefects } from "../../data/document-defects.ts";
import type { OffsetSurvey } from "../../data/offset-units.ts";
import { tokensOf } from "../../data/tokens.ts";
import type { UnreadFields } from "../../data/unread-fields.ts";

/** A post as a row gives it. */
export interface RowPost {
  readonly id: string;
  readonly text: string;
  /** Name of the picture, as the row or the folder has it. */
  readonly image?: string;
  /** The picture itself, where the source holds it: a path, or bytes. */
  readonly picture?: string | Uint8Array;
  readonly caption?: string;
  readonly entities?: readonly Entity[];
  readonly words?: readonly Span[];
  readonly meta?: JsonObject;
}

/** Why a row is not a post. */
export interface RowFault {
  readonly code: ErrorCode;
  readonly message: string;
}

/** One row of a source, in order. `key` changes with anything in it. */
export type PostRow = { readonly row: number; readonly key: string } & (
  | { readonly post: RowPost }
  | { readonly id?: string | undefined; readonly fault: RowFault }
);

/** Where rows come from. */
export interface PostSource {
  /** As messages name it. */
  readonly place: string;
  /** What a row's number counts. */
  readonly counts: "line" | "row" | "file";
  /** Number of rows where it is known before they are read. */
  readonly total?: number | undefined;
  /** The files whose content must stay as it is while rows are read; absent for a stream. */
  readonly files?: readonly string[];
  /** The fields or columns that are not read; complete when the rows are at their end. */
  readonly unread?: UnreadFields;
  /** What the offsets of documents' mentions seem to count; complete when the rows are at their end. */
  readonly offsets?: Pick<OffsetSurvey, "defects">;
  /** Changes with anything in the source; absent for a stream that cannot be read twice. */
  readonly fingerprint?: () => Promise<string>;
  rows(signal?: AbortSignal): AsyncGenerator<PostRow>;
}

/** A document as a post, with its entities for mentions; its words are those that its meta names. */
export function postOfDocument(document: Document): RowPost {
  const { id, text, image, entities, meta } = document;
  return {
    id,
    text,
    ...(image === undefined ? {} : { image }),
    entities,
    ...(meta?.tokens === undefined ? {} : { words: tokensOf(document) }),
    ...(meta ? { meta } : {}),
  };
}

/** What is wrong with a raw post's id, text or picture's name; undefined when nothing is. */
export function postFault(
  { id, text, image }: Pick<RowPost, "id" | "text" | "image">,
  place: string,
): RowFault | undefined {
  const post = { id, text, ...(image === undefined ? {} : { image }), entities: [], relations: [] };
  const defects = documentDefects(post, place);
  return defects.some(({ severity }) => severity === "error") ? faultOf(defects) : undefined;
}

/** The first error among the defects of a row that was rejected: it has one. */
export function faultOf(defects: readonly Defect[]): RowFault {
  const { code, message, place } = defects.find(({ severity }) => severity === "error") ?? defects[0]!;
  return { code, message: `${place}: ${message}` };
}

/** Tells whether two runs have read the same rows: a running sum over their keys. */
export class RowSum {
  readonly #hash = createHash("sha256");

  add({ row, key }: PostRow): void {
    this.#hash.update(`${row} ${key.length} ${key}\n`);
  }

  /** The sum so far, in hexadecimal; more rows may follow. */
  value(): string {
    return this.#hash.copy().digest("hex");
  }
}
