// Runs the tokenizer library's subword models (WordPiece, BPE, Unigram), and adds ids and positions in the
// aligned text.
import * as library from "@huggingface/tokenizers";
import { EncoderError } from "../../base/errors.ts";
import type { AlignedText } from "./aligned-text.ts";
import type { ComponentConfig } from "./normalizing.ts";

interface LibraryModel {
  (pieces: readonly string[]): string[];
  readonly tokens_to_ids: ReadonlyMap<string, number>;
  readonly unk_token_id?: number;
  readonly unk_token?: string;
}

// The library's declaration files import each other without extensions, which NodeNext resolution rejects.
const { WordPiece, BPE, Unigram } = library as unknown as {
  WordPiece: new (config: object) => LibraryModel;
  BPE: new (config: object) => LibraryModel;
  Unigram: new (config: object, endToken: string) => LibraryModel;
};

/** One subword: its id and its half-open range in the original. */
export interface Subword {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

export interface SubwordModel {
  /** Token -> id, without added tokens. */
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly unknownId: number | undefined;
  /** The subwords of one pre-token. */
  encode(piece: AlignedText): readonly Subword[];
}

/**
 * Builds the model of a configuration.
 *
 * @throws EncoderError `encoder/unsupported-subword-model`
 */
export function createSubwordModel(config: ComponentConfig, place: string): SubwordModel {
  const type = config.type ?? guessType(config);
  const fault = (what: string): EncoderError =>
    new EncoderError({
      code: "encoder/unsupported-subword-model",
      message: what,
      place,
      value: type,
      remedy: "Use a tokenizer with a WordPiece, BPE or Unigram model.",
    });
  switch (type) {
    case "WordPiece": {
      const prefix = String(config.continuing_subword_prefix ?? "##");
      return placePieces(new WordPiece({ ...config, continuing_subword_prefix: prefix }), prefix, "");
    }
    case "BPE": {
      if (config.continuing_subword_prefix) {
        throw fault(`BPE with continuing_subword_prefix ${JSON.stringify(config.continuing_subword_prefix)}`);
      }
      return placePieces(new BPE(config), "", String(config.end_of_word_suffix ?? ""));
    }
    case "Unigram": {
      if (config.byte_fallback === true) throw fault("Unigram with byte_fallback is not supported");
      return placePieces(new Unigram(config, ""), "", "");
    }
    default:
      throw fault(`unknown model: ${JSON.stringify(type)} (known: WordPiece, BPE, Unigram)`);
  }
}

/** Files of older releases do not name the model's type. */
function guessType(config: ComponentConfig): string | undefined {
  if (Array.isArray(config.vocab)) return "Unigram";
  if ("merges" in config) return "BPE";
  return "continuing_subword_prefix" in config ? "WordPiece" : undefined;
}

function placePieces(model: LibraryModel, prefix: string, suffix: string): SubwordModel {
  const unknownId = model.unk_token_id;
  return {
    vocabulary: model.tokens_to_ids,
    unknownId,
    encode: (piece) => {
      const subwords: Subword[] = [];
      const tokens = model([piece.text]);
      let at = 0;
      for (const [i, token] of tokens.entries()) {
        const id = model.tokens_to_ids.get(token) ?? unknownId;
        if (id === undefined) continue; // a model without an unknown token skips such characters
        const surface = surfaceOf(token, at > 0 ? prefix : "", i === tokens.length - 1 ? suffix : "");
        const fits = surface.length > 0 && piece.text.startsWith(surface, at);
        // An unknown piece has no known length: it covers whatever the other pieces leave.
        const end = fits ? at + surface.length : piece.text.length;
        subwords.push(rangeOf(piece, id, Math.min(at, piece.text.length - 1), end));
        at = end;
      }
      return subwords;
    },
  };
}

function surfaceOf(token: string, prefix: string, suffix: string): string {
  const start = prefix.length > 0 && token.startsWith(prefix) ? prefix.length : 0;
  const end = suffix.length > 0 && token.endsWith(suffix) ? token.length - suffix.length : token.length;
  return token.slice(start, end);
}

function rangeOf(piece: AlignedText, id: number, from: number, to: number): Subword {
  let start = piece.starts[from] ?? 0;
  let end = piece.ends[from] ?? start;
  for (let i = from + 1; i < to; i++) {
    start = Math.min(start, piece.starts[i] ?? start);
    end = Math.max(end, piece.ends[i] ?? end);
  }
  return { id, start, end };
}
