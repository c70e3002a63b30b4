import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTextEncoder } from "../../encoders/text-encoder.ts";
import { relationInput } from "../../encoders/tokenizing/relation-input.ts";
import { writeTinyBert } from "../../world/tiny-encoders.ts";
import { downloadOptions } from "../shared/download-options.ts";
import type { StudentSet } from "./prepare-students.ts";
import { type TextCoding, withoutRealView } from "./view-alone.ts";

const WORDS = ["ada", "of", "rome", "met", "bo"];
let folder: string;
let coding: TextCoding;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-view-alone-"));
  await writeTinyBert(folder, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...WORDS], 1);
  coding = await openTextEncoder(folder, downloadOptions(folder, {}));
});
afterAll(() => rm(folder, { recursive: true }));

const encode = (head: readonly [number, number], tail: readonly [number, number], words = WORDS) =>
  relationInput(coding.tokenizer, coding.markers, words, head, tail);
const visual = { maps: [new Float32Array(4)], pooled: new Float32Array(2) };
const setOf = (input: ReturnType<typeof encode>) =>
  ({ examples: [{ id: "a", input, label: 0, visual, views: [], hidesOwn: true }] }) as unknown as StudentSet;
const textWithout = (input: ReturnType<typeof encode>) =>
  withoutRealView(setOf(input), "text", coding).examples[0]?.input;

describe("an example without its real view", () => {
  it("keeps of a text the two mentions and nothing else, as a text of them alone would be read", () => {
    // "ada of rome met bo": the text between and around is removed.
    const alone = textWithout(encode([0, 1], [4, 5]));
    const { ids, headSpan, tailSpan, length } = encode([0, 1], [1, 2], ["ada", "bo"]);
    expect(alone).toMatchObject({ ids, headSpan, tailSpan, length, truncated: undefined });
    expect(alone?.offsets.filter(([start, end]) => end > start)).toEqual([
      [0, 3],
      [16, 18],
    ]);
  });

  it("does not tell which mention came first", () => {
    expect(textWithout(encode([4, 5], [0, 1]))?.ids).toEqual(encode([0, 1], [1, 2], ["bo", "ada"]).ids);
  });

  it("takes mentions that nest apart", () => {
    // "ada of rome" and, within it, "rome".
    for (const [head, tail] of [
      [
        [0, 3],
        [2, 3],
      ],
      [
        [2, 3],
        [0, 3],
      ],
      [
        [0, 3],
        [0, 1],
      ],
    ] as const) {
      const wordsOf = ([start, end]: readonly [number, number]) => WORDS.slice(start, end);
      const [first, second] = [wordsOf(head), wordsOf(tail)];
      const both = first.length + second.length;
      const alone = encode([0, first.length], [first.length, both], [...first, ...second]);
      expect(textWithout(encode(head, tail))).toMatchObject({
        ids: alone.ids,
        headSpan: alone.headSpan,
        tailSpan: alone.tailSpan,
      });
    }
  });

  it("has no picture where the picture is real, and keeps everything else", () => {
    const set = setOf(encode([0, 1], [4, 5]));
    const [before] = set.examples;
    const [after] = withoutRealView(set, "picture", coding).examples;
    expect(after).toEqual({ ...before, visual: undefined });
  });
});
