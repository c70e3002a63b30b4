// Judges the entities of documents, and what is not annotated, against taggers that never saw them.

import type { Span } from "../../data/document.ts";
import { stream } from "../../training/random.ts";
import { type PlantedEntity, plantEntity } from "./entity-plants.ts";
import { entityRows } from "./entity-rows.ts";
import { type EntitySuspicion, entitySuspicions } from "./entity-suspicion.ts";
import { boundErrors, type ErrorBound } from "./error-bound.ts";
import type { JudgingRequest } from "./judge-relations.ts";
import { crossFittedProbabilities, outOfFoldScores } from "./out-of-fold.ts";
import { readingsOf } from "./readings.ts";

/** A suspicion with its document and its place in the ranking. */
export interface RankedEntitySuspicion extends EntitySuspicion {
  /** Index of the document. */
  readonly document: number;
  /** What the model reads, as a span of the text; undefined for no entity. */
  readonly otherSpan: (Span & { readonly label: string }) | undefined;
  /** Larger is more suspicious. */
  readonly score: number;
}

/** What the taggers say about all entities. */
export interface EntityJudgement {
  /** Annotated entities that were judged. */
  readonly judged: number;
  /** Entities that overlap a longer one, or contain no word. */
  readonly unjudged: number;
  /** F1 of what the taggers find, against the annotation: span and type. */
  readonly agreement: number;
  /** All suspicions, most suspicious first. */
  readonly ranking: readonly RankedEntitySuspicion[];
  /** At most how many entities are wrong or missing. */
  readonly errors: ErrorBound;
  /** Calibrated tag probabilities of each word, and the tags annotated, for comparison with other methods. */
  readonly words: {
    readonly tags: readonly string[];
    readonly probabilities: readonly Float64Array[];
    readonly given: readonly (readonly number[])[];
  };
}

/**
 * How a suspicion becomes a number: `words`, one minus the lowest probability of a word's annotated tag (the self-confidence of words; Wang and
 * Mueller, 2022, "Detecting label errors in token classification data"); `margin`, the other reading's probability minus that of the annotation;
 * `self-confidence`, one minus the annotation's.
 */
export type EntityRankingMethod = "words" | "margin" | "self-confidence";

/** Of the tagger's covariance; docs/label-errors.md says how it was chosen. */
export const ENTITY_SHRINKAGE = 0.1;

export async function judgeEntities(
  request: Omit<JudgingRequest, "method"> & { readonly method?: EntityRankingMethod | undefined },
): Promise<EntityJudgement> {
  const { documents, encoded, foldOfDocument, folds, seed, kept, signal, onFold, clusters } = request;
  const data = entityRows(documents, encoded, foldOfDocument, folds);
  const scores = await outOfFoldScores(data, {
    shrinkage: ENTITY_SHRINKAGE,
    sums: request.sums,
    kept: (fold) => kept.read(fold),
    keep: (fold, own) => kept.write(fold, own),
    onFold,
    signal,
  });
  const perWord = crossFittedProbabilities(data, scores, seed);
  const { scheme, classes, annotated, firstRow } = data;
  const probabilities: Float64Array[] = [];
  const given: number[][] = [];
  const all: RankedEntitySuspicion[] = [];
  const planted: PlantedEntity[] = [];
  const random = stream(seed, 0, "wrong entities");
  const score = (one: EntitySuspicion) => scoreOf(one, request.method ?? "words");
  let found = 0;
  let matched = 0;
  for (const [d, { words }] of encoded.entries()) {
    const from = firstRow[d]!;
    const own = perWord.slice(from * classes, (from + words.length) * classes);
    probabilities.push(own);
    given.push(words.map((_, word) => data.classOf(from + word)));
    const readings = readingsOf(
      scheme,
      Float32Array.from(own, (p) => Math.log(Math.max(p, SMALLEST))),
    );
    const keys = new Set(annotated[d]!.map(({ start, end, label }) => `${start} ${end} ${label}`));
    found += readings.found.length;
    for (const { start, end, label } of readings.found) if (keys.has(`${start} ${end} ${label}`)) matched++;
    for (const one of entitySuspicions(annotated[d]!, readings, scheme.types, words.length)) {
      const { other } = one;
      const otherSpan = other && {
        start: words[other.start]!.start,
        end: words[other.end - 1]!.end,
        label: other.label,
      };
      all.push({ ...one, document: d, otherSpan, score: score(one) });
    }
    const reading = { readings, types: scheme.types, words: words.length };
    for (const at of annotated[d]!.keys()) {
      planted.push(plantEntity(annotated[d]!, at, reading, random, score));
    }
  }
  const judged = annotated.reduce((sum, { length }) => sum + length, 0);
  return {
    judged,
    unjudged: documents.reduce((sum, { entities }) => sum + entities.length, 0) - judged,
    agreement: found + judged === 0 ? 0 : (2 * matched) / (found + judged),
    ranking: [...all].sort((a, b) => b.score - a.score || a.document - b.document),
    errors: boundErrors(
      KINDS.map((kind) => {
        const own = all.filter((one) => one.kind === kind);
        return {
          scores: own.map((one) => one.score),
          wrong: planted.filter((one) => one.kind === kind).map((one) => one.score),
          clusters: own.map(({ document }) => clusters[document]!),
        };
      }),
    ),
    words: { tags: scheme.tags, probabilities, given },
  };
}

function scoreOf(
  { givenProbability, otherProbability, wordProbability }: EntitySuspicion,
  method: EntityRankingMethod,
): number {
  switch (method) {
    case "words":
      return 1 - wordProbability;
    case "margin":
      return otherProbability - givenProbability;
    case "self-confidence":
      return 1 - givenProbability;
    default:
      return method satisfies never;
  }
}

const KINDS = ["type", "boundary", "spurious", "missing"] as const;

/** A tag that the model excludes still has a finite score. */
const SMALLEST = 1e-12;
