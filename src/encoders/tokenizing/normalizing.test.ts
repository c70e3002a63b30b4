// Normalisation on aligned text, against what Python's tokenizers 0.23 give for the same components.
import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alignText, normalizeText } from "./aligned-text.ts";
import { type ComponentConfig, createNormalizer } from "./normalizing.ts";
import { createPreTokenizer } from "./pre-tokenizing.ts";
import { TextTokenizer } from "./tokenizer.ts";

// A character map that SentencePiece compiled from six rules: ﬁ -> fi, é -> e, e + U+0301 -> e, U+00A0 -> space,
// U+200B -> nothing, 🇦🇧 -> ab; deflated, base64.
const CHARACTER_MAP =
  "eNod02mwj2UUAPDjf5vGB2Z8aoQMQmUNhWRr0WYtS5YI2a59axXdy6UMyjYoy7VlL0vZs3VR6VL2vbK02q5KaOP3+vCbc+Y9" +
  "zzvPO+ecN26LiPH5omvttMiNVGTeFXF7RMbsghH5xMViRumUQ5ExRp75YMSy5Jw8v2fZHVPx9oxULMhNi7wu8qxUZKsvVE9T" +
  "v8OLd1KYohTBFVGMKc1SUVwsSQnuphRlKM09lOU+7qU85ahIBSpTiSrcTzWq4hPjAWpQnYeoycPUog61qUddHqE+j/EoDXic" +
  "J3mCp3mKhjxDYxrRlCY8SzOa8xwtacHztKINrWlHW9rzAi/SgU505CU605UudKcb6fSgFz3pQ2/60ZcB9GcQA3mZwbzKK7zO" +
  "awzhDYbyJm8xjMxkuIxgOCPJ4rSmjRJH8w5juLQsYpw4lvd4lwnJCjGJieQVipgsTk1mzPtMYzofMJMZZDOLOcxmHnP5kPl8" +
  "XiAixyIsli9iKUv4KJIdjFjOx6xkBZ+witV8ylrWsJ51bGQDm/iMLWxmG1vJSe5kB9v5gp18xZd8zS52k8s37GEv37KffRzk" +
  "AIc5xFGOcJxjnOQE3/Mdp/iBM0nP+ZGz/MxP/MovnOM3LnA+mQUXuZz0nD/4nSv8yVX+4jrX+Ie/+Y9/ucH/cevn69TZ1nVL" +
  "j5unrZT3";
const characterMap = inflateSync(Buffer.from(CHARACTER_MAP, "base64")).toString("base64");

/** Normalises and shows, for every unit, the original it stands for. */
function trace(config: ComponentConfig, text: string): [string, string[]] {
  const result = createNormalizer(config, "test")(alignText(text));
  const origins = result.starts.map((start, i) => text.slice(start, result.ends[i]));
  return [result.text, origins];
}

describe("normalizers", () => {
  it("cleans, sets apart, strips accents and lowers case as BERT does, and knows where from", () => {
    const config = { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, lowercase: true };
    expect(trace(config, "É\u0000京")).toEqual(["e 京 ", ["É", "京", "京", "京"]]);
    expect(trace(config, "ΣΑΣ")[0]).toBe("σασ");
    expect(trace(config, "\u{20000}")[0]).toBe(" \u{20000} ");
    expect(trace({ ...config, strip_accents: false }, "É")[0]).toBe("é");
    expect(trace({ ...config, lowercase: false }, "É")[0]).toBe("É");
  });

  it("composes and decomposes with a base and its marks as one origin", () => {
    expect(trace({ type: "NFC" }, "xe\u0301y")).toEqual(["xéy", ["x", "e\u0301", "y"]]);
    expect(trace({ type: "NFC" }, "\u1112\u1161\u11ab")).toEqual(["한", ["\u1112\u1161\u11ab"]]);
    expect(trace({ type: "NFD" }, "é")).toEqual(["e\u0301", ["é", "é"]]);
    expect(trace({ type: "NFKC" }, "ﬁ½")).toEqual(["fi1⁄2", ["ﬁ", "ﬁ", "½", "½", "½"]]);
  });

  it("normalises any string as the runtime does, in every form", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.constantFrom("NFC", "NFD", "NFKC", "NFKD"),
        (text, form) => {
          const aligned = normalizeText(alignText(text), form);
          expect(aligned.text).toBe(text.normalize(form));
          expect(aligned.starts.length).toBe(aligned.text.length);
          expect(aligned.ends.every((end, i) => end > (aligned.starts[i] ?? 0) && end <= text.length)).toBe(
            true,
          );
        },
      ),
    );
  });

  it("applies SentencePiece's compiled map as the published implementation does, oddities included", () => {
    const normalize = (text: string): string =>
      trace({ type: "Precompiled", precompiled_charsmap: characterMap }, text)[0];
    expect(normalize("ﬁancé")).toBe("fiance");
    expect(normalize("cafe\u0301!")).toBe("cafe!");
    expect(normalize("a\u00a0b\u200bc")).toBe("a bc");
    // A short grapheme is replaced by what its first matching part maps to; a long one is not looked up whole.
    expect(normalize("é\u0301")).toBe("e");
    expect(normalize("🇦🇧")).toBe("🇦🇧");
  });

  it("names an unknown component and the known ones", () => {
    expect(() => createNormalizer({ type: "Nmt" }, "tokenizer.json")).toThrow(
      'unknown normalizer: "Nmt" (known: Bert',
    );
    expect(() => createPreTokenizer({ type: "Bloom" }, "tokenizer.json")).toThrow(
      'unknown pre-tokenizer: "Bloom"',
    );
  });
});

describe("pre-tokenizers", () => {
  const cut = (config: ComponentConfig, text: string): string[] =>
    createPreTokenizer(config, "test")(alignText(text)).map((piece) => piece.text);

  it("split at a pattern in the format's five ways", () => {
    const split = (behavior: string): string[] =>
      cut({ type: "Split", pattern: { String: "-" }, behavior, invert: false }, "the-final--countdown");
    // The table in the documentation of Python's tokenizers.
    expect(split("Removed")).toEqual(["the", "final", "countdown"]);
    expect(split("Isolated")).toEqual(["the", "-", "final", "-", "-", "countdown"]);
    expect(split("MergedWithPrevious")).toEqual(["the-", "final-", "-", "countdown"]);
    expect(split("MergedWithNext")).toEqual(["the", "-final", "-", "-countdown"]);
    expect(split("Contiguous")).toEqual(["the", "-", "final", "--", "countdown"]);
  });

  it("mark word beginnings for SentencePiece models", () => {
    expect(cut({ type: "Metaspace", replacement: "▁", prepend_scheme: "always" }, "a b")).toEqual([
      "▁a",
      "▁b",
    ]);
    expect(cut({ type: "Metaspace", replacement: "▁", add_prefix_space: false }, "a b")).toEqual(["a", "▁b"]);
  });
});

describe("a Unigram model in XLM-R's layout", () => {
  it("takes the likeliest pieces and joins unknown characters to one token", () => {
    const tokenizer = new TextTokenizer({
      model: {
        type: "Unigram",
        unk_id: 3,
        vocab: [
          ["<s>", 0],
          ["<pad>", 0],
          ["</s>", 0],
          ["<unk>", 0],
          ["▁", -3],
          ["▁fi", -2],
          ["an", -2.5],
          ["ce", -2.5],
          ["ance", -4],
        ],
      },
      normalizer: { type: "Precompiled", precompiled_charsmap: characterMap },
      pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
      post_processor: {
        type: "TemplateProcessing",
        single: [
          { SpecialToken: { id: "<s>" } },
          { Sequence: { id: "A" } },
          { SpecialToken: { id: "</s>" } },
        ],
        special_tokens: { "<s>": { ids: [0] }, "</s>": { ids: [2] } },
      },
    });
    const { ids, offsets } = tokenizer.encodeWords(["ﬁancé", "日本fi"]);
    expect(ids).toEqual([0, 5, 8, 4, 3, 2]);
    expect(offsets).toEqual([
      [0, 0],
      [0, 1],
      [1, 5],
      [6, 6],
      [6, 10],
      [0, 0],
    ]);
  });
});
