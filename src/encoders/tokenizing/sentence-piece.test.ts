// SentencePiece models, written here field by field as the format says, and read back.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EncoderError } from "../../base/errors.ts";
import { loadTokenizer } from "./load-tokenizer.ts";
import { debertaDefinition, xlmRobertaDefinition } from "./sentence-piece.ts";
import { TextTokenizer } from "./tokenizer.ts";

const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;
type Piece = readonly [piece: string, score: number, kind: number];

function model(pieces: readonly Piece[], modelType = 1): Uint8Array {
  const writer = new BinaryWriter();
  for (const [piece, score, kind] of pieces) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(piece);
    writer.tag(2, WireType.Bit32).float(score);
    writer.tag(3, WireType.Varint).int32(kind);
    writer.join();
  }
  writer.tag(2, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).string("corpus.txt"); // a field that is not read
  writer.tag(3, WireType.Varint).int32(modelType);
  writer.join();
  writer.tag(3, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string("identity").join();
  return writer.finish();
}

const TEXT: readonly Piece[] = [
  ["\u2581", -4, NORMAL],
  ["a", -5, NORMAL],
  ["b", -5, NORMAL],
  ["ab", -3, NORMAL],
  ["\u2581a", -6, NORMAL],
];
const DEBERTA = model([
  ["[PAD]", 0, CONTROL],
  ["[CLS]", 0, CONTROL],
  ["[SEP]", 0, CONTROL],
  ["[UNK]", 0, UNKNOWN],
  ...TEXT,
  ["<user>", 0, USER_DEFINED],
]);
const XLM_R = model([["<unk>", 0, UNKNOWN], ["<s>", 0, CONTROL], ["</s>", 0, CONTROL], ...TEXT]);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-pieces-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("spm.model", () => {
  it("is read as DeBERTa-v3's vocabulary: the most probable pieces, its own tokens around, the mask behind", async () => {
    await writeFile(join(folder, "spm.model"), DEBERTA);
    await writeFile(join(folder, "tokenizer_config.json"), '{"do_lower_case": false, "vocab_type": "spm"}');
    const tokenizer = await loadTokenizer(folder);
    // "▁ab": ▁ + ab scores -7, ▁a + b -11, ▁ + a + b -14.
    expect(tokenizer.encodeWords(["ab", "a", "Z"]).ids).toEqual([1, 4, 7, 8, 4, 3, 2]);
    expect(tokenizer.encodeWord("ab<user>").map(({ id }) => id)).toEqual([4, 7, 9]);
    expect(tokenizer.idOf("[MASK]")).toBe(10);
    expect([tokenizer.padId, tokenizer.unknownId, tokenizer.vocabularySize]).toEqual([0, 3, 11]);
  });

  it("is lowercased and split at punctuation where the settings say so", () => {
    const tokenizer = new TextTokenizer(
      debertaDefinition(
        DEBERTA,
        { do_lower_case: true, split_by_punct: true, mask_token: "[UNK]" },
        "spm.model",
      ),
    );
    expect(tokenizer.encodeWord("AB").map(({ id }) => id)).toEqual([4, 7]);
    expect(tokenizer.encodeWord("a-a").map(({ id }) => id)).toEqual([8, 4, 3, 8]);
    expect(tokenizer.idOf("[MASK]")).toBeUndefined();
  });

  it("of another kind, or damaged, is refused with the reason", () => {
    const read = (bytes: Uint8Array) => () => debertaDefinition(bytes, {}, "spm.model");
    expect(read(model(TEXT, 2))).toThrow("of the type BPE");
    expect(read(model(TEXT))).toThrow("no piece for unknown characters");
    expect(read(model([["[UNK]", 0, UNKNOWN]]))).toThrow('no piece "[CLS]"');
    expect(read(DEBERTA.subarray(0, DEBERTA.length - 3))).toThrow("not a SentencePiece model");
  });

  it("never fails in another way, whatever its bytes are", () => {
    const cut = fc
      .tuple(fc.nat(DEBERTA.length - 1), fc.nat(255))
      .map(([at, byte]) => Uint8Array.from(DEBERTA, (old, i) => (i === at ? byte : old)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), cut), (bytes) => {
        for (const read of [
          () => debertaDefinition(bytes, {}, "x"),
          () => xlmRobertaDefinition(bytes, "x"),
        ]) {
          try {
            expect(read().model.type).toBe("Unigram");
          } catch (error) {
            expect(error).toBeInstanceOf(EncoderError);
          }
        }
      }),
    );
  });
});

describe("sentencepiece.bpe.model", () => {
  it("is read as XLM-R's vocabulary: ids one more than the pieces' places, the mask behind", async () => {
    const place = await mkdtemp(join(folder, "xlm-r-"));
    await writeFile(join(place, "sentencepiece.bpe.model"), XLM_R);
    const tokenizer = await loadTokenizer(place);
    expect(tokenizer.encodeWords(["ab", "a", "Z"]).ids).toEqual([0, 4, 7, 8, 4, 3, 2]);
    expect([tokenizer.padId, tokenizer.idOf("<mask>")]).toEqual([1, 9]);
    await writeFile(join(place, "tokenizer_config.json"), '{"tokenizer_class": "CamembertTokenizer"}');
    await expect(loadTokenizer(place)).rejects.toMatchObject({ code: "encoder/unsupported-tokenizer" });
  });
});
