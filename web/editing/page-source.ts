// Documents that were read in this page: kept in the browser's storage with their corrections, pictures in this tab only.
import type { Correction, TrainingDocument } from "../api/types.ts";
import type { DocumentSource } from "./document-source.ts";
import type { LocalDocument } from "./local-documents.ts";
import { trainingLine } from "./training-document.ts";

const KEY = "relata-documents";

interface Kept {
  readonly document: TrainingDocument;
  readonly uncertainty: number;
  readonly saved?: { readonly correction: Correction; readonly at: string };
}

/** The storage that browsers have; tests pass another. */
export type Storage = Pick<globalThis.Storage, "getItem" | "setItem" | "removeItem">;

/** A queue in the browser. */
export class PageSource implements DocumentSource {
  readonly kind = "page";
  readonly #storage: Storage;
  readonly #pictures = new Map<string, Blob>();
  #kept: Map<string, Kept>;

  /** @throws SyntaxError if what the browser kept is not readable */
  constructor(storage: Storage) {
    this.#storage = storage;
    const text = storage.getItem(KEY);
    const kept = text === null ? [] : (JSON.parse(text) as readonly Kept[]);
    this.#kept = new Map(kept.map((one) => [one.document.id, one]));
  }

  get count(): number {
    return this.#kept.size;
  }

  /** Adds documents. @throws DOMException if the browser's storage is full; they are in the queue of this tab then */
  add(documents: readonly LocalDocument[]): void {
    for (const { document, uncertainty, picture } of documents) {
      this.#kept.set(document.id, { document, uncertainty });
      if (picture !== undefined) this.#pictures.set(document.id, picture);
    }
    this.#keep();
  }

  /** Removes all documents and corrections from the browser. */
  clear(): void {
    this.#kept = new Map();
    this.#pictures.clear();
    this.#storage.removeItem(KEY);
  }

  #keep(): void {
    this.#storage.setItem(KEY, JSON.stringify([...this.#kept.values()]));
  }

  #of(id: string): Kept {
    const kept = this.#kept.get(id);
    if (kept === undefined) throw new Error(`The document "${id}" is no longer in this browser`);
    return kept;
  }

  list: DocumentSource["list"] = async (state) => {
    const documents = [...this.#kept.values()]
      .map(({ document, uncertainty, saved }) => ({
        id: document.id,
        text: document.text,
        ...(this.#pictures.has(document.id) ? { image: true as const } : {}),
        uncertainty,
        state: saved?.correction.state ?? ("open" as const),
      }))
      .filter((one) => state === "all" || (state === "open") === (one.state === "open"))
      .sort((a, b) => b.uncertainty - a.uncertainty);
    return { documents };
  };

  open: DocumentSource["open"] = async (id) => {
    const { document, saved } = this.#of(id);
    if (saved === undefined) return { document, state: "open" };
    const { correction, at } = saved;
    const { entities, relations, category } = correction;
    const { category: _, ...rest } = document;
    return {
      document: { ...rest, entities, relations, ...(category === undefined ? {} : { category }) },
      state: correction.state,
      savedBy: correction.by,
      savedAt: at,
    };
  };

  save: DocumentSource["save"] = async (id, correction) => {
    this.#kept.set(id, { ...this.#of(id), saved: { correction, at: new Date().toISOString() } });
    this.#keep();
    return undefined;
  };

  picture: DocumentSource["picture"] = async (id) => this.#pictures.get(id);

  download: DocumentSource["download"] = async () => {
    const lines = [...this.#kept.values()].flatMap(({ document, saved }) =>
      saved === undefined || saved.correction.state === "rejected"
        ? []
        : [`${trainingLine(document, saved.correction, saved.at)}\n`],
    );
    return new Blob(lines, { type: "application/x-ndjson" });
  };
}
