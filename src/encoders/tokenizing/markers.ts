// Entity markers: four tokens around the head's and the tail's mention in the model's input.
import { EncoderError } from "../../base/errors.ts";
import type { TextTokenizer } from "./tokenizer.ts";

/** The markers' spellings. */
export interface MarkerTokens {
  readonly headStart: string;
  readonly headEnd: string;
  readonly tailStart: string;
  readonly tailEnd: string;
}

/** The markers of relata: `[E1]` and `[/E1]` around the head, `[E2]` and `[/E2]` around the tail. */
export const DEFAULT_MARKERS: MarkerTokens = {
  headStart: "[E1]",
  headEnd: "[/E1]",
  tailStart: "[E2]",
  tailEnd: "[/E2]",
};

/** A token that is not in the vocabulary; the embedding matrix needs a row for its id. */
export interface NewToken {
  readonly content: string;
  readonly id: number;
}

/** The markers' ids, and which of them are new. */
export interface EntityMarkers {
  readonly headStart: number;
  readonly headEnd: number;
  readonly tailStart: number;
  readonly tailEnd: number;
  /** New tokens by ascending id; append a row for each to the embedding matrix. */
  readonly addedTokens: readonly NewToken[];
  /** Number of rows of the embedding matrix with the new tokens. */
  readonly embeddingRows: number;
}

/**
 * Assigns ids to entity markers. A marker that is already in the vocabulary (`[unused1]`) keeps its id; the
 * others get the ids after the last embedding row. Markers are inserted by id only: a text that spells
 * `[E1]` never becomes a marker.
 *
 * @param embeddingRows rows of the encoder's embedding matrix; by default the tokenizer's vocabulary size
 * @throws EncoderError `encoder/bad-markers` if two markers are equal or there are fewer rows than tokens.
 * @example
 * import { entityMarkers, loadTokenizer } from "relata/tokenizing";
 *
 * const tokenizer = await loadTokenizer("encoders/bert-base-uncased");
 * const markers = entityMarkers(tokenizer, { embeddingRows: 30522 });
 * markers.addedTokens.length; // 4 rows to append
 */
export function entityMarkers(
  tokenizer: TextTokenizer,
  options: { readonly tokens?: MarkerTokens; readonly embeddingRows?: number } = {},
): EntityMarkers {
  const tokens = options.tokens ?? DEFAULT_MARKERS;
  const contents = [tokens.headStart, tokens.headEnd, tokens.tailStart, tokens.tailEnd];
  const rows = options.embeddingRows ?? tokenizer.vocabularySize;
  if (new Set(contents).size < contents.length) {
    throw badMarkers(`two of the markers ${JSON.stringify(contents)} are the same`, contents);
  }
  if (rows < tokenizer.vocabularySize) {
    const what = `the embedding matrix has ${rows} rows, but the tokenizer has ${tokenizer.vocabularySize} tokens`;
    throw badMarkers(what, rows);
  }
  const addedTokens: NewToken[] = [];
  const idOf = (content: string): number => {
    const known = tokenizer.idOf(content);
    if (known !== undefined) return known;
    const id = rows + addedTokens.length;
    addedTokens.push({ content, id });
    return id;
  };
  return {
    headStart: idOf(tokens.headStart),
    headEnd: idOf(tokens.headEnd),
    tailStart: idOf(tokens.tailStart),
    tailEnd: idOf(tokens.tailEnd),
    addedTokens,
    embeddingRows: rows + addedTokens.length,
  };
}

function badMarkers(what: string, value: unknown): EncoderError {
  return new EncoderError({
    code: "encoder/bad-markers",
    message: what,
    value,
    remedy: "Give four different markers, and the number of rows of this tokenizer's own encoder.",
  });
}
