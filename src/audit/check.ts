// The contract of a check of an audit: it sees every document once, in the order of the files, and then says what it found.
import type { Document } from "../data/document.ts";
import type { Finding, RowReference } from "./finding.ts";

/** A document on its way through an audit. */
export interface SeenDocument {
  readonly document: Document;
  /** Name of its split: `train`, `validation`, `test`, or the file's name. */
  readonly split: string;
  readonly place: RowReference;
}

/**
 * One look at the data. An audit of a million documents must stay below 2 GiB, so a check keeps counters, hashes and typed arrays instead of
 * documents: some ten bytes each, not some hundred.
 */
export interface Check {
  readonly name: string;
  see(seen: SeenDocument): void;
  findings(): readonly Finding[] | Promise<readonly Finding[]>;
}
