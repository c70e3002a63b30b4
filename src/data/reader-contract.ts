// The contract of a user's reader. A reader divides a file into rows; relata checks that each is a valid document.
import { CONTRACT, type Extension } from "../extensions/extension.ts";
import type { FileSample } from "./file-sample.ts";
import type { OffsetUnit } from "./offset-units.ts";

/** A non-blank line of text. */
export interface SourceLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** The file to read. */
export interface ReaderSource {
  readonly path: string;
  /**
   * Its lines, without line ends. Blank lines, lines that are not UTF-8 and lines above 4 MiB are skipped and counted.
   *
   * @throws DataError `data/cannot-read`, `data/other-format`
   */
  lines(): AsyncGenerator<SourceLine>;
  /** Its whole text, at most 256 MiB, without byte order mark. @throws DataError `data/cannot-read`, `data/file-too-large` */
  text(): Promise<string>;
  /** Fires when the run must stop. */
  readonly signal: AbortSignal;
}

/** A decision of a reader about annotations, for the report. */
export interface ReaderNote {
  /** What was decided, in one sentence. */
  readonly message: string;
  /** Numbers of entities and relations that are left out because of it; default 0. */
  readonly entities?: number | undefined;
  readonly relations?: number | undefined;
}

interface RowBase {
  /** The row's first line, from 1, for messages. */
  readonly line: number;
  /** Number of lines of the row; default 1. */
  readonly lines?: number | undefined;
  /**
   * What the row holds in the file. If it is given, the report says what became of it: every entity and relation must be in the document
   * or be counted in a note.
   */
  readonly found?: { readonly entities: number; readonly relations: number } | undefined;
  readonly notes?: readonly ReaderNote[] | undefined;
}

/** A reader's result for one row. */
export type ReaderRow =
  | (RowBase & {
      /**
       * `{ id, text, image?, entities: [{ start, end, label, text? }], relations?: [{ head, tail, label }], meta? }`. Checked like a
       * document in relata's own format: an invalid one is rejected and counted under the defect's code. An entity's `text` is compared
       * with the text of its span.
       */
      readonly document: unknown;
    })
  | (RowBase & {
      /** Why there is no document, in one sentence: the row is broken. */
      readonly rejected: string;
    })
  | (RowBase & {
      /** Why the row is not used although nothing is wrong with it, in one sentence: nobody annotated it, for instance. */
      readonly leftOut: string;
    });

/** A format of documents. */
export interface Reader extends Extension {
  readonly kind: "reader";
  /** For help texts. */
  readonly description?: string | undefined;
  /** Unit of `start` and `end`; by default UTF-16 code units, as in JavaScript strings. */
  readonly offsets?: OffsetUnit | undefined;
  /** Whether a file is of this format, judged by its beginning; without it the format is never guessed. */
  recognises?(sample: FileSample): boolean;
  /** Yields the rows of a file in order. */
  read(source: ReaderSource): AsyncIterable<ReaderRow> | Iterable<ReaderRow>;
}

/**
 * Defines a reader. Its name can then be used as a format: `--format`, `data.format`.
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
