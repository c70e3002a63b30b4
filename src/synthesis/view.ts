// A generated view for teachers, students, measures and reports, with its lineage back to the real instance.

/** Half-open range of UTF-16 code units. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** Fields common to generated pictures and texts. */
export interface ViewBase {
  /** Identity of the generating call (SHA-256, hexadecimal). */
  readonly id: string;
  readonly instance: string;
  /** Chain 0 to R - 1. */
  readonly chain: number;
  /** Call of the chain, 1 for the first; pictures and texts alternate. */
  readonly step: number;
  /** Round of the chain, 1 to K: the number of views of this kind so far in the chain. */
  readonly round: number;
  /** The view this was generated from; undefined for the real one. */
  readonly parent: string | undefined;
  /** Folder of the store, which has the content. */
  readonly store: string;
  readonly mediaType: string;
  /** SHA-256 of the content; `readContent` reads it. */
  readonly content: string;
  /** Why it is rejected ("mention-lost", "black-picture", "near-duplicate"); undefined: accepted. */
  readonly rejected: string | undefined;
  /** The generator's details about the call, as in the ledger. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A generated picture. */
export interface PictureView extends ViewBase {
  readonly kind: "picture";
}

/** A generated text. */
export interface TextView extends ViewBase {
  readonly kind: "text";
  readonly text: string;
  /** Positions of the instance's mentions, in order; empty if none were required. */
  readonly mentions: readonly TextSpan[];
}

/** A generated picture or text in a store. */
export type View = PictureView | TextView;
