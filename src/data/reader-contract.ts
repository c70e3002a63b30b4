// The contract of a reader that users register. A reader takes a file apart into rows; that each is a document relata checks itself.
import { CONTRACT, type Extension } from "../extensions/extension.ts";
import type { OffsetUnit } from "./offset-units.ts";

/** A line of text that holds something. */
export interface SourceLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** The file that a reader is to read. */
export interface ReaderSource {
  readonly path: string;
  /**
   * Its lines, without line ends. Blank lines, lines that are not UTF-8 and lines beyond 4 MiB are left out and counted.
   *
   * @throws DataError `data/cannot-read`, `data/other-format`
   */
  lines(): AsyncGenerator<SourceLine>;
  /** Its whole text, of at most 256 MiB, without byte order mark. @throws DataError `data/cannot-read`, `data/file-too-large` */
  text(): Promise<string>;
  /** Fires when the run is to stop. */
  readonly signal: AbortSignal;
}

/** What a reader makes of one row. */
export type ReaderRow =
  | {
      /** The row's first line, from 1, for messages. */
      readonly line: number;
      /** Lines that it takes; 1 when absent. */
      readonly lines?: number | undefined;
      /**
       * `{ id, text, image?, entities: [{ start, end, label }], relations?: [{ head, tail, label }], meta? }`. Checked as a document of
       * relata's own format: one with a fault is rejected and counted under the fault's code.
       */
      readonly document: unknown;
    }
  | {
      readonly line: number;
      readonly lines?: number | undefined;
      /** Why there is no document, in one sentence. */
      readonly rejected: string;
    };

/** A format of documents. */
export interface Reader extends Extension {
  readonly kind: "reader";
  /** For help texts. */
  readonly description?: string | undefined;
  /** What `start` and `end` count; UTF-16 code units, as JavaScript's strings do, when absent. */
  readonly offsets?: OffsetUnit | undefined;
  /** The rows of a file, in its order. */
  read(source: ReaderSource): AsyncIterable<ReaderRow> | Iterable<ReaderRow>;
}

/**
 * Defines a reader, whose name users then write as a format: `--format`, `data.format`.
 *
 * @example
 * import { defineReader } from "relata/extend";
 *
 * export default defineReader({
 *   name: "tsv",
 *   version: "1.0.0",
 *   async *read(source) {
 *     for await (const { line, text } of source.lines()) {
 *       yield { line, document: { id: `row-${line}`, text, entities: [] } };
 *     }
 *   },
 * });
 */
export function defineReader(reader: Omit<Reader, "kind" | "contract">): Reader {
  return Object.freeze({ ...reader, kind: "reader", contract: CONTRACT });
}
