// The contract of a format that documents are written in: a name, what it cannot hold, and a writer.
import type { Document } from "../document.ts";
import type { OffsetUnit } from "../offset-units.ts";
import type { LossAccount, LossKind } from "./losses.ts";

/** Names of the formats that documents are written in: those that hold posts, then those with only what was found in them. */
export const TARGET_NAMES = [
  "relata",
  "parquet",
  "hugging-face",
  "label-studio",
  "doccano",
  "prodigy",
  "brat",
  "spacy",
  "spert",
  "dygie",
  "tacred",
  "mnre",
  "tagged",
  "conll",
  "conllu",
  "webnlg",
  "table",
  "csv",
  "tsv",
  "triples",
  "graphml",
  "json-ld",
] as const;
/** The name of a format to write. */
export type TargetName = (typeof TARGET_NAMES)[number];

/** How documents are written; a target uses what applies to it. */
export interface TargetOptions {
  readonly signal?: AbortSignal | undefined;
  /** What the offsets in the file count; default: the target's own unit. */
  readonly offsets?: OffsetUnit | undefined;
  /** Suffix to remove from a picture's name for its `IMGID`; default ".jpg". */
  readonly imageExtension?: string | undefined;
  /** Address of the picture folder, for tools that show pictures: it comes before each name. */
  readonly pictureAddress?: string | undefined;
  /** For tables: a byte order mark, and an apostrophe before cells that a spreadsheet would run as formulas. */
  readonly spreadsheet?: boolean | undefined;
}

/** Options that not all targets use. */
export type TargetOption = "offsets" | "imageExtension" | "pictureAddress" | "spreadsheet";

/** What a writer is given besides documents. */
export interface WriteContext extends TargetOptions {
  /** Receives what the format does not hold. */
  readonly losses: LossAccount;
}

/** What was written. */
export interface Written {
  /** Documents, or rows of the format that a reader takes for documents. */
  readonly documents: number;
  /** Documents that get another id when the file is read, because the format has no place for it. */
  readonly renamed?: number | undefined;
  /** Further files, beside the named one. */
  readonly beside?: readonly string[] | undefined;
}

/**
 * A format to write. A new one is a file that exports a `DocumentTarget`, and a line in targets.ts.
 *
 * `write` gets valid documents with distinct ids. It writes what the format holds of each, and notes everything else in `losses` before it
 * asks for the next document: after the last one the conversion stops there if losses are not allowed. It writes completely or not at all.
 */
export interface DocumentTarget {
  /** Name for use after `--to`. */
  readonly name: TargetName;
  readonly description: string;
  /** What it cannot hold, by kind, as a sentence without an end for the table in the documentation. */
  readonly cannotHold: Readonly<Partial<Record<LossKind, string>>>;
  /** Whether it holds posts; a table of findings holds only what was found in them, and is not read back. */
  readonly holdsPosts: boolean;
  readonly options?: readonly TargetOption[] | undefined;
  /** The unit of its offsets, if it has any. */
  readonly offsets?: OffsetUnit | undefined;
  /** Writes documents, completely or not at all. */
  write(path: string, documents: AsyncIterable<Document>, context: WriteContext): Promise<Written>;
}
