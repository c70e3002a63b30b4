// What a data format is: a name and a reader. A new format is one file that exports one of these and a line in readers.ts.
import type { BioPolicy } from "./bio.ts";
import type { Document } from "./document.ts";
import type { LabelSet } from "./labels.ts";
import type { OffsetUnit } from "./offset-units.ts";
import type { RowOptions, RowOutcome } from "./rows.ts";

/** How documents are read; what a format has no use for is ignored. */
export interface ReadDocumentsOptions extends RowOptions {
  /** When given, a relation outside this set is a defect; "None" is called so in it. */
  readonly relationLabels?: LabelSet | undefined;
  /** The data's own name for "None"; relations of this label are read as "None". */
  readonly noneLabel?: string | undefined;
  /** How a reader of BIO tags takes an orphan I- tag (an I-X after neither B-X nor I-X); "conll" unless told otherwise. */
  readonly bio?: BioPolicy | undefined;
  /** What an `IMGID` lacks to be the name of a picture file; ".jpg" unless told otherwise. */
  readonly imageExtension?: string | undefined;
  /** What the offsets of a file of documents (relata, parquet) count; "utf-16" unless told otherwise. */
  readonly offsets?: OffsetUnit | undefined;
  /** A file of boxes (GMNER) for a reader of BIO tags: they become `meta.boxes`. Gold labels: never a model's input. */
  readonly boxes?: string | undefined;
}

/** A data format: a name and a reader of its files. */
export interface DocumentFormat {
  /** What users write after `--format`. */
  readonly name: string;
  readonly description: string;
  /** Every row of the file, in order, with its outcome; throws only for an unreadable file and under the policy "strict". */
  read(path: string, options?: ReadDocumentsOptions): AsyncGenerator<RowOutcome<Document>>;
}
