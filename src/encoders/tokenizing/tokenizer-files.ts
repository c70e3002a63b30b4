// Names of a tokenizer's files, in the Hugging Face layout and in the published CLIP.

/** CLIP's merges, compressed, as they were published. */
export const CLIP_MERGES_FILE = "bpe_simple_vocab_16e6.txt.gz";

const WHOLE_TOKENIZER = "tokenizer.json";
/** DeBERTa-v3's SentencePiece model. */
export const DEBERTA_PIECES_FILE = "spm.model";
/** XLM-R's SentencePiece model. */
export const XLM_R_PIECES_FILE = "sentencepiece.bpe.model";
const OLDER_VOCABULARIES = [
  ["vocab.txt"],
  ["vocab.json", "merges.txt"],
  [CLIP_MERGES_FILE],
  [DEBERTA_PIECES_FILE],
  [XLM_R_PIECES_FILE],
] as const;

/** Sets of files that form a vocabulary, in the search order of `loadTokenizer`. */
export const VOCABULARY_FILES: readonly (readonly string[])[] = [[WHOLE_TOKENIZER], ...OLDER_VOCABULARIES];

/** The remedy for vocabularies of other kinds, or of tokenizers that need a program. */
export const SAVE_AS_JSON_REMEDY =
  'A tokenizer of another kind (spiece.model, bpe.codes) must first be saved as tokenizer.json in Python: from transformers import AutoTokenizer; AutoTokenizer.from_pretrained("FOLDER", use_fast=True).save_pretrained("FOLDER").';

/** Files that may accompany a vocabulary and change its behaviour. */
export const SETTINGS_FILE = "tokenizer_config.json";
export const SPECIAL_TOKENS_FILE = "special_tokens_map.json";
export const ADDED_TOKENS_FILE = "added_tokens.json";
export const TOKENIZER_SETTINGS = [SETTINGS_FILE, SPECIAL_TOKENS_FILE, ADDED_TOKENS_FILE] as const;

/** All of these files; those in a folder determine the tokens. Fingerprints use this order. */
export const TOKENIZER_FILES: readonly string[] = [
  WHOLE_TOKENIZER,
  ...TOKENIZER_SETTINGS,
  ...OLDER_VOCABULARIES.flat(),
];
