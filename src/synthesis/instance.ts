// What a chain of generation begins with: the real view of an instance, and what must survive in generated texts.
import type { ViewContent } from "./generators/generator.ts";

/** Which of the two was collected. */
export type RealModality = "text" | "picture";

/** What a chain begins with: one real view, and what a generated text must hold. */
export interface SourceInstance {
  /** The document's id; `id#i` for relation number i where the real view is a picture and the document has several. */
  readonly id: string;
  /** The real view: plain text, or a picture's bytes. Read when the chain begins. */
  readonly real: () => Promise<ViewContent>;
  /** Fingerprint of the real view (SHA-256, hexadecimal). */
  readonly fingerprint: string;
  /** Texts of the mentions; a generated text must hold them where the real view is a picture. */
  readonly mentions: readonly string[];
  /** The document's own picture name, which retrieval must not give back. */
  readonly exclude: readonly string[];
}
