// What a tokenizer is, is told by its files' content and never by the name of a class.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSmallBert } from "../testing/small-encoders.ts";
import { parseTextConfig } from "../text/table.ts";
import { tokenizerNotes } from "../tokenizer-notes.ts";
import { loadTokenizer } from "./load-tokenizer.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-kind-"));
  await writeSmallBert(folder, { words: ["Ab", "ab"], hidden: 4 });
});
afterAll(() => rm(folder, { recursive: true }));

async function load(settings: object, config: object = {}) {
  await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify(settings));
  const tokenizer = await loadTokenizer(folder);
  const json = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as object;
  const notes = tokenizerNotes(parseTextConfig({ ...json, ...config }, "config.json"), tokenizer, "here");
  return { tokenizer, notes };
}

describe("vocab.txt", () => {
  it.each([
    "BertTokenizer",
    "BertTokenizerFast",
    "PreTrainedTokenizerFast",
    "TokenizersBackend",
    "RobertaTokenizer",
    "MyTokenizer",
    null,
    undefined,
  ])("is WordPiece with the tokenizer_class %s", async (tokenizer_class) => {
    const { tokenizer, notes } = await load({ tokenizer_class, do_lower_case: false });
    expect(tokenizer.encodeWords(["Ab", "ab"]).ids).toEqual([2, 5, 6, 3]);
    expect(notes).toEqual([]);
  });

  it("that no setting calls cased is lowercased, and the note counts the tokens that are out of reach", async () => {
    const { tokenizer, notes } = await load({});
    expect(tokenizer.encodeWords(["Ab"]).ids).toEqual([2, 6, 3]);
    expect(notes).toEqual([
      expect.stringMatching(/lowercased.*1 token of vocab\.txt has capitals.*do_lower_case/),
    ]);
  });

  it("beside code of its own is read, and the note says that the code is not run", async () => {
    const auto_map = { AutoTokenizer: ["tokenization_my.MyTokenizer", null] };
    const { notes } = await load({ auto_map, do_lower_case: false });
    expect(notes).toEqual([expect.stringContaining("not run")]);
  });

  it.each([
    [{ word_tokenizer_type: "mecab" }, "mecab"],
    [{ subword_tokenizer_type: "character" }, "character"],
  ])("for words that are cut otherwise (%j) is refused", async (settings, named) => {
    await expect(load(settings)).rejects.toMatchObject({
      code: "encoder/unsupported-tokenizer",
      message: expect.stringContaining(named),
      remedy: expect.stringContaining("AutoTokenizer"),
    });
  });

  it("with counts is a dictionary of another kind", async () => {
    const other = await mkdtemp(join(folder, "counts-"));
    await writeFile(join(other, "vocab.txt"), "the 100\nof 90\na@@ 3\n");
    await expect(loadTokenizer(other)).rejects.toMatchObject({ code: "encoder/unsupported-tokenizer" });
  });
});

describe("an encoder and its tokenizer", () => {
  it("that differ in the padding token are reported with both ids", async () => {
    const { notes } = await load({ do_lower_case: true }, { pad_token_id: 3 });
    expect(notes).toEqual([expect.stringMatching(/^warning: here: .*id 0 .*pad_token_id 3/)]);
    const roberta = await load({ do_lower_case: true }, { pad_token_id: 3, model_type: "roberta" });
    expect(roberta.notes).toEqual([expect.stringContaining("Positions are counted from pad_token_id")]);
  });

  it("that differ in their numbers of tokens are reported with the difference", async () => {
    const { notes } = await load({ do_lower_case: true }, { vocab_size: 9 });
    expect(notes).toEqual([
      expect.stringMatching(/2 rows of its embedding table are for no token \(9 rows, 7 tokens\)/),
    ]);
  });
});
