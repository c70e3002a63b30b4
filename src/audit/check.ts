// The contract of a check of an audit: it sees every document once, in the order of the files, and then says what it found.
import type { Document, JsonValue } from "../data/document.ts";
import type { PictureFolder } from "../data/pictures.ts";
import type { Finding, RowReference } from "./finding.ts";
import type { LabelErrorOptions } from "./label-errors/label-error-options.ts";

/** What a split is for: a model learns from `train` and is scored on the others. `other`: the file's name does not say. */
export type SplitRole = "train" | "validation" | "test" | "other";

/** A file of the audit. */
export interface AuditedFile {
  readonly path: string;
  /** Name of its split, unique in the audit: `train`, or with several data sets `mnre/train`. */
  readonly split: string;
  readonly role: SplitRole;
}

/** A document on its way through an audit. */
export interface SeenDocument {
  readonly document: Document;
  /** Name of its split, as in `AuditedFile`. */
  readonly split: string;
  readonly role: SplitRole;
  readonly place: RowReference;
  /** Number of rows before it in its file, rejected ones included: "instance 0 is line 1". */
  readonly index: number;
  /** What the side files say about it, by their names; undefined where they say nothing. */
  readonly side: Readonly<Record<string, JsonValue | undefined>>;
}

/** What a check may use beside the documents. */
export interface CheckSetting {
  /** In the order in which they are read. */
  readonly files: readonly AuditedFile[];
  /** Names of the side files. */
  readonly sides: readonly string[];
  readonly pictures?: PictureFolder | undefined;
  /** Folder or hub id of a text encoder whose tokens texts are measured in. */
  readonly encoder?: string | undefined;
  /** Most tokens of a text; default: the encoder's limit. */
  readonly maxLength?: number | undefined;
  /** Folder or hub id of a CLIP model, which says how well texts and pictures fit. */
  readonly clip?: string | undefined;
  /** What `relata evaluate --predictions` wrote, for scores on seen and unseen mentions. */
  readonly predictions?: string | undefined;
  /** How to judge labels; absent: they are not judged. */
  readonly labelErrors?: LabelErrorOptions | undefined;
  /** Of every random choice. */
  readonly seed: number;
  /** Times that the check of side information is repeated on permuted labels; 0: not. */
  readonly permutations: number;
  readonly signal?: AbortSignal | undefined;
  /** Says what a long check is doing, in a few words. */
  readonly onProgress?: ((what: string, done: number, total: number) => void) | undefined;
}

/**
 * One look at the data. An audit of a million documents must stay below 2 GiB, so a check keeps counters, hashes and typed arrays instead of
 * documents: some ten bytes each, not some hundred.
 */
export interface Check {
  see(seen: SeenDocument): void;
  findings(): readonly Finding[] | Promise<readonly Finding[]>;
  /** What the check looked at, and what it could not: sentences for the end of the report. Asked for after `findings`. */
  account?(): readonly string[];
  /** Numbers for programs, under the check's name in the result. Asked for after `findings`. */
  numbers?(): unknown;
}

/** A check in the table of checks. */
export interface CheckEntry {
  /** For `--checks` and `--skip`. */
  readonly name: string;
  /** What it looks for, for help texts: "texts that occur twice, within and across splits". */
  readonly about: string;
  /** Whether it runs only if it is named; default false. */
  readonly onRequest?: boolean | undefined;
  /** A new check for one audit; undefined if it has nothing to look at in this setting. */
  create(setting: CheckSetting): Check | undefined | Promise<Check | undefined>;
}
