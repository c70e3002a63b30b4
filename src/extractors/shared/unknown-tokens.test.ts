import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "../../data/document.ts";
import { loadTokenizer } from "../../encoders/tokenizing/index.ts";
import { unknownTokenNotes } from "./unknown-tokens.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-unknown-"));
  await writeFile(join(folder, "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nann\nmet\nbo\nin\nrome\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const texts = (...all: string[]): Document[] =>
  all.map((text, i) => ({ id: `${i}`, text, entities: [], relations: [] }));

async function notes(documents: Document[], isLower: boolean) {
  await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify({ do_lower_case: isLower }));
  return unknownTokenNotes(documents, await loadTokenizer(folder), "here");
}

describe("unknown tokens of the training texts", () => {
  it("are named where they are many: another language, or small letters only", async () => {
    const english = texts("Ann met Bo", "Bo met Ann in Rome");
    expect(await notes(english, true)).toEqual([]);
    expect(await notes(english, false)).toEqual([
      expect.stringMatching(/^warning: here: 63 % of the tokens .*\("Ann", "Bo", "Rome"\).*do_lower_case/),
    ]);
    expect(await notes(texts("安在罗马"), true)).toEqual([expect.stringContaining("100 %")]);
  });

  it("are not worth a word where they are few", async () => {
    expect(await notes(texts("Ann met Bo in Rome 🦔", "Ann met Bo in Rome ann"), true)).toEqual([]);
    expect(await notes([], true)).toEqual([]);
  });
});
