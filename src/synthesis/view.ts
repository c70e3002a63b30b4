// A generated view as teachers, students, measures and reports see it, with its way back to the real instance.

/** Half-open range of UTF-16 code units. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** What generated pictures and texts have in common. */
export interface ViewBase {
  /** Identity of the generating call (SHA-256, hexadecimal). */
  readonly id: string;
  readonly instance: string;
  /** Chain 0 to R - 1. */
  readonly chain: number;
  /** Call of the chain, 1 for the first; pictures and texts alternate. */
  readonly step: number;
  /** Round of the chain, 1 to K: how many views of this kind the chain has made up to here. */
  readonly round: number;
  /** The view this was generated from; undefined for the real one. */
  readonly parent: string | undefined;
  /** Path of the content in the store. */
  readonly path: string;
  readonly mediaType: string;
  /** SHA-256 of the content. */
  readonly content: string;
  /** Why it may not be used ("mention-lost", "black-picture", "near-duplicate"); undefined: accepted. */
  readonly rejected: string | undefined;
  /** What the generator said about the call, as the ledger keeps it. */
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
  /** Where the instance's mentions are in it, in their order; empty when none were asked for. */
  readonly mentions: readonly TextSpan[];
}

/** A generated picture or text of a store. */
export type View = PictureView | TextView;
