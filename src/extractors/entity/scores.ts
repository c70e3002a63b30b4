// Turns emissions into entities and their scores: joins windows of long texts, decodes, and compares with the gold entities.

import { atOnce, type Pausable } from "../../base/turns.ts";
import type { Document, Entity, Span } from "../../data/document.ts";
import type { TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";
import type { Word } from "../../encoders/tokenizing/words.ts";
import { type EntityMetrics, entityMetrics } from "../../evaluation/entity-metrics.ts";
import { decodingEntities, type WordEntity } from "../../models/tagging/decode-entities.ts";
import type { TagScheme } from "../../models/tagging/tag-scheme.ts";
import type { ChainScores } from "../../nn/viterbi.ts";
import type { VisualFeatures } from "../../visual/visual-channel.ts";
import { type Calibrated, calibrated, supported } from "../shared/calibration.ts";
import { wordRange, wordsOf } from "../shared/words.ts";
import type { EntityExample } from "./examples.ts";
import { type MergedWindows, mergeWindows, textWindows } from "./windows.ts";

/** Maximum number of tokens shared by neighbouring windows of a long text. */
export const WINDOW_OVERLAP = 32;

/** A labelled text to score: its windows, its words and its gold entities. */
export interface LabelledText {
  readonly words: readonly Word[];
  readonly windows: readonly (EntityExample & { readonly input: { readonly start: number } })[];
  /** Word ranges; an entity without a word keeps its index but can never be found. */
  readonly gold: readonly { readonly start: number; readonly end: number; readonly label: string }[];
}

/** Cuts every document into windows; nothing is cut off, however long the text. */
export function labelledTexts(
  documents: readonly Document[],
  options: { readonly tokenizer: TextTokenizer; readonly maxLength: number },
  visualOf: (document: Document) => VisualFeatures | undefined,
): LabelledText[] {
  return documents.map((document) => {
    const { tokenizer, maxLength } = options;
    const words = wordsOf(document, tokenizer);
    const visual = visualOf(document);
    const windows = textWindows(tokenizer, words, { maxLength, overlap: WINDOW_OVERLAP });
    return {
      words,
      windows: windows.map((input) => ({ id: document.id, input, tags: undefined, visual })),
      gold: document.entities.map((entity, i) => {
        const [start, end] = wordRange(words, entity) ?? [-1 - i, -i]; // each gets its own range, which no prediction has
        return { start, end, label: entity.label };
      }),
    };
  });
}

/** What decoding needs from a model. */
export interface Decoding {
  readonly scheme: TagScheme;
  readonly chain: ChainScores;
  readonly constrained: boolean;
  /** How scores become probabilities; unchanged when absent. */
  readonly calibration?: Calibrated;
}

/** Returns emissions of whole texts: scores every window and joins the windows of one text. */
export async function emissionsOf(
  model: {
    predict(
      examples: readonly EntityExample[],
      onProgress?: (done: number) => void,
    ): Promise<readonly Float32Array[]>;
  },
  texts: readonly Pick<LabelledText, "windows">[],
  tags: number,
  onProgress?: (done: number) => void,
): Promise<MergedWindows[]> {
  const scores = await model.predict(
    texts.flatMap(({ windows }) => windows),
    onProgress,
  );
  let at = 0;
  return texts.map(({ windows }) => {
    const own = scores.slice(at, at + windows.length);
    at += windows.length;
    return mergeWindows(
      windows.map(({ input }) => input),
      own,
      tags,
    );
  });
}

/** Returns the entities of a text as ranges of its words. */
export function decode(merged: MergedWindows, how: Decoding): readonly WordEntity[] {
  return atOnce(decoding(merged, how));
}

/** Runs `decode` as work that can pause. */
export function* decoding(
  { emissions, wordIndex }: MergedWindows,
  { scheme, chain, constrained, calibration = calibrated(undefined) }: Decoding,
): Pausable<readonly WordEntity[]> {
  const { temperature } = calibration;
  const found = yield* decodingEntities(scheme, emissions, wordIndex, chain, { constrained, temperature });
  return found.map((entity) => ({ ...entity, probability: supported(entity.probability, calibration) }));
}

/** Converts found entities from word ranges to spans of the text. */
export function entitiesOfWords(words: readonly Span[], found: readonly WordEntity[]): Entity[] {
  return found.map(({ start, end, label, probability }) => ({
    start: words[start]!.start, // word ranges are half-open and contain at least one word
    end: words[end - 1]!.end,
    label,
    probability,
  }));
}

/** Returns a model's entity scores on labelled texts, and the word ranges it found in each. */
export async function scoreEntities(
  model: Parameters<typeof emissionsOf>[0],
  texts: readonly LabelledText[],
  decoding: Decoding,
  onProgress?: (done: number) => void,
): Promise<{ readonly metrics: EntityMetrics; readonly found: readonly (readonly WordEntity[])[] }> {
  const merged = await emissionsOf(model, texts, decoding.scheme.tags.length, onProgress);
  const found = merged.map((text) => decode(text, decoding));
  return {
    metrics: entityMetrics(
      texts.map(({ gold }) => gold),
      found,
    ),
    found,
  };
}

/** The metrics available to judge a training run. */
export function runMetrics({ micro, macro, boundaries, types }: EntityMetrics): Record<string, number> {
  return {
    micro_f1: micro.f1,
    micro_precision: micro.precision,
    micro_recall: micro.recall,
    macro_f1: macro.f1,
    boundary_f1: boundaries.f1,
    ...Object.fromEntries(types.map(({ label, f1 }) => [`f1/${label}`, f1])),
  };
}
