// What a data format is: a name and a reader. A new format is one file that exports one of these and a line in readers.ts.
import type { Document } from "./document.ts";
import type { LabelSet } from "./labels.ts";
import type { RowOptions, RowOutcome } from "./rows.ts";

export interface ReadDocumentsOptions extends RowOptions {
  /** When given, a relation outside this set is a defect. */
  readonly relationLabels?: LabelSet;
}

export interface DocumentFormat {
  /** What users write after `--format`. */
  readonly name: string;
  readonly description: string;
  /** Every row of the file, in order, with its outcome; throws only for an unreadable file and under the policy "strict". */
  read(path: string, options?: ReadDocumentsOptions): AsyncGenerator<RowOutcome<Document>>;
}
