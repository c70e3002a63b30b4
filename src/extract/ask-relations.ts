// Asks the relation model about each pair of entities and turns its answers into relations; reports what did not fit.

import { counted } from "../base/counted.ts";
import { EncoderError } from "../base/errors.ts";
import type { Pausable } from "../base/turns.ts";
import type { Entity, Relation, Span } from "../data/document.ts";
import { NONE_LABEL } from "../data/labels.ts";
import { type CandidatePair, candidatePairs } from "../extractors/pairs/candidate-pairs.ts";
import { LabelMasks, maskedScores } from "../extractors/pairs/label-masks.ts";
import type { TypeConstraints } from "../extractors/pairs/type-constraints.ts";
import type { RelationPart } from "../extractors/parts.ts";
import type { RelationExample } from "../extractors/relation/examples.ts";
import { readingInputs } from "../extractors/relation/examples.ts";
import type { Calibrated } from "../extractors/shared/calibration.ts";
import { bestLabel, probabilitiesOf } from "../extractors/shared/class-scores.ts";
import type { VisualFeatures } from "../visual/visual-channel.ts";
import type { ExtractionNote } from "./post.ts";

/** A post's questions, in the order of its pairs. */
export interface RelationQuestions {
  readonly pairs: readonly CandidatePair[];
  readonly examples: readonly RelationExample[];
  readonly notes: readonly ExtractionNote[];
}

/** A post with its entities, given or found. */
export interface PostWithEntities {
  readonly id: string;
  readonly text: string;
  readonly words: readonly Span[];
  readonly entities: readonly Entity[];
}

export interface QuestionOptions {
  readonly maxPairs: number;
  readonly constraints: TypeConstraints | undefined;
}

/**
 * Builds the questions about a post's entities, as work that can pause.
 *
 * @throws DataError `data/mention-without-words` for a given mention that is only white space
 */
export function* relationQuestions(
  { config, tokenizer, markers, labels }: Pick<RelationPart, "config" | "tokenizer" | "markers" | "labels">,
  { id, text, words, entities }: PostWithEntities,
  visual: VisualFeatures | undefined,
  { maxPairs, constraints }: QuestionOptions,
): Pausable<RelationQuestions> {
  const candidates = candidatePairs(entities, maxPairs, constraints);
  const masks = constraints && new LabelMasks(constraints, labels);
  const pairs: CandidatePair[] = [];
  const examples: RelationExample[] = [];
  const tooLong: CandidatePair[] = [];
  const cut = { pairs: 0, tokens: 0 };
  yield;
  const inputFor = yield* readingInputs(
    { id, text, words, mentions: entities },
    { tokenizer, markers, maxLength: config.maxLength, truncation: "report", pairReading: config.pairs },
  );
  for (const pair of candidates.pairs) {
    yield;
    try {
      const input = inputFor(pair);
      if (input.truncated) {
        cut.pairs++;
        cut.tokens += input.truncated.tokens;
      }
      pairs.push(pair);
      const [head, tail] = [entities[pair.head]!.label, entities[pair.tail]!.label];
      examples.push({ id, input, label: undefined, visual, mask: masks?.of(head, tail) });
    } catch (error) {
      if (!(error instanceof EncoderError) || error.code !== "encoder/mentions-too-long") throw error;
      tooLong.push(pair);
    }
  }
  return {
    pairs,
    examples,
    notes: [
      ...(candidates.leftOut > 0 ? [pairsLeftOut(candidates.leftOut, maxPairs)] : []),
      ...(tooLong.length > 0 ? [mentionsTooLong(tooLong, config.maxLength)] : []),
      ...(cut.pairs > 0 ? [textCut(cut, config.maxLength)] : []),
    ],
  };
}

/** Returns the relations among the answers, in text order: the most probable label that the pair's types allow, unless it is "None". */
export function relationsOf(
  { pairs, examples }: Pick<RelationQuestions, "pairs" | "examples">,
  logits: readonly Float32Array[],
  labels: readonly string[],
  calibration: Calibrated,
): (Relation & { readonly probability: number })[] {
  return pairs
    .map((pair, i) => {
      const scores = maskedScores(logits[i]!, examples[i]!.mask); // one row and one example per pair
      const best = bestLabel(scores);
      return { ...pair, label: labels[best]!, probability: probabilitiesOf(scores, calibration)[best]! };
    })
    .filter(({ label }) => label !== NONE_LABEL)
    .sort((a, b) => a.head - b.head || a.tail - b.tail);
}

function pairsLeftOut(leftOut: number, maxPairs: number): ExtractionNote {
  return {
    code: "extract/pairs-left-out",
    message: `${counted(leftOut, "pair")} of entities left out: the limit is ${maxPairs}, those with the fewest mentions between them`,
    value: leftOut,
  };
}

function mentionsTooLong(pairs: readonly CandidatePair[], maxLength: number): ExtractionNote {
  return {
    code: "extract/mentions-too-long",
    message: `${counted(pairs.length, "pair")} of entities left out: their mentions do not fit into ${maxLength} tokens`,
    value: pairs.map(({ head, tail }) => [head, tail]),
  };
}

function textCut(
  cut: { readonly pairs: number; readonly tokens: number },
  maxLength: number,
): ExtractionNote {
  return {
    code: "extract/text-cut",
    message: `for ${counted(cut.pairs, "pair")} of entities, the text was cut around the mentions to ${maxLength} tokens`,
    value: cut,
  };
}
