// The labels that the editor offers, and whether a correction has others, which were typed as new ones.
import type { Correction, KnownLabels, Model } from "../api/types.ts";
import type { Marks } from "./edit.ts";

const NONE = "None"; // the label of pairs without a relation: it is never marked

export const NO_LABELS: KnownLabels = { entities: [], relations: [], categories: [] };

/** The labels of what is marked. */
export function labelsIn({ entities, relations, category }: Marks): KnownLabels {
  return {
    entities: entities.map(({ label }) => label),
    relations: relations.map(({ label }) => label),
    categories: category === undefined ? [] : [category],
  };
}

/** Those of the model first, then others that documents have. */
export function offeredLabels(
  { entityTypes, relationLabels, categories }: Pick<Model, "entityTypes" | "relationLabels" | "categories">,
  ...others: readonly KnownLabels[]
): KnownLabels {
  const merged = (own: readonly string[], kind: keyof KnownLabels) =>
    [...new Set([...own, ...others.flatMap((labels) => labels[kind])])].filter((label) => label !== NONE);
  return {
    entities: merged(entityTypes, "entities"),
    relations: merged(relationLabels, "relations"),
    categories: merged(categories, "categories"),
  };
}

/** Whether a correction has a label that none of these lists has. */
export function hasNewLabels(
  { entities, relations, category }: Pick<Correction, "entities" | "relations" | "category">,
  known: KnownLabels,
): boolean {
  const isNew = (kind: keyof KnownLabels) => (one: { readonly label: string }) =>
    !known[kind].includes(one.label) && one.label !== NONE;
  return (
    entities.some(isNew("entities")) ||
    relations.some(isNew("relations")) ||
    (category !== undefined && isNew("categories")(category))
  );
}
