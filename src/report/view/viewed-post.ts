// What a page of posts shows of a document: one side, or gold and found side by side with what they share.
import type { Document, Entity, Relation } from "../../data/document.ts";
import { NONE_LABEL } from "../../data/labels.ts";

/** Whether a finding is gold, found, or both; undefined if there is nothing to compare it with. */
export type Standing = "gold" | "predicted" | "both";

export interface ViewedEntity extends Entity {
  readonly standing: Standing | undefined;
}

export interface ViewedRelation extends Relation {
  readonly standing: Standing | undefined;
}

/** The entities and relations from one source. */
export interface Side {
  readonly name: "gold" | "found" | undefined;
  readonly entities: readonly ViewedEntity[];
  /** Without those of the label "None". */
  readonly relations: readonly ViewedRelation[];
}

export interface ViewedPost {
  readonly id: string;
  readonly text: string;
  readonly image: string | undefined;
  readonly sides: readonly Side[];
  /** Whether the sides differ. */
  readonly differs: boolean;
  /** What `meta.extraction` says of the picture and of what was left out. */
  readonly notes: readonly string[];
}

/** Numbers of findings. */
export interface Counts {
  readonly entities: number;
  readonly relations: number;
}

/** Shows a document alone. */
export function viewDocument(document: Document): ViewedPost {
  const side = sideOf(undefined, document, undefined);
  const { notes, ...post } = postOf(document);
  return { ...post, notes: [...categoryNotes(document), ...notes], sides: [side], differs: false };
}

/** Shows a document beside its gold labels, which have the same text. */
export function viewBesideGold(found: Document, gold: Document): ViewedPost {
  const sides = [sideOf("gold", gold, found), sideOf("found", found, gold)];
  const isOther = found.category !== undefined && found.category.label !== gold.category?.label;
  const differs =
    isOther ||
    sides.some(({ entities, relations }) =>
      [...entities, ...relations].some(({ standing }) => standing !== "both"),
    );
  const { notes, ...post } = postOf(found);
  return {
    ...post,
    notes: [...categoryNotes(found, gold), ...notes],
    image: found.image ?? gold.image,
    sides,
    differs,
  };
}

/** The category of a post, and the gold one if there is one to compare it with. */
function categoryNotes({ category }: Document, gold?: Document): string[] {
  if (category === undefined) return [];
  const { label, probability } = category;
  const sureness = probability === undefined ? "" : ` (${probability.toFixed(2)})`;
  const beside = gold?.category === undefined ? "" : `, gold: ${gold.category.label}`;
  return [`category: ${label}${sureness}${beside}`];
}

/** Counts what a side of posts has; with `standing`, only that. */
export function countFindings(posts: readonly ViewedPost[], side: Side["name"], standing?: Standing): Counts {
  let [entities, relations] = [0, 0];
  const counts = ({ standing: own }: { readonly standing: Standing | undefined }) =>
    standing === undefined || own === standing;
  for (const one of posts.flatMap(({ sides }) => sides.filter(({ name }) => name === side))) {
    entities += one.entities.filter(counts).length;
    relations += one.relations.filter(counts).length;
  }
  return { entities, relations };
}

function sideOf(name: Side["name"], own: Document, other: Document | undefined): Side {
  const alone: Standing = name === "gold" ? "gold" : "predicted";
  const standingIn = (others: ReadonlySet<string> | undefined, key: string) =>
    others === undefined ? undefined : others.has(key) ? "both" : alone;
  const entities = other && new Set(other.entities.map(entityKey));
  const relations = other && new Set(realRelations(other).map((one) => relationKey(one, other)));
  return {
    name,
    entities: own.entities.map((one) => ({ ...one, standing: standingIn(entities, entityKey(one)) })),
    relations: realRelations(own).map((one) => ({
      ...one,
      standing: standingIn(relations, relationKey(one, own)),
    })),
  };
}

function realRelations({ relations }: Document): Relation[] {
  return relations.filter(({ label }) => label !== NONE_LABEL);
}

function entityKey({ start, end, label }: Entity): string {
  return `${start} ${end} ${label}`;
}

/** Spans and label: a relation between the right spans is the same even if their types differ. */
function relationKey({ head, tail, label }: Relation, { entities }: Document): string {
  const [from, to] = [entities[head], entities[tail]];
  return `${from?.start} ${from?.end} ${to?.start} ${to?.end} ${label}`;
}

function postOf(document: Document): Pick<ViewedPost, "id" | "text" | "image" | "notes"> {
  const { id, text, image, meta } = document;
  return { id, text, image, notes: notesOf(meta?.extraction) };
}

/** Reads the notes that `relata extract` writes; anything else in `meta` has another meaning. */
function notesOf(extraction: unknown): string[] {
  if (typeof extraction !== "object" || extraction === null) return [];
  const { visualError, calibrated, notes } = extraction as Readonly<Record<string, unknown>>;
  return [
    ...(isCoded(visualError)
      ? [`the picture was not used: [${visualError.code}] ${visualError.message}`]
      : []),
    ...(calibrated === false ? ["the probabilities are not calibrated"] : []),
    ...(Array.isArray(notes) ? notes.filter(isCoded).map(({ code, message }) => `[${code}] ${message}`) : []),
  ];
}

function isCoded(value: unknown): value is { readonly code: string; readonly message: string } {
  if (typeof value !== "object" || value === null) return false;
  const { code, message } = value as Readonly<Record<string, unknown>>;
  return typeof code === "string" && typeof message === "string";
}
