// Tokenising: converts words or raw text to token ids, with offsets into the text.
export { type LoadTokenizerOptions, loadTokenizer } from "./load-tokenizer.ts";
export {
  DEFAULT_MARKERS,
  type EntityMarkers,
  entityMarkers,
  type MarkerTokens,
  type NewToken,
} from "./markers.ts";
export {
  type RelationInput,
  type RelationInputOptions,
  type RelationTruncation,
  relationInput,
  type TokenSpan,
  type WordSpan,
} from "./relation-input.ts";
export type { Subword } from "./subword-models.ts";
export {
  type EncodeOptions,
  type Encoding,
  NO_WORD,
  type TextRange,
  TextTokenizer,
  type TokenizerOptions,
} from "./tokenizer.ts";
export type { TokenizerDefinition } from "./vocabulary-files.ts";
export {
  locateWords,
  splitWords,
  type Word,
  type WordSplitter,
} from "./words.ts";
