// A row of a file or stream of posts, in any format; a row that is not a post is rejected with its place and reason.

import { createHash } from "node:crypto";
import type { ErrorCode } from "../../base/codes/error-code.ts";
import type { Defect } from "../../data/defects.ts";
import type { Document, Entity, JsonObject, Span } from "../../data/document.ts";
import { documentDefects } from "../../data/document-defects.ts";
import type { ExtraFields } from "../../data/extra-fields.ts";
import type { OffsetSurvey } from "../../data/offset-survey.ts";
import { tokensOf } from "../../data/tokens.ts";
import type { UnreadFields } from "../../data/unread-fields.ts";
import type { PostPicture } from "../../visual/visual-channel.ts";

/** A post read from a row. */
export interface RowPost {
  readonly id: string;
  readonly text: string;
  /** Name of the picture, from the row or the folder. */
  readonly image?: string;
  /** The picture itself, if the source contains it. */
  readonly picture?: PostPicture;
  /** Why the picture that the row names is not there, if the source knows. */
  readonly missing?: RowFault;
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

/** One row of a source, in order. `key` changes when anything in the row changes. */
export type PostRow = {
  readonly row: number;
  readonly key: string;
  /** Where the row begins in the file, in bytes; only in files of lines. */
  readonly offset?: number | undefined;
} & ({ readonly post: RowPost } | { readonly id?: string | undefined; readonly fault: RowFault });

/** A source of rows. */
export interface PostSource {
  /** Its name in messages. */
  readonly place: string;
  /** What a row number counts. */
  readonly counts: "line" | "row" | "file";
  /** Number of rows, if known before reading. */
  readonly total?: number | undefined;
  /** Files that must not change while rows are read; absent for a stream. */
  readonly files?: readonly string[];
  /** Fields or columns that are kept in meta; complete after the last row. */
  readonly extra?: Pick<ExtraFields, "describe" | "pictures">;
  /** Columns that are not read; complete after the last row. */
  readonly unread?: UnreadFields;
  /** The unit that mention offsets seem to use; complete after the last row. */
  readonly offsets?: Pick<OffsetSurvey, "defects">;
  /** Changes when anything in the source changes; absent for a stream, which cannot be read twice. */
  readonly fingerprint?: () => Promise<string>;
  rows(signal?: AbortSignal): AsyncGenerator<PostRow>;
  /** The rows from one on, without reading those before it; undefined where only reading them finds it. */
  rowsFrom?(start: RowStart, signal?: AbortSignal): AsyncGenerator<PostRow> | undefined;
}

/** A row from which reading can start. */
export interface RowStart {
  /** Its number. */
  readonly row: number;
  /** Its place in a file of lines, in bytes. */
  readonly offset?: number | undefined;
}

/** Converts a document to a post, with its entities as mentions and the words from its meta. */
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

/** Says what is wrong with a raw post's id, text or picture name; undefined when nothing is. */
export function postFault(
  { id, text, image }: Pick<RowPost, "id" | "text" | "image">,
  place: string,
): RowFault | undefined {
  const post = { id, text, ...(image === undefined ? {} : { image }), entities: [], relations: [] };
  const defects = documentDefects(post, place);
  return defects.some(({ severity }) => severity === "error") ? faultOf(defects) : undefined;
}

/** Returns the first error among the defects of a rejected row, which has at least one. */
export function faultOf(defects: readonly Defect[]): RowFault {
  const { code, message, place } = defects.find(({ severity }) => severity === "error") ?? defects[0]!;
  return { code, message: `${place}: ${message}` };
}

/** Tells whether two runs have read the same rows: a running hash over their keys. */
export class RowSum {
  readonly #hash = createHash("sha256");

  add({ row, key }: PostRow): void {
    this.#hash.update(`${row} ${key.length} ${key}\n`);
  }

  /** The hash so far, in hexadecimal; more rows may follow. */
  value(): string {
    return this.#hash.copy().digest("hex");
  }
}
