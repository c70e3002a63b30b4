// Collects the labels of documents while they are written, for the file that names them.
import type { Document } from "../document.ts";

/** The labels of some documents, in the order of their first use: for instance for `labelStudioConfig`. */
export class LabelCollector {
  readonly #entities = new Set<string>();
  readonly #relations = new Set<string>();
  readonly #categories = new Set<string>();
  #hasPictures = false;

  /** Adds the labels of a document. */
  add({ entities, relations, category, image }: Document): void {
    for (const { label } of entities) this.#entities.add(label);
    for (const { label } of relations) this.#relations.add(label);
    if (category !== undefined) this.#categories.add(category.label);
    this.#hasPictures ||= image !== undefined;
  }

  /** Types of entities. */
  get entities(): ReadonlySet<string> {
    return this.#entities;
  }

  /** Labels of relations. */
  get relations(): ReadonlySet<string> {
    return this.#relations;
  }

  /** Categories of documents. */
  get categories(): ReadonlySet<string> {
    return this.#categories;
  }

  /** Whether a document has a picture. */
  get hasPictures(): boolean {
    return this.#hasPictures;
  }
}
