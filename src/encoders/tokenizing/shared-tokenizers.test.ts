import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SharedTokenizers } from "./shared-tokenizers.ts";

const WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "ada", "met"];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-tokenizers-"));
  for (const [name, words] of [
    ["one", WORDS],
    ["same", WORDS],
    ["other", [...WORDS, "bo"]],
  ] as const) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, "vocab.txt"), words.join("\n"));
  }
});
afterAll(() => rm(folder, { recursive: true }));

it("gives folders with equal tokenizers the same one, and others their own", async () => {
  const tokenizers = new SharedTokenizers();
  const one = await tokenizers.load(join(folder, "one"));
  expect(await tokenizers.load(join(folder, "same"))).toBe(one);
  const other = await tokenizers.load(join(folder, "other"));
  expect(other).not.toBe(one);
  expect([one.vocabularySize, other.vocabularySize]).toEqual([7, 8]);
});
