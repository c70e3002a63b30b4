// Labels unannotated pairs "None": the same pairs that extraction will ask about, so that the model learns to reject them.
import { createHash } from "node:crypto";
import type { Document, Relation } from "../../data/document.ts";
import { NONE_LABEL } from "../../data/labels.ts";
import { type CandidatePair, candidatePairs, MAX_PAIRS } from "./candidate-pairs.ts";
import type { TypeConstraints } from "./type-constraints.ts";

/** Which unannotated pairs become "None": all, those of related types, a number per relation, or none. */
export type Negatives = "all" | "typed" | "none" | number;

/** How many relations were added, and their types. */
export interface NegativeCounts {
  readonly made: number;
  /** The commonest first. */
  readonly byTypes: readonly { readonly head: string; readonly tail: string; readonly count: number }[];
  /** Unannotated pairs beyond the maximum number per document. */
  readonly beyondMaxPairs: number;
}

export interface WithNegatives {
  /** The documents, with added relations after the annotated ones. */
  readonly documents: readonly Document[];
  readonly made: ReadonlySet<Relation>;
  readonly counts: NegativeCounts;
}

interface Candidate extends CandidatePair {
  readonly document: Document;
  readonly key: string;
}

/**
 * Adds a "None" relation for unrelated pairs: in each document, those that extraction would ask about. A question (text and both
 * spans) that any of the documents answers is skipped.
 *
 * @param seed a ratio draws by seed and question: the draw does not depend on the documents' order or ids
 */
export function withNegatives(
  documents: readonly Document[],
  negatives: Negatives,
  constraints: TypeConstraints,
  seed: number,
): WithNegatives {
  if (negatives === "none") return { documents, made: new Set(), counts: countsOf([], 0) };
  const answered = new Set(
    documents.flatMap((one) => {
      const keyOf = questionKeys(one);
      return one.relations.map(keyOf);
    }),
  );
  const candidates: Candidate[] = [];
  let beyondMaxPairs = 0;
  for (const document of documents) {
    const asked = candidatePairs(document.entities, MAX_PAIRS, negatives === "all" ? undefined : constraints);
    const keyOf = questionKeys(document);
    const own = new Set<string>(); // two entities with the same span ask the same question twice
    for (const { head, tail } of asked.pairs) {
      const key = keyOf({ head, tail });
      if (answered.has(key) || own.has(key)) continue;
      own.add(key);
      candidates.push({ document, head, tail, key });
    }
    beyondMaxPairs += asked.leftOut;
  }
  const kept = typeof negatives === "number" ? drawn(candidates, negatives, documents, seed) : candidates;
  const byDocument = new Map<Document, Relation[]>();
  const made = new Set<Relation>();
  for (const { document, head, tail } of kept) {
    const relation = { head, tail, label: NONE_LABEL };
    made.add(relation);
    const own = byDocument.get(document);
    if (own) own.push(relation);
    else byDocument.set(document, [relation]);
  }
  return {
    documents: documents.map((document) => {
      const own = byDocument.get(document);
      if (own === undefined) return document;
      own.sort((a, b) => a.head - b.head || a.tail - b.tail);
      return { ...document, relations: [...document.relations, ...own] };
    }),
    made,
    counts: countsOf(kept, beyondMaxPairs),
  };
}

/** Identifies a document's questions: its text, as a digest of fixed size, and both spans. */
export function questionKeys({ text, entities }: Document): (pair: CandidatePair) => string {
  const digest = createHash("sha256").update(text).digest("base64");
  return ({ head, tail }) =>
    [head, tail]
      .map((i) => `${entities[i]?.start} ${entities[i]?.end}`)
      .join(" ")
      .concat(" ", digest);
}

/** Draws this many candidates per existing relation, including annotated "None". */
function drawn(
  candidates: readonly Candidate[],
  ratio: number,
  documents: readonly Document[],
  seed: number,
): Candidate[] {
  let [positives, annotated] = [0, 0];
  for (const { relations } of documents) {
    for (const { label } of relations) {
      if (label === NONE_LABEL) annotated++;
      else positives++;
    }
  }
  const wanted = Math.max(0, Math.round(ratio * positives) - annotated);
  const lots = candidates.map((candidate) => ({
    candidate,
    lot: lotOf(seed, candidate.key),
  }));
  lots.sort((a, b) => a.lot - b.lot || compare(a.candidate.document.id, b.candidate.document.id));
  return lots.slice(0, wanted).map(({ candidate }) => candidate);
}

/** A number from 0 to 2^48 - 1 that depends only on the seed and the question. */
export function lotOf(seed: number, key: string): number {
  return createHash("sha256").update(`${seed}\n${key}`).digest().readUIntBE(0, 6);
}

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));

function countsOf(kept: readonly Candidate[], beyondMaxPairs: number): NegativeCounts {
  const byTypes = new Map<string, { head: string; tail: string; count: number }>();
  for (const { document, head, tail } of kept) {
    const [a, b] = [document.entities[head]!.label, document.entities[tail]!.label]; // candidates are pairs of its entities
    const key = JSON.stringify([a, b]);
    const entry = byTypes.get(key) ?? { head: a, tail: b, count: 0 };
    entry.count++;
    byTypes.set(key, entry);
  }
  return {
    made: kept.length,
    byTypes: byTypesOf(byTypes.values()),
    beyondMaxPairs,
  };
}

/** Sorts counts of pairs of types, the commonest first. */
export function byTypesOf(counts: Iterable<NegativeCounts["byTypes"][number]>): NegativeCounts["byTypes"] {
  return [...counts].sort((a, b) => b.count - a.count || compare(a.head + a.tail, b.head + b.tail));
}
