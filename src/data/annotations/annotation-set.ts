// What one annotator made of a text: collects entities and relations as a file has them, and notes each that is left out.

import type { DefectCode } from "../../base/codes/data-defects.ts";
import { type Annotations, type Defect, defect, leavingOut, quote } from "../defects.ts";
import type { Category, Span } from "../document.ts";
import type { GivenMention } from "./mention-units.ts";

/** The annotations of one text by one annotator. */
export interface AnnotationSet {
  /** Who made it, for ids and messages. */
  readonly annotator: string;
  /** When it was changed last; compared as text (ISO 8601) or as a number. */
  readonly changed: string | number;
  /** Whether the project's owner marked it as the right one. */
  readonly trusted: boolean;
  readonly entities: readonly GivenMention[];
  readonly relations: readonly GivenRelation[];
  /** The one choice for the whole text; absent if there are several, or none. */
  readonly category?: string | Category | undefined;
  /** Numbers of entities and relations in the file. */
  readonly found: Annotations;
  /** Decisions about them. */
  readonly defects: readonly Defect[];
  /** Fields for the document's `meta`. */
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
}

/** A relation between entities of the same set, by their positions. */
export interface GivenRelation {
  readonly head: number;
  readonly tail: number;
  readonly label: string;
  readonly probability?: number | undefined;
}

/** A region as a file has it: a span with any number of labels. */
export interface GivenRegion extends Span {
  readonly labels: readonly string[];
  readonly text?: string | undefined;
  readonly probability?: number | undefined;
}

/** An arrow between two regions, by their keys, with any number of labels. */
export interface GivenArrow {
  readonly from: string;
  readonly to: string;
  readonly labels: readonly string[];
  readonly bothWays?: boolean | undefined;
  readonly probability?: number | undefined;
}

/** Collects one set. */
export class AnnotationCollector {
  readonly #place: string;
  readonly #entities: GivenMention[] = [];
  readonly #relations: GivenRelation[] = [];
  readonly #defects: Defect[] = [];
  readonly #categories: (string | Category)[] = [];
  /** The position of a region's first entity; undefined for one that was left out. */
  readonly #positions = new Map<string, number | undefined>();
  readonly #found = { entities: 0, relations: 0 };

  constructor(place: string) {
    this.#place = place;
  }

  /** Adds a region; each of its labels becomes an entity. */
  region(key: string, { start, end, labels, text, probability }: GivenRegion): void {
    const known = this.#positions.get(key);
    this.#positions.set(key, known);
    this.#found.entities += Math.max(1, labels.length);
    const [first, ...others] = labels;
    const shown = `region ${quote(key)} [${start}, ${end})`;
    if (first === undefined) {
      this.#leave("data/region-without-label", `${shown} has no label and is left out`, { entities: 1 });
      return;
    }
    if (start === end) {
      this.#leave("data/empty-region", `${shown} is empty and is left out`, { entities: labels.length });
      return;
    }
    if (others.length > 0) {
      const message = `${shown} has ${labels.length} labels (${labels.map((one) => quote(one)).join(", ")}): each becomes an entity, and relations join the first`;
      this.note("data/several-labels", message);
    }
    this.#positions.set(key, known ?? this.#entities.length);
    for (const label of labels)
      this.#entities.push({ start, end, label, ...sure(probability), ...(text !== undefined && { text }) });
  }

  /** Adds an arrow; after all regions. */
  arrow({ from, to, labels, bothWays = false, probability }: GivenArrow): void {
    const ways = bothWays ? 2 : 1;
    const relations = ways * Math.max(1, labels.length);
    this.#found.relations += relations;
    const shown = `relation ${quote(from)} to ${quote(to)}`;
    if (labels.length === 0) {
      this.#leave("data/relation-without-label", `${shown} has no label and is left out`, { relations });
      return;
    }
    const [head, tail] = [this.#positions.get(from), this.#positions.get(to)];
    if (head === undefined || tail === undefined) {
      const missing = head === undefined ? from : to;
      const why = this.#positions.has(missing) ? "was left out" : "is not a region of this text";
      const message = `${shown} is left out: ${quote(missing)} ${why}`;
      this.#leave("data/relation-end-missing", message, { relations });
      return;
    }
    if (bothWays)
      this.note("data/relation-both-ways", `${shown} has both directions: a relation is made for each`);
    for (const label of labels) {
      this.#relations.push({ head, tail, label, ...sure(probability) });
      if (bothWays) this.#relations.push({ head: tail, tail: head, label, ...sure(probability) });
    }
  }

  /** Adds a choice for the whole text. */
  choice(label: string, probability?: number): void {
    this.#categories.push(probability === undefined ? label : { label, probability });
  }

  /** Counts a relation that is not an object. */
  unreadRelation(relation: unknown): void {
    const message = `a relation is not an object: ${quote(relation)}`;
    this.unread({ relations: 1 }, defect("data/wrong-type", this.#place, message, relation));
  }

  /** Notes a decision that leaves nothing out, or a fault for which the text is rejected. */
  note(code: DefectCode, message: string): void {
    this.#defects.push(defect(code, this.#place, message));
  }

  /** Counts annotations that could not be read at all, with their defect. */
  unread(counts: Partial<Annotations>, found: Defect): void {
    this.#found.entities += counts.entities ?? 0;
    this.#found.relations += counts.relations ?? 0;
    this.#defects.push(leavingOut(found, counts));
  }

  #leave(code: DefectCode, message: string, counts: Partial<Annotations>): void {
    this.#defects.push(leavingOut(defect(code, this.#place, message), counts));
  }

  set(about: Pick<AnnotationSet, "annotator" | "changed" | "trusted" | "meta">): AnnotationSet {
    return {
      ...about,
      ...(this.#categories.length === 1 && about.meta !== undefined && { meta: withoutCategory(about.meta) }),
      entities: this.#entities,
      relations: this.#relations,
      ...(this.#categories.length === 1 && { category: this.#categories[0] }),
      found: { ...this.#found },
      defects: this.#defects,
    };
  }
}

function sure(probability: number | undefined): { readonly probability?: number } {
  return probability === undefined ? {} : { probability };
}

/** The control that only says the category, which is a part of the document. */
function withoutCategory({ category, ...others }: Readonly<Record<string, unknown>>) {
  const isOne = Array.isArray(category) && category.length === 1;
  return isOne || category === undefined ? others : { category, ...others };
}
