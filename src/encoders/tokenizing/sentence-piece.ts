// Reads a SentencePiece model (spm.model of DeBERTa-v3, sentencepiece.bpe.model of XLM-R): a protocol buffer with the pieces, their
// scores and the compiled character map. The definition is the one that transformers writes to tokenizer.json for these files.
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { EncoderError } from "../../base/errors.ts";
import { badTokenizer } from "./bad-tokenizer.ts";
import type { ComponentConfig } from "./normalizing.ts";
import { SAVE_AS_JSON_REMEDY } from "./tokenizer-files.ts";
import {
  type AddedTokenConfig,
  type TokenizerDefinition,
  type TokenizerSettings,
  tokenContent,
} from "./vocabulary-files.ts";

/** Kinds of pieces and models, by their numbers in the format. */
const KIND = { normal: 1, unknown: 2, control: 3, userDefined: 4 } as const;
const UNIGRAM = 1;
const MODEL_TYPES = ["", "unigram", "BPE", "word", "char"] as const;
const UNDERLINE = "\u2581";
/** XLM-R's rows 0 to 3; in its file, the first three pieces are others. */
const XLM_R_FIRST = ["<s>", "<pad>", "</s>", "<unk>"] as const;

interface Piece {
  readonly piece: string;
  readonly score: number;
  readonly kind: number;
}

interface SentencePieceModel {
  readonly pieces: readonly Piece[];
  readonly modelType: number;
  /** The map in base64, as in tokenizer.json; undefined: texts stay as they are. */
  readonly characterMap: string | undefined;
}

/**
 * The definition of DeBERTa-v3's tokenizer from spm.model.
 *
 * @throws EncoderError `encoder/bad-tokenizer`, `encoder/unsupported-subword-model`
 */
export function debertaDefinition(
  bytes: Uint8Array,
  settings: TokenizerSettings,
  place: string,
): TokenizerDefinition {
  const { pieces, characterMap } = readUnigram(bytes, place);
  const mask = tokenContent(settings.mask_token) ?? "[MASK]";
  const given = pieces.flatMap(({ piece, kind }, id): AddedTokenConfig[] =>
    kind === KIND.control || kind === KIND.userDefined
      ? [{ id, content: piece, special: kind === KIND.control, normalized: false }]
      : [],
  );
  const hasMask = pieces.some(({ piece }) => piece === mask);
  return {
    model: unigram(
      pieces.map(({ piece, score }) => [piece, score]),
      pieces.findIndex(({ kind }) => kind === KIND.unknown),
    ),
    normalizer: sequence("normalizers", [
      ...(settings.do_lower_case === true ? [{ type: "Lowercase" }] : []),
      { type: "Strip", strip_left: true, strip_right: true },
      ...precompiled(characterMap),
      { type: "Replace", pattern: { Regex: " {2,}" }, content: " " },
    ]),
    pre_tokenizer: sequence("pretokenizers", [
      ...(settings.split_by_punct === true ? [{ type: "Punctuation", behavior: "isolated" }] : []),
      { type: "Metaspace", replacement: UNDERLINE, prepend_scheme: "always", split: true },
    ]),
    post_processor: around(
      tokenContent(settings.cls_token) ?? "[CLS]",
      tokenContent(settings.sep_token) ?? "[SEP]",
      (token) => pieces.findIndex(({ piece }) => piece === token),
      place,
    ),
    added_tokens: hasMask
      ? given
      : [...given, { id: pieces.length, content: mask, special: true, normalized: false }],
  };
}

/**
 * The definition of XLM-R's tokenizer from sentencepiece.bpe.model, whose ids are one more than the pieces' places.
 *
 * @throws EncoderError `encoder/bad-tokenizer`, `encoder/unsupported-subword-model`
 */
export function xlmRobertaDefinition(bytes: Uint8Array, place: string): TokenizerDefinition {
  const { pieces, characterMap } = readUnigram(bytes, place);
  const vocabulary: (readonly [string, number])[] = [
    ...XLM_R_FIRST.map((token) => [token, 0] as const),
    ...pieces.slice(3).map(({ piece, score }) => [piece, score] as const),
    ["<mask>", 0],
  ];
  const ids = new Map(vocabulary.map(([token], id) => [token, id]));
  const special = (content: string): AddedTokenConfig => ({
    id: ids.get(content) ?? 0,
    content,
    special: true,
    normalized: false,
  });
  return {
    model: unigram(vocabulary, ids.get("<unk>") ?? 0),
    normalizer: sequence("normalizers", [
      ...precompiled(characterMap),
      { type: "Strip", strip_left: false, strip_right: true },
      { type: "Replace", pattern: { Regex: " {2,}" }, content: UNDERLINE },
    ]),
    pre_tokenizer: { type: "Metaspace", replacement: UNDERLINE, prepend_scheme: "always", split: true },
    post_processor: around("<s>", "</s>", (token) => ids.get(token) ?? -1, place),
    added_tokens: [...XLM_R_FIRST.map(special), { ...special("<mask>"), lstrip: true }],
  };
}

function unigram(vocab: readonly (readonly [string, number])[], unknownId: number): ComponentConfig {
  return { type: "Unigram", vocab, unk_id: unknownId, byte_fallback: false };
}

function sequence(parts: "normalizers" | "pretokenizers", of: readonly ComponentConfig[]): ComponentConfig {
  return { type: "Sequence", [parts]: of };
}

function precompiled(map: string | undefined): ComponentConfig[] {
  return map === undefined ? [] : [{ type: "Precompiled", precompiled_charsmap: map }];
}

function around(
  first: string,
  last: string,
  idOf: (token: string) => number,
  place: string,
): ComponentConfig {
  const end = (token: string): [string, number] => {
    const id = idOf(token);
    if (id < 0) throw badTokenizer(place, `it has no piece ${JSON.stringify(token)}`);
    return [token, id];
  };
  return { type: "BertProcessing", cls: end(first), sep: end(last) };
}

function readUnigram(bytes: Uint8Array, place: string): SentencePieceModel {
  const model = readModel(bytes, place);
  if (model.modelType !== UNIGRAM) {
    const type = MODEL_TYPES[model.modelType] ?? String(model.modelType);
    throw new EncoderError({
      code: "encoder/unsupported-subword-model",
      message: `the SentencePiece model is of the type ${type}; only unigram models can be read from this file`,
      place,
      value: model.modelType,
      remedy: SAVE_AS_JSON_REMEDY,
    });
  }
  if (!model.pieces.some(({ kind }) => kind === KIND.unknown))
    throw badTokenizer(place, "it has no piece for unknown characters");
  return model;
}

/** Reads the fields that tokenizing needs, and skips the others. */
function readModel(bytes: Uint8Array, place: string): SentencePieceModel {
  const pieces: Piece[] = [];
  let modelType: number = UNIGRAM;
  let characterMap: string | undefined;
  try {
    eachField(bytes, {
      1: (reader) => pieces.push(readPiece(reader.bytes())),
      2: (reader) =>
        eachField(reader.bytes(), {
          3: (trainer) => {
            modelType = trainer.int32();
          },
        }),
      3: (reader) =>
        eachField(reader.bytes(), {
          2: (normalizer) => {
            const map = normalizer.bytes();
            characterMap = map.length === 0 ? undefined : Buffer.from(map).toString("base64");
          },
        }),
    });
  } catch (cause) {
    throw badTokenizer(
      place,
      `it is not a SentencePiece model: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
  return { pieces, modelType, characterMap };
}

function readPiece(bytes: Uint8Array): Piece {
  let piece = "";
  let score = 0;
  let kind: number = KIND.normal;
  eachField(bytes, {
    1: (reader) => {
      piece = reader.string();
    },
    2: (reader) => {
      score = reader.float();
    },
    3: (reader) => {
      kind = reader.int32();
    },
  });
  return { piece, score, kind };
}

/** Calls the reader of each field that is in `fields`. */
function eachField(
  bytes: Uint8Array,
  fields: Readonly<Record<number, (reader: BinaryReader) => void>>,
): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    const read = fields[field];
    if (read === undefined) reader.skip(wire, field);
    else read(reader);
  }
}
