// SentencePiece's compiled character map, the normalizer of XLM-R: a double-array trie over UTF-8 bytes,
// and the replacements that its leaves point to. The tokenizer library replaces it by NFKC, which is not
// the same.
import { EncoderError } from "../../base/errors.ts";
import { AlignedBuilder, type AlignedText } from "./aligned-text.ts";

// A grapheme of up to five bytes is looked up whole, a longer one code point by code point.
const MAX_GRAPHEME_BYTES = 5;

const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });
const encoder = new TextEncoder();

/**
 * The normalizer of `precompiled_charsmap` (base64: byte length of the trie, the trie's 32-bit units, then the
 * replacements, each ended by a zero byte).
 *
 * @throws EncoderError `encoder/bad-character-map` if the map is shorter than its header states.
 */
export function createPrecompiledNormalizer(
  base64: string,
  place: string,
): (text: AlignedText) => AlignedText {
  const bytes = Buffer.from(base64, "base64");
  const trieBytes = bytes.length >= 4 ? bytes.readUInt32LE(0) : 0;
  if (trieBytes === 0 || trieBytes % 4 !== 0 || 4 + trieBytes > bytes.length) {
    throw new EncoderError({
      code: "encoder/bad-character-map",
      message: `the precompiled character map has ${bytes.length} bytes, but claims a trie of ${trieBytes}`,
      place,
      remedy: "Download tokenizer.json again.",
    });
  }
  const trie = new Uint32Array(trieBytes / 4);
  for (let i = 0; i < trie.length; i++) trie[i] = bytes.readUInt32LE(4 + 4 * i);
  const replacements = bytes.subarray(4 + trieBytes);
  const known = new Map<string, string | undefined>();

  const replacementOf = (chunk: string): string | undefined => {
    if (known.has(chunk)) return known.get(chunk);
    const at = firstLeaf(trie, encoder.encode(chunk));
    let replacement: string | undefined;
    if (at !== undefined) {
      const end = replacements.indexOf(0, at);
      replacement = replacements.toString("utf8", at, end < 0 ? replacements.length : end);
    }
    known.set(chunk, replacement);
    return replacement;
  };

  return (text) => {
    const builder = new AlignedBuilder();
    for (const { segment, index } of graphemes.segment(text.text)) {
      const whole = encoder.encode(segment).length <= MAX_GRAPHEME_BYTES ? replacementOf(segment) : undefined;
      if (whole !== undefined) {
        builder.add(whole, text, index, index + segment.length);
        continue;
      }
      let at = index;
      for (const character of segment) {
        const replacement = replacementOf(character);
        if (replacement === undefined) builder.keep(text, at, at + character.length);
        else builder.add(replacement, text, at, at + character.length);
        at += character.length;
      }
    }
    return builder.build();
  };
}

/**
 * The value of the shortest key that is a prefix of `key`; a unit holds label, child offset and a leaf
 * flag.
 */
function firstLeaf(trie: Uint32Array, key: Uint8Array): number | undefined {
  let node = offsetOf(trie[0] ?? 0);
  for (const byte of key) {
    if (byte === 0) return undefined;
    node ^= byte;
    const unit = trie[node];
    if (unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return undefined;
    node ^= offsetOf(unit);
    if ((unit >>> 8) & 1) return (trie[node] ?? 0) & 0x7fffffff;
  }
  return undefined;
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
