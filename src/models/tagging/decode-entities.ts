// Decodes tag scores into entities: reads the best tag sequence as spans of words, and computes the probability of each.
import { ModelError } from "../../base/errors.ts";
import { atOnce, type Pausable } from "../../base/turns.ts";
import { ScoredLattice } from "../../nn/chain-lattice.ts";
import { type ChainScores, findingViterbi } from "../../nn/viterbi.ts";
import { bioLattice, entityStates, layOutTokens, type TokenLayout } from "./bio-lattice.ts";
import type { TagScheme, WordSpan } from "./tag-scheme.ts";

/** Words `[start, end)` are an entity of `label`. */
export interface WordEntity extends WordSpan {
  /** Probability of exactly this span with this label: its share of all well-formed tag sequences. */
  readonly probability: number;
}

/** How tag scores become entities. */
export interface DecodeOptions {
  /**
   * True: the best well-formed sequence: I-T only inside an entity of T, also across continuation subwords, and tags of continuations and
   * special tokens only on these. False: the best of all sequences, as published; tags of first subwords are then read as conlleval reads
   * broken BIO (an orphan I begins an entity), and tags that do not belong there as O.
   */
  readonly constrained: boolean;
  /** Divides all scores for the probabilities; does not affect which entities are found. Default 1. */
  readonly temperature?: number | undefined;
}

/**
 * Returns the entities of one text, in text order. A probability is always the marginal over the well-formed sequences: an orphan I that
 * was read as a begin is scored as one, so every span has a probability, which is small if the reading differs from the model's tags.
 *
 * @param emissions [tokens, tags]
 * @param wordIndex word index of each token, `NO_WORD` (-1) for special tokens
 * @throws ModelError `models/bad-emissions`, `models/bad-temperature`, `models/bad-word-index`.
 * @example
 * import { decodeEntities, TagScheme } from "relata/tagging";
 *
 * const scheme = new TagScheme(["PER"], "x");
 * declare const emissions: Float32Array; // [tokens, tags], from the model
 * declare const chain: Parameters<typeof decodeEntities>[3]; // its transitions
 * const entities = decodeEntities(scheme, emissions, [-1, 0, 1, -1], chain, { constrained: true });
 * for (const { start, end, label, probability } of entities) console.log(start, end, label, probability);
 */
export function decodeEntities(
  scheme: TagScheme,
  emissions: Float32Array,
  wordIndex: readonly number[],
  chain: ChainScores,
  { constrained, temperature = 1 }: DecodeOptions,
): WordEntity[] {
  return atOnce(decodingEntities(scheme, emissions, wordIndex, chain, { constrained, temperature }));
}

/** `decodeEntities` as work that can pause; linear in the text's length. @throws ModelError as there. */
export function* decodingEntities(
  scheme: TagScheme,
  emissions: Float32Array,
  wordIndex: readonly number[],
  chain: ChainScores,
  { constrained, temperature = 1 }: DecodeOptions,
): Pausable<WordEntity[]> {
  const spans = yield* decodingSpans(scheme, emissions, wordIndex, chain, constrained);
  yield;
  const probabilities = yield* weighingSpans(scheme, emissions, wordIndex, chain, spans, temperature);
  return spans.map((span, i) => ({ ...span, probability: probabilities[i]! })); // one for each
}

/** The spans of `decodeEntities` without their probabilities. @throws ModelError as there. */
export function decodeSpans(
  scheme: TagScheme,
  emissions: Float32Array,
  wordIndex: readonly number[],
  chain: ChainScores,
  constrained: boolean,
): WordSpan[] {
  return atOnce(decodingSpans(scheme, emissions, wordIndex, chain, constrained));
}

function* decodingSpans(
  scheme: TagScheme,
  emissions: Float32Array,
  wordIndex: readonly number[],
  chain: ChainScores,
  constrained: boolean,
): Pausable<WordSpan[]> {
  requireScores(scheme, emissions, wordIndex, chain);
  yield;
  const layout = layOutTokens(wordIndex);
  yield;
  if (wordIndex.length === 0) return [];
  if (!constrained) return readSpans(scheme, yield* findingViterbi(emissions, chain), layout, wordIndex);
  const path = yield* new ScoredLattice(bioLattice(scheme), chain).findingBestPath(
    layout.positions,
    emissions,
  );
  if (!path) throw badEmissions("and the chain do not allow any path", undefined);
  return readSpans(scheme, path, layout, wordIndex); // states of first subwords are their tags
}

/**
 * The probability of each given entity: the share, by weight, of the well-formed sequences with B of its type on its first token, I on its
 * further words, and no I of its type after it. 0 for a span without tokens; spans that differ only in words without tokens have the same
 * tags.
 *
 * @throws ModelError as `decodeEntities`, and `models/unknown-entity-type`.
 */
export function spanProbabilities(
  scheme: TagScheme,
  emissions: Float32Array,
  wordIndex: readonly number[],
  chain: ChainScores,
  spans: readonly WordSpan[],
  temperature = 1,
): number[] {
  return atOnce(weighingSpans(scheme, emissions, wordIndex, chain, spans, temperature));
}

function* weighingSpans(
  scheme: TagScheme,
  emissions: Float32Array,
  wordIndex: readonly number[],
  chain: ChainScores,
  spans: readonly WordSpan[],
  temperature: number,
): Pausable<number[]> {
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new ModelError({
      code: "models/bad-temperature",
      message: `the temperature must be a number above 0, got ${temperature}`,
      value: temperature,
      remedy: "Fit it on validation documents, or keep it at 1.",
    });
  }
  if (spans.length === 0) return [];
  requireScores(scheme, emissions, wordIndex, chain);
  yield;
  const { positions, firsts } = layOutTokens(wordIndex);
  yield;
  if (firsts.length === 0) return spans.map(() => 0);
  const sums = yield* new ScoredLattice(bioLattice(scheme), chain, temperature).summing(positions, emissions);
  if (!Number.isFinite(sums.logPartition)) {
    throw badEmissions(`sum up to ${sums.logPartition}`, sums.logPartition);
  }
  const probabilities: number[] = [];
  for (const { start, end, label } of spans) {
    if (probabilities.length % SPANS === SPANS - 1) yield;
    const type = scheme.typeIndex(label);
    const from = firstAt(firsts, wordIndex, start);
    const first = firsts[from];
    if (first === undefined || wordIndex[first]! >= end) {
      probabilities.push(0);
      continue;
    }
    // Tokens up to the next word's first one repeat the state of the entity's last word.
    const next = firsts[firstAt(firsts, wordIndex, end)] ?? positions.length;
    const states = entityStates(scheme, type, positions.subarray(first, next));
    probabilities.push(Math.exp(sums.logShare(first, states, (state) => state !== scheme.inside(type))));
  }
  return probabilities;
}

/** Spans between two pauses. */
const SPANS = 256;

/** Index of the first token in `firsts` (in text order) that belongs to `word` or a later word. */
function firstAt(firsts: readonly number[], wordIndex: readonly number[], word: number): number {
  let [low, high] = [0, firsts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (wordIndex[firsts[middle]!]! >= word) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Spans of words from the tags of their first subwords; reads broken BIO like conlleval. */
function readSpans(
  scheme: TagScheme,
  tags: readonly number[],
  { firsts }: TokenLayout,
  wordIndex: readonly number[],
): WordSpan[] {
  const spans: { start: number; end: number; label: string }[] = [];
  let open: { start: number; end: number; label: string } | undefined;
  for (const token of firsts) {
    const tag = tags[token]!; // one per token
    const label = tag > scheme.outside ? scheme.types[Math.ceil(tag / 2) - 1] : undefined; // X and the like have none
    const word = wordIndex[token]!;
    if (label === undefined) open = undefined;
    else if (open?.label === label && tag % 2 === 0) open.end = word + 1;
    else {
      open = { start: word, end: word + 1, label };
      spans.push(open);
    }
  }
  return spans;
}

function requireScores(
  { tags }: TagScheme,
  emissions: Float32Array,
  wordIndex: readonly number[],
  { start, end, transitions }: ChainScores,
): void {
  const given = [emissions.length, start.length, end.length, transitions.length];
  const wanted = [wordIndex.length * tags.length, tags.length, tags.length, tags.length ** 2];
  if (given.some((length, i) => length !== wanted[i])) {
    throw badEmissions(
      `and the chain's start, end and transitions have ${given.join(", ")} numbers, expected ${wanted.join(", ")}`,
      given,
    );
  }
  const faulty = emissions.findIndex((score) => !Number.isFinite(score));
  if (faulty >= 0) throw badEmissions(`contain ${emissions[faulty]} at ${faulty}`, emissions[faulty]);
}

function badEmissions(what: string, value: unknown): ModelError {
  return new ModelError({
    code: "models/bad-emissions",
    message: `emissions ${what}`,
    value,
    remedy: "Give finite scores [tokens, tags] of the model that the tag scheme belongs to.",
  });
}
