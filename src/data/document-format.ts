// The interface of a data format: a name and a reader. A new format needs one file that exports it and a line in readers.ts.
import type { BioPolicy } from "./bio.ts";
import type { Document } from "./document.ts";
import type { LabelSet } from "./labels.ts";
import type { OffsetUnit } from "./offset-units.ts";
import type { RowOptions, RowOutcome } from "./rows.ts";

/** Options for reading documents; a format ignores those that do not apply. */
export interface ReadDocumentsOptions extends RowOptions {
  /** If given, a relation outside this set is a defect; the set uses the name "None". */
  readonly relationLabels?: LabelSet | undefined;
  /** The data's own name for "None"; relations of this label are read as "None". */
  readonly noneLabel?: string | undefined;
  /** How a reader of BIO tags treats an orphan I- tag (an I-X after neither B-X nor I-X); default "conll". */
  readonly bio?: BioPolicy | undefined;
  /** Suffix to add to an `IMGID` for the name of its picture file; default ".jpg". */
  readonly imageExtension?: string | undefined;
  /** Unit of the offsets in a file of documents (relata, parquet); default "utf-16". */
  readonly offsets?: OffsetUnit | undefined;
  /** A file of boxes (GMNER) for a reader of BIO tags; stored as `meta.boxes`. They are gold labels, never a model's input. */
  readonly boxes?: string | undefined;
}

/** A data format: a name and a reader of its files. */
export interface DocumentFormat {
  /** Name for use after `--format`. */
  readonly name: string;
  readonly description: string;
  /** Yields every row of the file, in order, with its outcome; throws only for an unreadable file and under the policy "strict". */
  read(path: string, options?: ReadDocumentsOptions): AsyncGenerator<RowOutcome<Document>>;
}
