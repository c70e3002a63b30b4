// Grounds an answer: turns mentions given as strings into spans of the text, checks labels and types, and counts everything that does not fit.
import { PlaceChooser } from "./choose-place.ts";
import { MentionFinder } from "./find-mention.ts";
import type { GroundingCounts } from "./grounding-counts.ts";
import type { SaidMention, SaidRelation } from "./read-answer.ts";
import { type GroundedEntity, nearestPair, type Resolved, referredTo } from "./relation-ends.ts";
import type { AnnotationSchema } from "./schema.ts";

/** A relation between two grounded mentions. */
export interface GroundedRelation {
  readonly head: GroundedEntity;
  readonly tail: GroundedEntity;
  readonly label: string;
}

/** A mention that was not kept, and why. */
export interface LostMention {
  readonly text: string;
  readonly label: string;
  readonly why: "absent" | "ambiguous" | "unknown-label";
}

/** What an answer says about a text. */
export interface GroundedAnswer {
  readonly entities: readonly GroundedEntity[];
  readonly relations: readonly GroundedRelation[];
  readonly lost: readonly LostMention[];
}

/** Grounds answers about one text. */
export class Grounder {
  readonly #finder: MentionFinder;
  readonly #schema: AnnotationSchema;
  readonly #labels: LabelFinder;
  readonly #relationLabels: LabelFinder;

  constructor(text: string, schema: AnnotationSchema) {
    this.#finder = new MentionFinder(text);
    this.#schema = schema;
    this.#labels = new LabelFinder(Object.keys(schema.entities));
    this.#relationLabels = new LabelFinder(Object.keys(schema.relations));
  }

  /** Grounds an answer; adds to `counts`. */
  ground(
    mentions: readonly SaidMention[],
    relations: readonly SaidRelation[],
    counts: GroundingCounts,
  ): GroundedAnswer {
    const lost: LostMention[] = [];
    const places = new PlaceChooser(this.#finder, mentions, this.#schema.repeated, counts);
    const known = new Map<string, GroundedEntity>();
    const resolved = mentions.map((said): Resolved => {
      const none = { said, entities: [] };
      const label = this.#labels.find(said.label);
      if (label === undefined) {
        counts.unknownLabel++;
        lost.push({ text: said.text, label: said.label, why: "unknown-label" });
        return none;
      }
      if (said.text.trim() === "") {
        counts.emptyMention++;
        return none;
      }
      const chosen = places.choose(said);
      if (typeof chosen === "string") {
        lost.push({ text: said.text, label, why: chosen });
        return none;
      }
      let isNew = false;
      const entities = chosen.map(({ start, end }) => {
        const key = `${start} ${end} ${label}`;
        const entity = known.get(key) ?? { start, end, label };
        isNew ||= !known.has(key);
        known.set(key, entity);
        return entity;
      });
      if (!isNew) counts.duplicateEntity++;
      return { said, entities };
    });
    const found = new Map<string, GroundedRelation>();
    for (const relation of relations) this.#relate(relation, resolved, found, counts);
    return { entities: [...known.values()].sort(byPlace), relations: [...found.values()], lost };
  }

  #relate(
    said: SaidRelation,
    resolved: readonly Resolved[],
    found: Map<string, GroundedRelation>,
    counts: GroundingCounts,
  ): void {
    const label = this.#relationLabels.find(said.label);
    if (label === undefined) {
      counts.unknownRelation++;
      return;
    }
    const { head: heads, tail: tails } = this.#schema.relations[label] ?? {};
    const head = referredTo(said.head, resolved, heads);
    const tail = referredTo(said.tail, resolved, tails);
    for (const fault of ["danglingRelation", "lostMention", "ambiguousRelation"] as const) {
      if (head !== fault && tail !== fault) continue;
      counts[fault]++;
      return;
    }
    const pair = nearestPair(head as readonly GroundedEntity[], tail as readonly GroundedEntity[]);
    if (pair === undefined) {
      counts.selfRelation++;
      return;
    }
    const [from, to] = pair;
    if (!(heads?.includes(from.label) ?? true) || !(tails?.includes(to.label) ?? true)) {
      counts.wrongTypes++;
      return;
    }
    const key = [from.start, from.end, from.label, to.start, to.end, to.label, label].join(" ");
    if (found.has(key)) counts.duplicateRelation++;
    else found.set(key, { head: from, tail: to, label });
  }
}

/** Finds labels as written, else except for case and white space if that is unambiguous. */
class LabelFinder {
  readonly #exact: ReadonlySet<string>;
  readonly #folded = new Map<string, string | undefined>();

  constructor(labels: readonly string[]) {
    this.#exact = new Set(labels);
    for (const label of labels) {
      const folded = foldLabel(label);
      this.#folded.set(folded, this.#folded.has(folded) ? undefined : label);
    }
  }

  find(label: string): string | undefined {
    return this.#exact.has(label) ? label : this.#folded.get(foldLabel(label));
  }
}

function foldLabel(label: string): string {
  return label.normalize("NFKC").trim().toLowerCase();
}

function byPlace(a: GroundedEntity, b: GroundedEntity): number {
  return a.start - b.start || a.end - b.end || (a.label < b.label ? -1 : 1);
}
