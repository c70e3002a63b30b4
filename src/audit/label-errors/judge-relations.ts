// Judges the relations of documents: their labels against those of models that never saw them.

import type { Document } from "../../data/document.ts";
import { stream } from "../../training/random.ts";
import {
  type ClassSuspicion,
  type JudgedRows,
  type RankingMethod,
  scoreOfLabel,
  suspicions,
} from "./class-suspicion.ts";
import { boundErrors, type ErrorBound } from "./error-bound.ts";
import type { KeptScores } from "./kept-scores.ts";
import { crossFittedProbabilities, type KeptSums, outOfFoldScores } from "./out-of-fold.ts";
import { relationRows } from "./relation-rows.ts";
import type { EncodedDocument } from "./word-states.ts";

/** Documents, their words' states, and the folds. */
export interface JudgingRequest {
  readonly documents: readonly Document[];
  readonly encoded: readonly EncodedDocument[];
  readonly foldOfDocument: readonly number[];
  readonly folds: number;
  readonly seed: number;
  /** The cluster of each document, for the interval. */
  readonly clusters: readonly number[];
  readonly kept: KeptScores;
  readonly sums?: KeptSums | undefined;
  readonly method?: RankingMethod | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onFold?: ((done: number) => void) | undefined;
}

/** A relation that the model would label otherwise. */
export interface RelationSuspicion {
  /** Index of the document. */
  readonly document: number;
  /** Index among its relations. */
  readonly relation: number;
  readonly given: string;
  readonly givenProbability: number;
  readonly other: string;
  readonly otherProbability: number;
  /** Larger is more suspicious. */
  readonly score: number;
}

/** What the models say about all relations. */
export interface RelationJudgement {
  readonly judged: number;
  /** Relations whose label the other folds do not teach, or whose mentions contain no word. */
  readonly unjudged: number;
  /** How often the most probable label is the given one. */
  readonly agreement: number;
  /** All judged relations, most suspicious first. */
  readonly ranking: readonly RelationSuspicion[];
  /** At most how many labels are wrong. */
  readonly errors: ErrorBound;
  /** Calibrated probabilities of the rows, for comparison with other methods. */
  readonly rows: JudgedRows & { readonly labels: readonly string[] };
}

/** Of the classifier's covariance; docs/label-errors.md says how it was chosen. */
export const RELATION_SHRINKAGE = 0.3;

/** docs/label-errors.md says how it was chosen. */
const DEFAULT_METHOD: RankingMethod = "self-confidence";

export async function judgeRelations(request: JudgingRequest): Promise<RelationJudgement> {
  const { documents, encoded, foldOfDocument, folds, seed, kept, signal, onFold, clusters } = request;
  const data = relationRows(documents, encoded, foldOfDocument, folds);
  const scores = await outOfFoldScores(data, {
    shrinkage: RELATION_SHRINKAGE,
    sums: request.sums,
    kept: (fold) => kept.read(fold),
    keep: (fold, own) => kept.write(fold, own),
    onFold,
    signal,
  });
  const { classes, labels } = data;
  const all = crossFittedProbabilities(data, scores, seed);
  const taught = taughtElsewhere(data);
  const own = taught.flatMap((is, row) => (is ? [row] : []));
  const rows: JudgedRows = {
    rows: own.length,
    classes,
    probabilities: pick(all, own, classes),
    given: own.map((row) => data.classOf(row)),
  };
  const { method = DEFAULT_METHOD } = request;
  const found = suspicions(rows, method);
  const named = (one: ClassSuspicion): RelationSuspicion => ({
    ...data.judged[own[one.row]!]!,
    given: labels[one.given]!,
    givenProbability: one.givenProbability,
    other: labels[one.other]!,
    otherProbability: one.otherProbability,
    score: one.score,
  });
  const total = documents.reduce((sum, { relations }) => sum + relations.length, 0);
  const agreeing = found.filter((one) => one.givenProbability >= one.otherProbability).length;
  return {
    judged: own.length,
    unjudged: total - own.length,
    agreement: own.length === 0 ? 0 : agreeing / own.length,
    ranking: [...found].sort((a, b) => b.score - a.score || a.row - b.row).map(named),
    errors: boundErrors([
      {
        scores: found.map(({ score }) => score),
        wrong: wrongScores(rows, method, seed),
        clusters: own.map((row) => clusters[data.judged[row]!.document]!),
      },
    ]),
    rows: { ...rows, labels },
  };
}

/** The score of each row with another label, drawn as often as labels occur. */
function wrongScores(rows: JudgedRows, method: RankingMethod, seed: number): Float64Array {
  const random = stream(seed, 0, "wrong relations");
  const score = scoreOfLabel(rows, method);
  const isVaried = new Set(Array.from(rows.given)).size > 1;
  return Float64Array.from({ length: isVaried ? rows.rows : 0 }, (_, row) => {
    for (;;) {
      const label = rows.given[random.integer(rows.rows)]!;
      if (label !== rows.given[row]) return score(row, label);
    }
  });
}

/** Whether a row's label also occurs in another fold: no model can expect one that it never saw. */
function taughtElsewhere(data: {
  readonly rows: number;
  foldOf(row: number): number;
  classOf(row: number): number;
}): boolean[] {
  const foldsOfClass = new Map<number, Set<number>>();
  for (let row = 0; row < data.rows; row++) {
    const known = foldsOfClass.get(data.classOf(row)) ?? new Set();
    foldsOfClass.set(data.classOf(row), known.add(data.foldOf(row)));
  }
  return Array.from({ length: data.rows }, (_, row) => foldsOfClass.get(data.classOf(row))!.size > 1);
}

function pick(all: Float64Array, rows: ArrayLike<number>, classes: number): Float64Array {
  const out = new Float64Array(rows.length * classes);
  for (let i = 0; i < rows.length; i++) {
    out.set(all.subarray(rows[i]! * classes, (rows[i]! + 1) * classes), i * classes);
  }
  return out;
}
