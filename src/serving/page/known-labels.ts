// Refuses labels that neither a served model nor a document has: most often they are typing errors.
import { nearest } from "../../base/nearest.ts";
import { NONE_LABEL } from "../../data/labels.ts";
import { RequestError } from "../http/request-error.ts";
import type { ServedModel } from "../service.ts";
import type { KnownLabels } from "./documents-file.ts";

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
