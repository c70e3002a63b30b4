// Takes out of a document what a format cannot hold, and notes each loss.
import type { Document, Entity, Relation } from "../document.ts";
import { NONE_LABEL } from "../labels.ts";
import { namesOfNone } from "../none-label.ts";
import type { Lose, LossKind } from "./losses.ts";

/** The document without the entities for which a loss is named; relations of such an entity are left out, too. */
export function withoutEntities(
  document: Document,
  lossOf: (entity: Entity, at: number) => LossKind | undefined,
  lose: Lose,
): Document {
  const kept = document.entities.flatMap((entity, at) => {
    const loss = lossOf(entity, at);
    if (loss !== undefined) lose(loss);
    return loss === undefined ? [at] : [];
  });
  if (kept.length === document.entities.length) return document;
  const positions = new Map(kept.map((from, to) => [from, to]));
  const relations = document.relations.flatMap((relation) => {
    const [head, tail] = [positions.get(relation.head), positions.get(relation.tail)];
    return head === undefined || tail === undefined ? [] : [{ ...relation, head, tail }];
  });
  lose("ends", document.relations.length - relations.length);
  return { ...document, entities: kept.map((at) => document.entities[at]!), relations }; // positions of the list itself
}

/** The document without the relations for which a loss is named. */
export function withoutRelations(
  document: Document,
  lossOf: (relation: Relation) => LossKind | undefined,
  lose: Lose,
): Document {
  const relations = document.relations.filter((relation) => {
    const loss = lossOf(relation);
    if (loss !== undefined) lose(loss);
    return loss === undefined;
  });
  return relations.length === document.relations.length ? document : { ...document, relations };
}

/** The document without probabilities of entities, relations and category. */
export function withoutProbabilities(document: Document, lose: Lose): Document {
  const { entities, relations, category } = document;
  const all = [...entities, ...relations, ...(category === undefined ? [] : [category])];
  const count = all.filter(({ probability }) => probability !== undefined).length;
  if (count === 0) return document;
  lose("probabilities", count);
  const bare = <T extends { readonly probability?: number }>({ probability: _, ...rest }: T) => rest;
  return {
    ...document,
    entities: entities.map(bare),
    relations: relations.map(bare),
    ...(category !== undefined && { category: bare(category) }),
  };
}

/** The document without its picture. */
export function withoutImage({ image, ...rest }: Document, lose: Lose): Document {
  if (image !== undefined) lose("images");
  return rest;
}

/** The document without its category. */
export function withoutCategory({ category, ...rest }: Document, lose: Lose): Document {
  if (category !== undefined) lose("categories");
  return rest;
}

/** Names that readers give a document's `meta` themselves, from the place of its row. */
const READ_AGAIN: ReadonlySet<string> = new Set(["block", "line", "instance", "index"]);

/** The document without `meta`. Where the row stood does not count; tokens are one of their own kind, unless the format keeps them. */
export function withoutMeta(
  { meta, ...rest }: Document,
  lose: Lose,
  { keepsTokens = false }: { readonly keepsTokens?: boolean } = {},
): Document {
  const names = Object.keys(meta ?? {}).filter((name) => name !== "offsets" && !READ_AGAIN.has(name));
  if (names.some((name) => name !== "tokens")) lose("meta");
  const tokens = meta?.tokens;
  if (tokens === undefined) return rest;
  if (keepsTokens) return { ...rest, meta: { tokens } };
  lose("tokens");
  return rest;
}

/** Whether readers of corpora take a relation's label for another name of None. */
export function readsAsNone(label: string): boolean {
  return label !== NONE_LABEL && namesOfNone([label]).length > 0;
}

/** The position of each entity among those of its own span: a format that names entities by their spans knows only the first. */
export function firstOfSpan({ entities }: Document): (at: number) => boolean {
  const first = new Map<string, number>();
  for (const [at, { start, end }] of entities.entries()) {
    const key = `${start} ${end}`;
    if (!first.has(key)) first.set(key, at);
  }
  return (at) => {
    const { start, end } = entities[at] ?? {};
    return first.get(`${start} ${end}`) === at;
  };
}
