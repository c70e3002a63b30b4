// What labels a document has that side information must not tell: its relations, its category, which entities it has.
import type { Document } from "../../data/document.ts";
import { NONE_LABEL } from "../../data/labels.ts";

/** Labels rarer than this in a split are not looked at one by one: nothing can be told from fewer. */
export const MIN_INSTANCES = 20;

/** One question with labels, over the sampled documents of a split. */
export interface Target {
  /** "relation", "category", "has an entity PER". */
  readonly name: string;
  readonly labels: readonly string[];
  /** For each document, in the order of slots: its labels' indices. */
  readonly of: readonly (readonly number[])[];
}

/** The labels of one document, which is then forgotten. */
export interface DocumentLabels {
  readonly relations: readonly string[];
  readonly category: string | undefined;
  readonly entities: readonly string[];
}

/** The labels of a document. */
export function labelsOf({ relations, category, entities }: Document): DocumentLabels {
  return {
    relations: relations.map(({ label }) => label),
    category: category?.label,
    entities: [...new Set(entities.map(({ label }) => label))],
  };
}

/** The targets with at least two labels that are frequent enough. */
export function targetsOf(documents: readonly DocumentLabels[]): Target[] {
  const entityLabels = [...new Set(documents.flatMap(({ entities }) => entities))].sort();
  const found = [
    target("relation", documents, ({ relations }) => relations),
    target("category", documents, ({ category }) => (category === undefined ? [] : [category])),
    ...presence("relation", documents, ({ relations }) => relations.some((label) => label !== NONE_LABEL)),
    ...presence("entity", documents, ({ entities }) => entities.length > 0),
    ...(entityLabels.length < 2 ? [] : entityLabels).flatMap((label) =>
      presence(`entity ${label}`, documents, ({ entities }) => entities.includes(label)),
    ),
  ];
  const isOneRelation = documents.every(({ relations }) => relations.length === 1);
  return found.filter(
    ({ name, of }) => isVaried(of) && !(name === "has a relation" && isOneRelation), // "relation is None" says it
  );
}

function target(
  name: string,
  documents: readonly DocumentLabels[],
  labels: (document: DocumentLabels) => readonly string[],
): Target {
  const known = new Map<string, number>();
  const of = documents.map((document) =>
    labels(document).map((label) => {
      const index = known.get(label) ?? known.size;
      known.set(label, index);
      return index;
    }),
  );
  return { name, labels: [...known.keys()], of };
}

function presence(
  what: string,
  documents: readonly DocumentLabels[],
  has: (document: DocumentLabels) => boolean,
): Target[] {
  const article = /^[aeiou]/.test(what) ? "an" : "a";
  const of = documents.map((document) => [Number(has(document))]);
  return [{ name: `has ${article} ${what}`, labels: ["no", "yes"], of }];
}

function isVaried(of: readonly (readonly number[])[]): boolean {
  const counts = new Map<number, number>();
  for (const labels of of) for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts.values()].filter((count) => count >= MIN_INSTANCES).length > 1;
}
