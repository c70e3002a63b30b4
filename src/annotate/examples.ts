// Chooses labelled posts that are shown to the model: the nearest in their words, or a few that have every label. Never the post itself.
import type { Document } from "../data/document.ts";
import { NONE_LABEL } from "../data/labels.ts";
import { namesOfNone } from "../data/none-label.ts";
import { MentionFinder } from "./find-mention.ts";
import { foldMention } from "./fold-text.ts";
import type { AnnotationExample, AnnotationSchema } from "./schema.ts";

/** How examples are chosen: for each post those that share the rarest words with it, or the same few for all posts. */
export type ExampleChoice = "nearest" | "balanced";

/** Longer posts would fill the prompt. */
const MAX_EXAMPLE_CHARACTERS = 2000;

interface Candidate {
  readonly id: string;
  readonly folded: string;
  readonly example: AnnotationExample;
}

/** Labelled posts to choose from. */
export class ExamplePool {
  /** Labelled posts that cannot be shown: too long, with a label that the schema lacks, or with a mention that a string cannot name. */
  readonly unusable: number;
  readonly #candidates: readonly Candidate[];
  readonly #choice: ExampleChoice;
  readonly #balanced: readonly Candidate[];
  readonly #index = new Map<string, number[]>();

  constructor(documents: readonly Document[], schema: AnnotationSchema, choice: ExampleChoice) {
    this.#choice = choice;
    this.#candidates = documents.flatMap((document) => {
      const example = exampleOf(document, schema);
      return example === undefined
        ? []
        : [{ id: document.id, folded: foldMention(document.text, "spacing"), example }];
    });
    this.unusable = documents.length - this.#candidates.length;
    this.#balanced = choice === "balanced" ? balanced(this.#candidates) : [];
    if (choice === "nearest")
      for (const [i, { example }] of this.#candidates.entries())
        for (const word of wordsOf(example.text)) {
          const places = this.#index.get(word);
          if (places === undefined) this.#index.set(word, [i]);
          else places.push(i);
        }
  }

  get size(): number {
    return this.#candidates.length;
  }

  /** At most `shots` examples for a document, the best last, where models look most. */
  choose({ id, text }: Pick<Document, "id" | "text">, shots: number): readonly AnnotationExample[] {
    const own = foldMention(text, "spacing");
    const ranked = this.#choice === "balanced" ? this.#balanced : this.#nearest(text);
    const chosen: Candidate[] = [];
    for (const candidate of ranked) {
      if (chosen.length === shots) break;
      const isOwn = candidate.id === id || candidate.folded === own;
      if (!isOwn && chosen.every(({ folded }) => folded !== candidate.folded)) chosen.push(candidate);
    }
    return chosen.map(({ example }) => example).reverse();
  }

  /** The candidates by the sum of the inverse document frequencies of shared words, over the square root of their length. */
  #nearest(text: string): readonly Candidate[] {
    const scores = new Map<number, number>();
    for (const word of wordsOf(text)) {
      const places = this.#index.get(word) ?? [];
      const weight = Math.log((this.#candidates.length + 1) / (places.length + 1));
      for (const i of places) scores.set(i, (scores.get(i) ?? 0) + weight);
    }
    const score = (i: number) => {
      const length = wordsOf(this.#candidates[i]?.example.text ?? "").size;
      return (scores.get(i) ?? 0) / Math.sqrt(Math.max(1, length));
    };
    const ranked = [...scores.keys()].map((i) => ({ i, score: score(i) }));
    ranked.sort((a, b) => b.score - a.score || a.i - b.i);
    const rest = this.#candidates.flatMap((_, i) => (scores.has(i) ? [] : [i]));
    return [...ranked.map(({ i }) => i), ...rest].flatMap((i) => this.#candidates[i] ?? []);
  }
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
}

/** In an order in which the first few have as many labels as possible, the rare ones first. */
function balanced(candidates: readonly Candidate[]): readonly Candidate[] {
  const rest = new Set(candidates);
  const shown = new Map<string, number>();
  const chosen: Candidate[] = [];
  const labelsOf = ({ example: { entities, relations } }: Candidate) =>
    new Set([...entities, ...relations].map(({ label }) => label));
  // Of many candidates, a few dozen are enough: more are never shown.
  while (rest.size > 0 && chosen.length < 60) {
    let best: Candidate | undefined;
    let most = Number.NEGATIVE_INFINITY;
    for (const candidate of rest) {
      let gain = 0;
      for (const label of labelsOf(candidate)) gain += 1 / (1 + (shown.get(label) ?? 0)) ** 2;
      if (gain > most) [best, most] = [candidate, gain];
    }
    if (best === undefined) break;
    rest.delete(best);
    chosen.push(best);
    for (const label of labelsOf(best)) shown.set(label, (shown.get(label) ?? 0) + 1);
  }
  return chosen;
}

/** A labelled document as an example, with mentions as strings; undefined if it cannot be one. */
function exampleOf(
  { text, entities, relations }: Document,
  schema: AnnotationSchema,
): AnnotationExample | undefined {
  if (text.length > MAX_EXAMPLE_CHARACTERS) return undefined;
  const finder = new MentionFinder(text);
  const named: { text: string; label: string; occurrence: number }[] = [];
  for (const { start, end, label } of entities) {
    const mention = text.slice(start, end);
    const [step] = finder.find(mention);
    const occurrence = step?.places.findIndex((place) => place.start === start && place.end === end) ?? -1;
    if (occurrence < 0 || !Object.hasOwn(schema.entities, label)) return undefined;
    named.push({ text: mention, label, occurrence: occurrence + 1 });
  }
  const none = new Set([NONE_LABEL, ...namesOfNone(relations.map(({ label }) => label))]);
  const held = relations.filter(({ label }) => !none.has(label));
  if (
    Object.keys(schema.relations).length > 0 &&
    held.some(({ label }) => !Object.hasOwn(schema.relations, label))
  )
    return undefined;
  const shown = held.filter(({ label }) => Object.hasOwn(schema.relations, label));
  return { text, entities: named, relations: shown.map(({ head, tail, label }) => ({ head, tail, label })) };
}
