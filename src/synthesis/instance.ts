// The start of a chain: the real view of an instance, and the mentions that generated texts must contain.
import type { ViewContent } from "./generators/generator.ts";
import type { TextSpan } from "./view.ts";

/** Which of the two modalities is real. */
export type RealModality = "text" | "picture";

/** The start of a chain: one real view, and the mentions that a generated text must contain. */
export interface SourceInstance {
  /**
   * The document's id; `id#i` for relation number i if the real view is a picture and the document has
   * several.
   */
  readonly id: string;
  /** The real view: plain text, or a picture's bytes. Read when the chain starts. */
  readonly real: () => Promise<ViewContent>;
  /** Fingerprint of the real view (SHA-256, hexadecimal). */
  readonly fingerprint: string;
  /** Texts of the mentions; a generated text must contain them if the real view is a picture. */
  readonly mentions: readonly string[];
  /** Where they are in a real text; needed to make texts from it. */
  readonly spans?: readonly TextSpan[];
  /** Name of the document's picture, which retrieval must not return. */
  readonly exclude: readonly string[];
}
