// Adds the words of mentions to entities and relations, so that results can be read without the text beside them.
import type { Document, Entity, Relation } from "./document.ts";

/** An entity with the text of its mention. */
export type NamedEntity = Entity & { readonly text: string };

/** A relation with the texts of its two mentions; `head` and `tail` stay indices. */
export type NamedRelation<R extends Relation = Relation> = R & {
  readonly headText: string;
  readonly tailText: string;
};

/** Adds `text` to every entity, after its offsets. */
export function namedEntities(text: string, entities: readonly Entity[]): NamedEntity[] {
  return entities.map((entity) => {
    const { start, end, text: _, ...rest }: Entity & { readonly text?: string } = entity;
    return { start, end, text: text.slice(start, end), ...rest };
  });
}

/** Adds `headText` and `tailText` to every relation, after its indices, which must be indices into `entities`. */
export function namedRelations<R extends Relation>(
  text: string,
  entities: readonly Entity[],
  relations: readonly R[],
): NamedRelation<R>[] {
  const textOf = (at: number) => text.slice(entities[at]?.start, entities[at]?.end);
  return relations.map((relation) => {
    const { head, tail } = relation;
    const texts = { headText: textOf(head), tailText: textOf(tail) };
    return Object.assign({ head, tail, ...texts }, relation, texts); // the first set the order of keys, the last their values
  });
}

/** A document with the texts of its mentions. */
export function withMentionTexts(document: Document): Document {
  const { text, entities, relations } = document;
  return {
    ...document,
    entities: namedEntities(text, entities),
    relations: namedRelations(text, entities, relations),
  };
}
