// What a file format may be unable to hold of a document: the kinds of losses, and how many there were in which documents.
import type { Document, DocumentId } from "../document.ts";

/** Kinds of content that a format may not hold, as nouns for their counts. */
export const LOSSES = {
  documents: "documents that the format cannot express",
  divided: "documents that become one for each of their relations",
  images: "names of pictures",
  categories: "categories",
  probabilities: "probabilities",
  meta: "documents with metadata",
  tokens: "documents whose own tokens are not kept",
  spacing: "texts whose white space is not kept",
  characters: "texts and labels with characters that the format cannot hold",
  words: "tokens that the format cannot hold",
  entities: "entities that are in no relation",
  types: "types of entities",
  overlapping: "entities that overlap an earlier or longer one",
  boundaries: "entities that begin or end inside a token",
  labels: "entities whose label the format cannot hold",
  places: "entities that are not at the first place of their words",
  relations: "relations",
  relationLabels: "relations whose label the format cannot hold, or that readers take for None",
  ends: "relations with an entity that is left out, or that the format cannot tell from another",
} as const;

/** A kind of loss: a key of `LOSSES`. */
export type LossKind = keyof typeof LOSSES;

/** The losses of one kind. */
export interface Loss {
  readonly count: number;
  /** Number of documents that lose something of the kind. */
  readonly documents: number;
  /** The ids of the first of them. */
  readonly first: readonly DocumentId[];
}

/** All losses of a conversion, by kind. */
export type Losses = Readonly<Partial<Record<LossKind, Loss>>>;

/** Notes that a document loses something; a count of 0 notes nothing. */
export type Lose = (kind: LossKind, count?: number) => void;

const FIRST = 5; // ids by which a user finds an example

/** Collects the losses of many documents. */
export class LossAccount {
  readonly #losses = new Map<LossKind, { count: number; documents: number; first: DocumentId[] }>();

  /** The note-taker of one document. */
  of({ id }: Pick<Document, "id">): Lose {
    const noted = new Set<LossKind>();
    return (kind, count = 1) => {
      if (count === 0) return;
      const loss = this.#losses.get(kind) ?? { count: 0, documents: 0, first: [] };
      this.#losses.set(kind, loss);
      loss.count += count;
      if (noted.has(kind)) return;
      noted.add(kind);
      loss.documents++;
      if (loss.first.length < FIRST) loss.first.push(id);
    };
  }

  get isEmpty(): boolean {
    return this.#losses.size === 0;
  }

  /** In the order of `LOSSES`. */
  get losses(): Losses {
    const kinds = Object.keys(LOSSES) as LossKind[];
    return Object.fromEntries(
      kinds.flatMap((kind) => {
        const loss = this.#losses.get(kind);
        return loss === undefined ? [] : [[kind, loss] as const];
      }),
    );
  }
}
