// The interface of a data format: a name, a reader, and what it is recognised by.
import type { BioPolicy } from "./bio.ts";
import type { Document } from "./document.ts";
import type { FileSample } from "./file-sample.ts";
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
  /** What the offsets in the file count; default: what each document says in `meta.offsets`, or the format's own, see `DocumentFormat.offsets`. */
  readonly offsets?: OffsetUnit | undefined;
  /** A file of boxes (GMNER) for a reader of BIO tags; stored as `meta.boxes`. They are gold labels, never a model's input. */
  readonly boxes?: string | undefined;
  /** Whose annotations are read where several people annotated a text; default "first". */
  readonly annotators?: AnnotatorPolicy | undefined;
  /** Name of the field with the text, in a format where projects name it; default: found from the file. */
  readonly textField?: string | undefined;
  /** Name of the field with the picture, in a format where projects name it; default: found from the file. */
  readonly imageField?: string | undefined;
  /** Name of the field with a tag for each token; default: found from the file. */
  readonly tagsField?: string | undefined;
  /** Whether spans in tokens end with their last token or before the next; default: the format's own, or found from the file. */
  readonly tokenEnds?: TokenEnds | undefined;
  /** Columns of a table by role: `{ text: "Tweet", head: "Subject" }`; default: guessed from their names. */
  readonly columns?: Readonly<Record<string, string>> | undefined;
  /** Columns of a table whose cells list the mentions of a label: `{ PER: "persons" }`. */
  readonly entityColumns?: Readonly<Record<string, string>> | undefined;
  /** Writes a picture that the file itself contains and returns its name for the document; without it such pictures are defects. */
  readonly savePicture?: ((bytes: Uint8Array, name?: string) => Promise<string>) | undefined;
}

/** Whether the second number of a span is its last token or the one after it. */
export type TokenEnds = (typeof TOKEN_ENDS)[number];
/** Ends of spans in tokens: the last token of the span, or the one after it. */
export const TOKEN_ENDS = ["inclusive", "exclusive"] as const;

/** The options that only some formats use. */
export const FORMAT_OPTIONS = [
  "bio",
  "boxes",
  "imageExtension",
  "annotators",
  "textField",
  "imageField",
  "tagsField",
  "tokenEnds",
  "columns",
  "entityColumns",
] as const;
/** An option that only some formats use. */
export type FormatOption = (typeof FORMAT_OPTIONS)[number];

/** The options of a larger object that only some formats use. */
export function formatOptionsIn(given: Pick<ReadDocumentsOptions, FormatOption>): typeof given {
  return Object.fromEntries(FORMAT_OPTIONS.map((name) => [name, given[name]]));
}

/** The policies for texts with several annotators. */
export const ANNOTATOR_POLICIES = ["first", "newest", "all", "agreement", "predictions"] as const;
/**
 * Whose annotations of a text are read: the `first` (or those marked as ground truth), the `newest`, `all` of them as documents of their
 * own, or only entities and relations on which all annotators of the text agree. With `predictions` those of a model are read where a task
 * has any, with their scores as probabilities, and otherwise the first.
 */
export type AnnotatorPolicy = (typeof ANNOTATOR_POLICIES)[number];

/**
 * A data format: a name and a reader of its files.
 *
 * A new format is one file that exports a `DocumentFormat`, and a line in readers.ts. Its reader is usually `readRows` (JSON lines or a
 * list), `readBlocks` or a loop of its own, and accounts for everything in the file:
 *
 * - A row becomes a document with `parseDocument`, which converts offsets and checks spans, labels and the `text` beside a span, and
 *   `checkLabels`, which applies the user's label set.
 * - A row of a format with annotations states `found`, the number of entities and relations in it as the file has them. Each must be in
 *   the document, or be counted in the `leftOut` of a defect: `leavingOut(defect("data/...", place, message), { entities: 1 })`.
 *   The report then adds up: found = kept + left out (by code) + in rejected rows.
 * - A decision that loses nothing (a span that was widened) is a defect without `leftOut`. Decisions are warnings with a code in
 *   base/codes/data-defects.ts; under `--reject` they become errors.
 * - A row that is sound but not used (a task that nobody annotated) has no document, `leftOut: true`, and a defect that says why.
 * - `recognises` looks at the beginning of a file, for `--format auto`. It must be false for every other format's files.
 */
export interface DocumentFormat {
  /** Name for use after `--format`. */
  readonly name: string;
  readonly description: string;
  /** Unit of the offsets in its files if the option `offsets` is absent; undefined for a format without character offsets. */
  readonly offsets?: OffsetUnit | undefined;
  /** Whether a folder is one data set of this format. */
  readonly readsFolders?: boolean | undefined;
  /** The options that it uses, of those that not all do. */
  readonly options?: readonly FormatOption[] | undefined;
  /** Whether a file or folder has this format, judged by its beginning. */
  recognises?(sample: FileSample): boolean;
  /** Yields every row of the file, in order, with its outcome; throws only for an unreadable file and under the policy "strict". */
  read(path: string, options?: ReadDocumentsOptions): AsyncGenerator<RowOutcome<Document>>;
}
