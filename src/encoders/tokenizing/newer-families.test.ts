// Words through the kinds of tokenizers that ModernBERT, DeBERTa-v3 and MPNet have, against ids of the published library.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { loadTokenizer } from "./load-tokenizer.ts";

const FIXTURES = resolve("test/golden/tokenizers");

describe("a tokenizer of the kind of", () => {
  it.each(["modernbert", "deberta-v3"])(
    "%s encodes nasty words as the published library does",
    async (family) => {
      const file = JSON.parse(await readFile(join(FIXTURES, "words.json"), "utf8")) as Record<
        string,
        unknown
      >;
      const words = file.words as readonly string[];
      const expected = file[family] as readonly (readonly number[])[];
      const tokenizer = await loadTokenizer(join(FIXTURES, family));
      expect(words).toHaveLength(400);
      for (const [i, word] of words.entries()) {
        const ids = tokenizer.encodeWord(word).map(({ id }) => id);
        expect(ids, JSON.stringify(word)).toEqual(expected[i]);
      }
    },
  );

  it("MPNet is read from vocab.txt alone, with its own tokens around a text", async () => {
    const folder = await mkdtemp(join(tmpdir(), "relata-mpnet-"));
    try {
      await writeFile(join(folder, "vocab.txt"), "<s>\n<pad>\n</s>\n[UNK]\nhello\n##s\n<mask>\n");
      const tokenizer = await loadTokenizer(folder);
      expect(tokenizer.encodeWords(["Hellos", "there"]).ids).toEqual([0, 4, 5, 3, 2]);
      expect(tokenizer.padId).toBe(1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
