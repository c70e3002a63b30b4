// Changes to what is marked in a document, as pure functions: what an editor does, and what undo takes back.
import type { Entity, Relation, Span } from "../../src/data/document.ts";

/** What is marked in a document: entities in text order, relations between them, a category. */
export interface Marks {
  readonly entities: readonly Entity[];
  readonly relations: readonly Relation[];
  readonly category?: string | undefined;
}

/** One change. */
export type Edit =
  | { readonly kind: "add-entity"; readonly span: Span; readonly label: string }
  | { readonly kind: "label-entity"; readonly index: number; readonly label: string }
  | { readonly kind: "move-entity"; readonly index: number; readonly span: Span }
  | { readonly kind: "delete-entity"; readonly index: number }
  | { readonly kind: "add-relation"; readonly head: number; readonly tail: number; readonly label: string }
  | { readonly kind: "label-relation"; readonly index: number; readonly label: string }
  | { readonly kind: "reverse-relation"; readonly index: number }
  | { readonly kind: "delete-relation"; readonly index: number }
  | { readonly kind: "set-category"; readonly label: string | undefined }
  | { readonly kind: "replace"; readonly marks: Marks };

/** The marks after a change, and what it was about. `marks` is the same object if nothing changed. */
export interface Edited {
  readonly marks: Marks;
  readonly chosen?: { readonly kind: "entity" | "relation"; readonly index: number } | undefined;
}

const samePlace = (a: Entity, b: Entity) => a.start === b.start && a.end === b.end && a.label === b.label;
const sameQuestion = (a: Relation, b: Relation) =>
  a.head === b.head && a.tail === b.tail && a.label === b.label;

/** Puts entities in text order and lets relations follow. `at`: the entity to choose afterwards. */
function inTextOrder(marks: Marks, at: number): Edited {
  const order = marks.entities
    .map((entity, old) => ({ entity, old }))
    .sort((a, b) => a.entity.start - b.entity.start || a.entity.end - b.entity.end || a.old - b.old);
  const place = new Map(order.map(({ old }, now) => [old, now]));
  const relations = marks.relations.map((relation) => ({
    ...relation,
    head: place.get(relation.head) ?? relation.head,
    tail: place.get(relation.tail) ?? relation.tail,
  }));
  return {
    marks: { ...marks, entities: order.map(({ entity }) => entity), relations },
    chosen: { kind: "entity", index: place.get(at) ?? at },
  };
}

function withEntity(marks: Marks, index: number, entity: Entity): Edited {
  if (marks.entities.some((other, i) => i !== index && samePlace(other, entity))) return { marks };
  return inTextOrder(
    { ...marks, entities: marks.entities.map((one, i) => (i === index ? entity : one)) },
    index,
  );
}

function withRelation(marks: Marks, index: number, relation: Relation): Edited {
  if (marks.relations.some((other, i) => i !== index && sameQuestion(other, relation))) return { marks };
  const relations = marks.relations.map((one, i) => (i === index ? relation : one));
  return { marks: { ...marks, relations }, chosen: { kind: "relation", index } };
}

/** The neighbour to choose when one of `count` is deleted; undefined if none is left. */
function neighbour(kind: "entity" | "relation", index: number, count: number): Edited["chosen"] {
  return count === 0 ? undefined : { kind, index: Math.min(index, count - 1) };
}

/**
 * Applies a change. What a person changed has no probability any more. A change that would make two equal entities or relations, or that names
 * something that is not there, changes nothing.
 */
export function applyEdit(marks: Marks, edit: Edit): Edited {
  const { entities, relations } = marks;
  switch (edit.kind) {
    case "add-entity": {
      const entity: Entity = { start: edit.span.start, end: edit.span.end, label: edit.label };
      const known = entities.findIndex((other) => samePlace(other, entity));
      if (known >= 0) return { marks, chosen: { kind: "entity", index: known } };
      return inTextOrder({ ...marks, entities: [...entities, entity] }, entities.length);
    }
    case "label-entity": {
      const entity = entities[edit.index];
      if (entity === undefined || entity.label === edit.label) return { marks };
      return withEntity(marks, edit.index, { start: entity.start, end: entity.end, label: edit.label });
    }
    case "move-entity": {
      const entity = entities[edit.index];
      const { start, end } = edit.span;
      if (entity === undefined || (entity.start === start && entity.end === end)) return { marks };
      return withEntity(marks, edit.index, { start, end, label: entity.label });
    }
    case "delete-entity": {
      if (entities[edit.index] === undefined) return { marks };
      const follow = (at: number) => (at > edit.index ? at - 1 : at);
      const left = relations
        .filter(({ head, tail }) => head !== edit.index && tail !== edit.index)
        .map((relation) => ({ ...relation, head: follow(relation.head), tail: follow(relation.tail) }));
      const kept = entities.filter((_, i) => i !== edit.index);
      return {
        marks: { ...marks, entities: kept, relations: left },
        chosen: neighbour("entity", edit.index, kept.length),
      };
    }
    case "add-relation": {
      const { head, tail, label } = edit;
      if (head === tail || entities[head] === undefined || entities[tail] === undefined) return { marks };
      const known = relations.findIndex((other) => sameQuestion(other, edit));
      if (known >= 0) return { marks, chosen: { kind: "relation", index: known } };
      return {
        marks: { ...marks, relations: [...relations, { head, tail, label }] },
        chosen: { kind: "relation", index: relations.length },
      };
    }
    case "label-relation": {
      const relation = relations[edit.index];
      if (relation === undefined || relation.label === edit.label) return { marks };
      return withRelation(marks, edit.index, { head: relation.head, tail: relation.tail, label: edit.label });
    }
    case "reverse-relation": {
      const relation = relations[edit.index];
      if (relation === undefined) return { marks };
      const { head, tail, label } = relation;
      return withRelation(marks, edit.index, { head: tail, tail: head, label });
    }
    case "delete-relation": {
      if (relations[edit.index] === undefined) return { marks };
      const kept = relations.filter((_, i) => i !== edit.index);
      return { marks: { ...marks, relations: kept }, chosen: neighbour("relation", edit.index, kept.length) };
    }
    case "set-category":
      return edit.label === marks.category ? { marks } : { marks: { ...marks, category: edit.label } };
    case "replace":
      return { marks: inTextOrder(edit.marks, 0).marks };
    default:
      return edit satisfies never;
  }
}

/** Whether two sets of marks say the same, whatever their probabilities. */
export function sameMarks(a: Marks, b: Marks): boolean {
  const entities = ({ entities }: Marks) => entities.map(({ start, end, label }) => [start, end, label]);
  const relations = ({ relations }: Marks) =>
    relations.map(({ head, tail, label }) => `${head} ${tail} ${label}`).sort();
  return (
    JSON.stringify([entities(a), relations(a), a.category]) ===
    JSON.stringify([entities(b), relations(b), b.category])
  );
}
