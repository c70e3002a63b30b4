// Warns when much of the training texts is unknown to the tokenizer, as with an encoder of another language or of small letters only.

import { quote } from "../../data/defects.ts";
import type { Document } from "../../data/document.ts";
import { tokensOf } from "../../data/tokens.ts";
import type { TextTokenizer } from "../../encoders/tokenizing/tokenizer.ts";

const LOOKED_AT = 500; // documents: enough for a share of tenths, in tenths of a second
const MANY = 0.1; // emoji and rare letters are a few per cent of tweets
const WORDS_SHOWN = 3;

/** A warning if at least a tenth of the tokens of the first documents is unknown; none for a tokenizer without an unknown token. */
export function unknownTokenNotes(
  documents: readonly Document[],
  tokenizer: TextTokenizer,
  place: string,
): readonly string[] {
  const { unknownId } = tokenizer;
  if (unknownId === undefined) return [];
  const words = new Map<string, number>();
  let [tokens, unknown] = [0, 0];
  for (const document of documents.slice(0, LOOKED_AT)) {
    const texts = tokensOf(document).map(({ text }) => text);
    const encoding = tokenizer.encodeWords(texts, { overlong: "truncate" });
    tokens += encoding.wordIndex.filter((word) => word >= 0).length;
    unknown += encoding.unknown;
    if (encoding.unknown === 0) continue;
    for (const [i, id] of encoding.ids.entries()) {
      const word = id === unknownId ? texts[encoding.wordIndex[i] ?? -1] : undefined;
      if (word !== undefined) words.set(word, (words.get(word) ?? 0) + 1);
    }
  }
  if (tokens === 0 || unknown < tokens * MANY) return [];
  const share = Math.round((unknown / tokens) * 100);
  const shown = [...words].sort(([, a], [, b]) => b - a).slice(0, WORDS_SHOWN);
  return [
    `warning: ${place}: ${share} % of the tokens of the training texts are unknown to its tokenizer, so that the model cannot tell them apart (${shown.map(([word]) => quote(word)).join(", ")}). Use an encoder of the texts' language and script, and check do_lower_case in tokenizer_config.json`,
  ];
}
