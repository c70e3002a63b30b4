import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EncoderError } from "../../base/errors.ts";
import { checkDefinition } from "./check-definition.ts";
import { TextTokenizer } from "./tokenizer.ts";
import type { TokenizerDefinition } from "./vocabulary-files.ts";

const VOCAB = { "[PAD]": 0, "[UNK]": 1, a: 2, b: 3, ab: 4 };
const base = {
  added_tokens: [{ id: 0, content: "[PAD]", special: true }],
  normalizer: null,
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: null,
  model: { type: "WordPiece", unk_token: "[UNK]", vocab: VOCAB },
};
const bpe = (changes: object) => ({
  ...base,
  model: { type: "BPE", unk_token: "[UNK]", vocab: VOCAB, merges: ["a b"], ...changes },
});
const template = (single: unknown, special_tokens: unknown) => ({
  ...base,
  post_processor: { type: "TemplateProcessing", single, special_tokens },
});

describe("checkDefinition", () => {
  it.each<[string, unknown]>([
    ["no object", 5],
    ["no model", {}],
    ["added tokens that are not a list", { ...base, added_tokens: {} }],
    ["a content that is a number", { ...base, added_tokens: [{ id: 0, content: 5 }] }],
    [
      "an added token with another id than the vocabulary's",
      { ...base, added_tokens: [{ id: 7, content: "a" }] },
    ],
    ["an added token with the id of another", { ...base, added_tokens: [{ id: 2, content: "x" }] }],
    ["a negative id", { ...base, model: { ...base.model, vocab: { ...VOCAB, c: -1 } } }],
    ["an id that is not a whole number", { ...base, model: { ...base.model, vocab: { ...VOCAB, c: 5.5 } } }],
    ["an id beyond every table", { ...base, model: { ...base.model, vocab: { ...VOCAB, c: 2 ** 40 } } }],
    ["an id that two tokens have", { ...base, model: { ...base.model, vocab: { ...VOCAB, c: 4 } } }],
    ["a vocabulary that is a text", { ...base, model: { ...base.model, vocab: "ab" } }],
    ["an unknown token that is not in it", { ...base, model: { ...base.model, unk_token: "?" } }],
    [
      "a Unigram entry without a number",
      { ...base, model: { type: "Unigram", unk_id: 0, vocab: [["a", "b"]] } },
    ],
    [
      "a Unigram's unk_id beyond its vocabulary",
      { ...base, model: { type: "Unigram", unk_id: 1, vocab: [["a", 0]] }, added_tokens: [] },
    ],
    ["merges that are a number", bpe({ merges: 5 })],
    ["a merge of one", bpe({ merges: ["ab"] })],
    ["a merge of an unknown token", bpe({ merges: ["a c"] })],
    ["a merge to an unknown token", bpe({ merges: [["b", "a"]] })],
    ["a template without a list", template(5, {})],
    [
      "a template with a token that it does not explain",
      template([{ SpecialToken: { id: "constructor" } }], {}),
    ],
    [
      "a template with an id that no token has",
      template([{ SpecialToken: { id: "x" } }], { x: { ids: [99] } }),
    ],
    ["a sequence that is not a list", { ...base, normalizer: { type: "Sequence", normalizers: {} } }],
    [
      "a way of splitting that is not known",
      { ...base, pre_tokenizer: { type: "Split", pattern: { String: " " }, behavior: "sideways" } },
    ],
    [
      "a first token with an id that no token has",
      { ...base, post_processor: { type: "BertProcessing", cls: ["[CLS]", 9], sep: ["a", 2] } },
    ],
  ])("refuses %s", (_, definition) => {
    expect(() => checkDefinition(definition, "here")).toThrow(
      expect.objectContaining({ code: "encoder/bad-tokenizer", place: "here" }),
    );
  });

  it("takes tokens with the names of every object's properties", () => {
    const vocab = JSON.parse('{"[PAD]":0,"[UNK]":1,"__proto__":2,"constructor":3}') as object;
    const definition = { ...base, model: { ...base.model, vocab } } as TokenizerDefinition;
    const tokenizer = new TextTokenizer(definition);
    expect(tokenizer.encodeWords(["constructor", "toString"]).ids).toEqual([3, 1]);
    expect([tokenizer.idOf("__proto__"), tokenizer.vocabularySize]).toEqual([2, 4]);
  });

  it("lets nothing but its own errors out, whatever a part of a definition is replaced by", () => {
    const wholes = [
      bpe({}),
      template([{ SpecialToken: { id: "a" } }, { Sequence: { id: "A" } }], { a: { ids: [2] } }),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...wholes),
        fc.nat(40),
        fc.jsonValue({ maxDepth: 2 }),
        (whole, at, value) => {
          const changed = replaceAt(whole, at, value);
          try {
            new TextTokenizer(changed as TokenizerDefinition).encodeWords(["ab", "c"]);
          } catch (error) {
            expect(error).toBeInstanceOf(EncoderError);
          }
        },
      ),
    );
  });
});

/** A copy with the part that is visited as number `at` replaced. */
function replaceAt(whole: unknown, at: number, value: unknown): unknown {
  let visited = 0;
  const walk = (part: unknown): unknown => {
    if (visited++ === at) return value;
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, walk(inner)]));
  };
  return walk(whole);
}
