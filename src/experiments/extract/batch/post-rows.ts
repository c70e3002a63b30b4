// A row of a file or stream of posts, whatever its form; what cannot be one is a rejected row with its place and reason.
import { createHash } from "node:crypto";
import type { Entity, JsonObject, Span } from "../../../data/index.ts";

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

/** Why a row is no post. */
export interface RowFault {
  readonly code: string;
  readonly message: string;
}

/** One row of a source, in order. `key` changes with anything in it. */
export type PostRow = { readonly row: number; readonly key: string } & (
  | { readonly post: RowPost }
  | { readonly id?: string; readonly fault: RowFault }
);

/** Where rows come from. */
export interface PostSource {
  /** As messages name it. */
  readonly place: string;
  /** What a row's number counts. */
  readonly counts: "line" | "row" | "file";
  /** Number of rows where it is known before they are read. */
  readonly total?: number | undefined;
  /** Changes with anything in the source; absent for a stream that cannot be read twice. */
  readonly fingerprint?: () => Promise<string>;
  rows(signal?: AbortSignal): AsyncGenerator<PostRow>;
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
