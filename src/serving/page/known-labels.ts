// The labels that documents have, and a check against them: a label that neither a served model nor a document has is most often a typing error.
import { nearest } from "../../base/nearest.ts";
import type { Document } from "../../data/document.ts";
import { NONE_LABEL } from "../../data/labels.ts";
import { RequestError } from "../http/request-error.ts";
import type { ServedModel } from "../service.ts";
import type { KnownLabels } from "./answers.ts";

/** Collects labels of documents. */
export class LabelSets {
  readonly #entities = new Set<string>();
  readonly #relations = new Set<string>();
  readonly #categories = new Set<string>();

  add({ entities, relations, category }: Pick<Document, "entities" | "relations" | "category">): void {
    for (const { label } of entities) this.#entities.add(label);
    for (const { label } of relations) this.#relations.add(label);
    if (category) this.#categories.add(category.label);
  }

  /** All of them, sorted. */
  get labels(): KnownLabels {
    return {
      entities: [...this.#entities].sort(),
      relations: [...this.#relations].sort(),
      categories: [...this.#categories].sort(),
    };
  }
}

/** A person's labels for a document. */
interface Labelled {
  readonly entities: readonly { readonly label: string }[];
  readonly relations: readonly { readonly label: string }[];
  readonly category?: { readonly label: string } | undefined;
}

/** @throws RequestError `serving/unknown-label` */
export function requireKnownLabels(
  { entities, relations, category }: Labelled,
  documents: KnownLabels,
  models: readonly ServedModel[],
): void {
  const of = (pick: (model: ServedModel["description"]) => readonly string[], own: readonly string[]) =>
    new Set([...own, ...models.flatMap(({ description }) => pick(description))]);
  const places = [
    ...entities.map(({ label }, i) => ({ label, place: `entities[${i}].label`, kind: "entities" as const })),
    ...relations.map(({ label }, i) => ({
      label,
      place: `relations[${i}].label`,
      kind: "relations" as const,
    })),
    ...(category ? [{ label: category.label, place: "category.label", kind: "categories" as const }] : []),
  ];
  const known = {
    entities: of(({ entityTypes }) => entityTypes, documents.entities),
    relations: of(({ relationLabels }) => relationLabels, [NONE_LABEL, ...documents.relations]),
    categories: of(({ categories }) => categories, documents.categories),
  };
  for (const { label, place, kind } of places) {
    if (known[kind].has(label)) continue;
    const like = nearest(label, [...known[kind]]);
    throw new RequestError({
      code: "serving/unknown-label",
      message: `${place}: no model and no document has the label ${JSON.stringify(label)}${like === undefined ? "" : `; did you mean ${JSON.stringify(like)}?`}`,
      place,
    });
  }
}
