// The tags of an entity model: BIO for words, and tags for the other tokens (continuation subwords, special tokens).

import { ModelError } from "../../base/errors.ts";
import { NO_WORD } from "../../encoders/tokenizing/tokenizer.ts";

/**
 * Tags of continuation subwords. `x`: the tag "X", and "[CLS]" and "[SEP]" for special tokens, as in the published MNER code.
 * `inside`: the inside tag of their word's entity (ours), and "O" for special tokens.
 */
export type SubwordTags = "x" | "inside";

/** Words `[start, end)` of a text are an entity of `label`. */
export interface WordSpan {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/** The role of a token in a tag scheme. */
export type TokenRole = "special" | "first" | "continuation";

/** The tags for a set of entity types; converts entities to one tag per token. */
export class TagScheme {
  readonly types: readonly string[];
  readonly subwords: SubwordTags;
  /** `O, B-<type 0>, I-<type 0>, B-<type 1> ...`, for `x` followed by `X, [CLS], [SEP]`. */
  readonly tags: readonly string[];
  /** Tag of words without an entity. */
  readonly outside = 0;
  /** Tags of other tokens, `undefined` if they have no special tag. */
  readonly special:
    | { readonly continuation: number; readonly first: number; readonly last: number }
    | undefined;
  readonly #typeIndex: ReadonlyMap<string, number>;

  /**
   * @param types in the order of their tags; this order is part of a trained model
   * @throws ModelError `models/bad-entity-types` if there is no type, or an empty or repeated one.
   */
  constructor(types: readonly string[], subwords: SubwordTags) {
    this.#typeIndex = new Map(types.map((type, index) => [type, index]));
    if (types.length === 0 || types.includes("") || this.#typeIndex.size !== types.length) {
      throw new ModelError({
        code: "models/bad-entity-types",
        message: `entity types must be distinct names, got ${JSON.stringify(types)}`,
        value: types,
        remedy: "Name each entity type once.",
      });
    }
    this.types = types;
    this.subwords = subwords;
    const tags = ["O", ...types.flatMap((type) => [`B-${type}`, `I-${type}`])];
    if (subwords === "x") {
      this.special = { continuation: tags.length, first: tags.length + 1, last: tags.length + 2 };
      tags.push("X", "[CLS]", "[SEP]");
    }
    this.tags = tags;
  }

  /** The tag B of the type with this index. */
  begin(type: number): number {
    return 1 + 2 * type;
  }

  /** The tag I of the type with this index. */
  inside(type: number): number {
    return 2 + 2 * type;
  }

  /** Index of a type in `types`. @throws ModelError `models/unknown-entity-type`. */
  typeIndex(label: string): number {
    const index = this.#typeIndex.get(label);
    if (index !== undefined) return index;
    throw new ModelError({
      code: "models/unknown-entity-type",
      message: `there is no entity type ${JSON.stringify(label)}`,
      value: label,
      remedy: `Types of this model: ${this.types.join(", ")}. Map or remove the others first.`,
    });
  }

  /**
   * Returns one tag per token. The first token of an entity has B, even if the entity's first words have no token. An entity without any
   * token has no tags: see `withoutTokens`.
   *
   * @param wordIndex word of each token, in text order; `NO_WORD` (-1) for special tokens
   * @param entities non-overlapping, in any order
   * @throws ModelError `models/bad-word-index`, `models/bad-entity-range`, `models/overlapping-entities`, `models/unknown-entity-type`.
   */
  encode(wordIndex: readonly number[], entities: readonly WordSpan[]): number[] {
    const roles = tokenRoles(wordIndex);
    const ordered = orderedSpans(entities).map((span) => ({ span, type: this.typeIndex(span.label) }));
    const tags: number[] = [];
    const begun = new Set<number>();
    let next = 0;
    for (const [token, word] of wordIndex.entries()) {
      const role = roles[token];
      if (role === "special") {
        tags.push(this.specialTag(token));
        continue;
      }
      while (next < ordered.length && ordered[next]!.span.end <= word) next++;
      const entity = ordered[next];
      if (role === "continuation" && this.special) tags.push(this.special.continuation);
      else if (!entity || word < entity.span.start) tags.push(this.outside);
      else tags.push(begun.has(next) ? this.inside(entity.type) : this.begin(entity.type));
      if (entity && word >= entity.span.start) begun.add(next);
    }
    return tags;
  }

  /** The entities that `encode` cannot express because none of their words has a token. */
  withoutTokens<Entity extends WordSpan>(
    wordIndex: readonly number[],
    entities: readonly Entity[],
  ): Entity[] {
    const words = Int32Array.from(new Set(wordIndex)).sort();
    return entities.filter(({ start, end }) => {
      const first = words[firstFrom(words, Math.max(start, 0))];
      return first === undefined || first >= end;
    });
  }

  /** Tag of the special token at this position: the sequence's first token is "[CLS]", any other "[SEP]". */
  specialTag(token: number): number {
    if (!this.special) return this.outside;
    return token === 0 ? this.special.first : this.special.last;
  }
}

/** Index of the first number in an ascending list that is at least `least`. */
function firstFrom(ascending: Int32Array, least: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! >= least) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Role of each token: special, first subword of its word, or continuation.
 *
 * @throws ModelError `models/bad-word-index` for words out of order or invalid indices.
 */
export function tokenRoles(wordIndex: readonly number[]): TokenRole[] {
  let last = NO_WORD;
  return wordIndex.map((word, token) => {
    if (word === NO_WORD) return "special";
    if (!Number.isSafeInteger(word) || word < last || word < 0) {
      throw new ModelError({
        code: "models/bad-word-index",
        message: `token ${token} belongs to word ${word}, but the token before it to word ${last}`,
        place: `token ${token}`,
        value: word,
        remedy: `Give each token its word's index in text order, ${NO_WORD} for special tokens.`,
      });
    }
    const role = word === last ? "continuation" : "first";
    last = word;
    return role;
  });
}

/** The spans sorted by position, after checks. */
function orderedSpans(entities: readonly WordSpan[]): readonly WordSpan[] {
  const ordered = [...entities].sort((a, b) => a.start - b.start || a.end - b.end);
  for (const [i, span] of ordered.entries()) {
    const { start, end, label } = span;
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end <= start) {
      throw new ModelError({
        code: "models/bad-entity-range",
        message: `the entity ${label} has the invalid word range [${start}, ${end})`,
        value: span,
        remedy: "Give half-open, non-empty ranges of word indices.",
      });
    }
    const before = ordered[i - 1];
    if (before && before.end > start) {
      throw new ModelError({
        code: "models/overlapping-entities",
        message: `entities ${before.label} [${before.start}, ${before.end}) and ${label} [${start}, ${end}) overlap`,
        value: [before, span],
        remedy: "BIO tags cannot hold nested or overlapping entities: keep one of them.",
      });
    }
  }
  return ordered;
}
