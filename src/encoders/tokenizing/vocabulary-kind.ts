// Tells from content and settings whether a vocab.txt is BERT's WordPiece, and reports assumptions about
// missing settings.
import { EncoderError } from "../../base/errors.ts";
import { SAVE_AS_JSON_REMEDY } from "./tokenizer-files.ts";
import { type TokenizerSettings, tokenContent } from "./vocabulary-files.ts";

/** Lines of fastBPE's dictionaries (BERTweet, PhoBERT): a token and its count. */
const COUNTED_LINE = /^\S+ \d+$/;
const LOOKED_AT = 100;

/**
 * Refuses a vocab.txt that WordPiece cannot read: dictionaries with counts, and vocabularies that need a
 * word segmenter (MeCab).
 *
 * @throws EncoderError `encoder/unsupported-tokenizer`
 */
export function requireWordPiece(vocabText: string, settings: TokenizerSettings, place: string): void {
  const { word_tokenizer_type: words = "basic", subword_tokenizer_type: subwords = "wordpiece" } = settings;
  const lines = vocabText.split(/\r\n|\r|\n/, LOOKED_AT).filter((line) => line !== "");
  const counted = lines.filter((line) => COUNTED_LINE.test(line)).length;
  let problem: string | undefined;
  if (words !== "basic") problem = `is for words split by ${JSON.stringify(words)}`;
  else if (subwords !== "wordpiece") problem = `is for the subword tokenizer ${JSON.stringify(subwords)}`;
  else if (counted > lines.length / 2) problem = "has a count after each token";
  if (problem === undefined) return;
  throw new EncoderError({
    code: "encoder/unsupported-tokenizer",
    message: `${place} ${problem}: it is not a WordPiece vocabulary of BERT`,
    place,
    remedy: SAVE_AS_JSON_REMEDY,
  });
}

/** The assumption about capitals if tokenizer_config.json does not state it; undefined if it does. */
export function assumedCase(vocabText: string, settings: TokenizerSettings): string[] {
  if (typeof settings.do_lower_case === "boolean") return [];
  const special = new Set(
    ["pad", "unk", "cls", "sep", "mask"].map((role) => tokenContent(settings[`${role}_token`])),
  );
  const cased = vocabText
    .split(/\r\n|\r|\n/)
    .filter((token) => /\p{Lu}/u.test(token) && !/^[[<].*[\]>]$/.test(token) && !special.has(token)).length;
  const says =
    "no file says whether upper and lower case differ, so texts are lowercased, as transformers does";
  if (cased === 0) return [says];
  const tokens = cased === 1 ? "1 token of vocab.txt has" : `${cased} tokens of vocab.txt have`;
  return [
    `${says}. But ${tokens} capitals, which lowercased texts never match: for a cased model, write {"do_lower_case": false} to tokenizer_config.json`,
  ];
}

/** The assumption about a tokenizer that comes with custom code. */
export function codeNotRun({ auto_map: map }: TokenizerSettings, place: string): string[] {
  const hasCode = typeof map === "object" && map !== null && "AutoTokenizer" in map;
  return hasCode ? [`the tokenizer's own code is not run; its tokens are read from ${place}`] : [];
}
