// Added tokens in every place where a version of the published libraries keeps them; expected ids were worked out by hand.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadTokenizer } from "./load-tokenizer.ts";

const LINES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "@", "user", "ab"].join("\n");
const ROBERTA = {
  "vocab.json": {
    "<s>": 0,
    "<pad>": 1,
    "</s>": 2,
    "<unk>": 3,
    "\u0120": 4,
    a: 5,
    b: 6,
    "\u0120a": 7,
    "<mask>": 8,
  },
  "merges.txt": "#version: 0.2\n\u0120 a\n",
};
const WHOLE = {
  model: { type: "WordPiece", unk_token: "[UNK]", vocab: { "[PAD]": 0, "[UNK]": 1, "@": 2, user: 3 } },
  normalizer: { type: "BertNormalizer" },
  pre_tokenizer: { type: "BertPreTokenizer" },
};

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-added-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

type Files = Readonly<Record<string, string | object>>;
async function load(files: Files) {
  await rm(folder, { recursive: true });
  folder = await mkdtemp(join(tmpdir(), "relata-added-"));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return loadTokenizer(folder);
}
const refusal = (files: Files) =>
  load(files).then(
    () => "read",
    (error: { code?: string; message: string }) => `${error.code} ${error.message}`,
  );

const plain = { lstrip: false, normalized: true, rstrip: false, single_word: false, special: false };

describe("added tokens", () => {
  it.each<[string, Files]>([
    ["added_tokens.json", { "added_tokens.json": { "@USER": 8 } }],
    [
      "added_tokens_decoder",
      { "tokenizer_config.json": { added_tokens_decoder: { 8: { content: "@USER", ...plain } } } },
    ],
    [
      "added_tokens_decoder with nulls",
      {
        "tokenizer_config.json": {
          added_tokens_decoder: { 8: { content: "@USER", lstrip: null, special: null } },
        },
      },
    ],
    [
      "both",
      {
        "added_tokens.json": { "@USER": 8 },
        "tokenizer_config.json": { added_tokens_decoder: { 8: { content: "@USER", ...plain } } },
      },
    ],
  ])("beside vocab.txt are read from %s", async (_, files) => {
    const tokenizer = await load({ "vocab.txt": LINES, ...files });
    // Not special: normalised like the text, so letter case does not matter.
    expect(tokenizer.encodeWords(["@USER", "@user", "ab"]).ids).toEqual([2, 8, 8, 7, 3]);
    expect(tokenizer.vocabularySize).toBe(9);
  });

  it.each<[string, Files]>([
    ["special_tokens_map.json", { "special_tokens_map.json": { additional_special_tokens: ["@USER"] } }],
    [
      "special_tokens_map.json as objects",
      { "special_tokens_map.json": { additional_special_tokens: [{ content: "@USER" }] } },
    ],
    [
      "tokenizer_config.json",
      { "tokenizer_config.json": { additional_special_tokens: ["@USER"], extra_special_tokens: {} } },
    ],
    ["extra_special_tokens, a list", { "tokenizer_config.json": { extra_special_tokens: ["@USER"] } }],
    [
      "extra_special_tokens by name",
      { "tokenizer_config.json": { extra_special_tokens: { user_token: "@USER" } } },
    ],
    [
      "a list with an id elsewhere",
      {
        "added_tokens.json": { "@USER": 8 },
        "special_tokens_map.json": { additional_special_tokens: ["@USER"] },
      },
    ],
  ])("that are special are found in the text as it is: %s", async (_, files) => {
    const tokenizer = await load({ "vocab.txt": LINES, ...files });
    expect(tokenizer.encodeWords(["@USER", "@user"]).ids).toEqual([2, 8, 5, 6, 3]);
  });

  it("count beside vocab.json with merges.txt and beside tokenizer.json too", async () => {
    const roberta = await load({ ...ROBERTA, "added_tokens.json": { "@USER": 9, HTTPURL: 10 } });
    expect(roberta.encodeWords(["@USER", "HTTPURL", "a"]).ids).toEqual([0, 9, 10, 7, 2]);
    const whole = await load({
      "tokenizer.json": WHOLE,
      "tokenizer_config.json": { added_tokens_decoder: { 4: { content: "@USER", ...plain } } },
    });
    expect(whole.encodeWords(["@USER"]).ids).toEqual([4]);
    const pieces = [
      ["<pad>", 0],
      ["<unk>", 0],
      ["\u2581a", -1],
      ["a", -2],
    ];
    const unigram = {
      model: { type: "Unigram", unk_id: 1, vocab: pieces },
      pre_tokenizer: { type: "Metaspace" },
    };
    const sentencepiece = await load({ "tokenizer.json": unigram, "added_tokens.json": { "@USER": 4 } });
    expect(sentencepiece.encodeWords(["@USER", "a"]).ids).toEqual([4, 2]);
  });

  it("keep their rules: whole words alone, and white space that they swallow", async () => {
    const decoder = {
      8: { content: "user", ...plain, single_word: true },
      9: { content: "x", ...plain, lstrip: true },
    };
    const { "vocab.txt": vocab } = { "vocab.txt": LINES.replace("\nuser", "\nother") };
    const tokenizer = await load({
      "vocab.txt": vocab,
      "tokenizer_config.json": { added_tokens_decoder: decoder },
    });
    expect(tokenizer.encodeWords(["user", "@user", "users"]).ids).toEqual([2, 8, 5, 8, 1, 3]);
    expect(tokenizer.encodeWord("ab x")).toEqual([
      { id: 7, start: 0, end: 2 },
      { id: 9, start: 3, end: 4 },
    ]);
  });

  it("are refused where files contradict each other", async () => {
    const decoder = { added_tokens_decoder: { 9: { content: "@USER", ...plain } } };
    const two = { "vocab.txt": LINES, "added_tokens.json": { "@USER": 8 }, "tokenizer_config.json": decoder };
    expect(await refusal(two)).toMatch(/bad-tokenizer .*"@USER" has two ids, 9 and 8/);
    expect(await refusal({ "vocab.txt": LINES, "added_tokens.json": { "@USER": 7 } })).toMatch(
      /"ab".* have the same id 7/,
    );
    expect(await refusal({ "vocab.txt": LINES, "added_tokens.json": { ab: 8 } })).toMatch(
      /"ab" has two ids, 7 and 8/,
    );
  });
});

describe("the settings of a tokenizer", () => {
  it("read null as absent in every field", async () => {
    const fields = [
      "pad_token",
      "unk_token",
      "cls_token",
      "sep_token",
      "mask_token",
      "do_lower_case",
      "strip_accents",
      "tokenize_chinese_chars",
      "model_max_length",
      "added_tokens_decoder",
      "additional_special_tokens",
      "extra_special_tokens",
      "tokenizer_class",
    ];
    const nulls = Object.fromEntries(fields.map((field) => [field, null]));
    const files = { "vocab.txt": LINES, "tokenizer_config.json": nulls, "special_tokens_map.json": nulls };
    const tokenizer = await load(files);
    const silent = await load({ "vocab.txt": LINES });
    expect(tokenizer.encodeWords(["AB"])).toEqual(silent.encodeWords(["AB"]));
    expect([tokenizer.padId, tokenizer.maxLength]).toEqual([silent.padId, silent.maxLength]);
  });

  it("name special tokens in special_tokens_map.json alone", async () => {
    const lines = LINES.replace("[CLS]", "<s>").replace("[SEP]", "</s>").replace("[PAD]", "<nil>");
    const map = { cls_token: "<s>", sep_token: { content: "</s>", lstrip: false }, pad_token: "<nil>" };
    const tokenizer = await load({ "vocab.txt": lines, "special_tokens_map.json": map });
    expect(tokenizer.encodeWords(["ab"]).ids).toEqual([2, 7, 3]);
    expect(tokenizer.padId).toBe(0);
  });

  it.each<[string, Files]>([
    ["a list in place of an object", { "tokenizer_config.json": { added_tokens_decoder: [] } }],
    ["a negative id", { "added_tokens.json": { x: -1 } }],
    ["an id that is not a number", { "added_tokens.json": { x: "8" } }],
    ["a token that is a number", { "special_tokens_map.json": { pad_token: 5 } }],
    ["a switch that is a text", { "tokenizer_config.json": { do_lower_case: "false" } }],
    ["no such first token", { "tokenizer_config.json": { cls_token: "<s>" } }],
    ["no such unknown token", { "vocab.txt": "a\nb\n" }],
  ])("are refused with %s", async (_, files) => {
    expect(await refusal({ "vocab.txt": LINES, ...files })).toContain("encoder/bad-tokenizer");
  });

  it("take the padding token that tokenizer.json names", async () => {
    const padding = { pad_token: "@", pad_id: 2 };
    expect((await load({ "tokenizer.json": { ...WHOLE, padding } })).padId).toBe(2);
  });
});
