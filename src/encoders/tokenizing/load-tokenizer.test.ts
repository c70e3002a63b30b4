import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadTokenizer } from "./load-tokenizer.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-tokenizer-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function write(files: Readonly<Record<string, string | Buffer | object>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const isRaw = typeof content === "string" || Buffer.isBuffer(content);
    await writeFile(join(folder, name), isRaw ? content : JSON.stringify(content));
  }
}

const BERT_LINES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "Ab", "ab"].join("\n");

describe("loadTokenizer", () => {
  it("reads vocab.txt with the settings beside it", async () => {
    await write({
      "vocab.txt": BERT_LINES,
      "tokenizer_config.json": { do_lower_case: false, model_max_length: 512 },
    });
    const tokenizer = await loadTokenizer(folder);
    expect(tokenizer.encodeWords(["Ab", "ab"]).ids).toEqual([2, 5, 6, 3]);
    expect(tokenizer.maxLength).toBe(512);
  });

  it("names the tokens around every text that a vocabulary lacks", async () => {
    await write({ "vocab.txt": ["[PAD]", "[UNK]", "[MASK]", "ab"].join("\n") });
    await expect(loadTokenizer(folder)).rejects.toMatchObject({
      code: "encoder/bad-tokenizer",
      message: expect.stringContaining(
        'the vocabulary has no "[CLS]" and no "[SEP]", which relata puts around',
      ),
    });
  });

  it("prefers tokenizer.json and lets the settings override BERT's case switch", async () => {
    const definition = {
      model: { type: "WordPiece", unk_token: "[UNK]", vocab: { "[PAD]": 0, "[UNK]": 1, Ab: 2, ab: 3 } },
      normalizer: { type: "BertNormalizer", lowercase: true },
      pre_tokenizer: { type: "BertPreTokenizer" },
    };
    await write({ "tokenizer.json": definition, "vocab.txt": BERT_LINES });
    expect((await loadTokenizer(folder)).encodeWords(["Ab"]).ids).toEqual([3]);
    await write({ "tokenizer_config.json": { do_lower_case: false } });
    expect((await loadTokenizer(folder)).encodeWords(["Ab"]).ids).toEqual([2]);
  });

  it("takes RoBERTa's positions for its longest input: two fewer than the embedding has", async () => {
    const vocabulary = { "<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3 };
    await write({
      "vocab.json": vocabulary,
      "merges.txt": "#version: 0.2\n",
      "config.json": { model_type: "roberta", max_position_embeddings: 514, pad_token_id: 1 },
    });
    expect((await loadTokenizer(folder)).maxLength).toBe(512);
  });

  it("reads CLIP's packed list of merges", async () => {
    await write({
      "bpe_simple_vocab_16e6.txt.gz": gzipSync('"bpe_simple_vocab_16e6.txt#version: 0.2\na b</w>\n'),
    });
    const tokenizer = await loadTokenizer(folder);
    expect(tokenizer.vocabularySize).toBe(515);
    // "ab" is the only merge (512 letters before it), "a</w>" the letter a among those that end a word.
    expect(tokenizer.encodeWords(["Ab", "a"]).ids).toEqual([513, 512, 256 + 64, 514]);
  });

  it("names what it looked for when there is no tokenizer", async () => {
    await expect(loadTokenizer(folder)).rejects.toMatchObject({
      code: "encoder/no-tokenizer",
      message: expect.stringContaining("tokenizer.json, vocab.txt, vocab.json with merges.txt"),
    });
  });

  it("names the file that is not JSON, has no model, or cannot be unpacked", async () => {
    await write({ "tokenizer.json": "{" });
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: "encoder/not-json" });
    await write({ "tokenizer.json": {} });
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: "encoder/bad-tokenizer" });
    await rm(join(folder, "tokenizer.json"));
    await write({ "bpe_simple_vocab_16e6.txt.gz": "no gzip" });
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: "encoder/unreadable-file" });
  });

  it("asks for the padding token's name when none is known", async () => {
    const model = { type: "WordPiece", unk_token: "?", vocab: { "?": 0 } };
    await write({ "tokenizer.json": { model } });
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: "encoder/no-padding-token" });
  });
});

describe("raw text", () => {
  it("keeps tokens that were added for texts whole, and cuts those that stand around a text", async () => {
    await write({
      "vocab.txt": BERT_LINES,
      "tokenizer_config.json": {
        do_lower_case: false,
        additional_special_tokens: ["<user>"],
        added_tokens_decoder: { 8: { content: "[MENTION]", special: false } },
      },
    });
    const tokenizer = await loadTokenizer(folder);
    const { words, ids } = tokenizer.encodeText("ab <user> [MENTION] [SEP]");
    expect(words.map(({ text }) => text)).toEqual(["ab", "<user>", "[MENTION]", "[", "SEP", "]"]);
    expect(ids.slice(0, 4)).toEqual([2, 6, tokenizer.idOf("<user>"), 8]);
  });
});
