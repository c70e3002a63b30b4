// Views of other examples, and real second views: what teachers read to compare generated views with.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTextEncoder } from "../../encoders/text-encoder.ts";
import { relationInput } from "../../encoders/tokenizing/relation-input.ts";
import { writeTinyBert } from "../../world/tiny-encoders.ts";
import { downloadOptions } from "../shared/download-options.ts";
import { realSecondViews, type ShuffleOptions, shuffledViews } from "./other-views.ts";
import type { StudentExample, StudentView } from "./student-example.ts";
import { type TextCoding, withMentionsOf } from "./view-alone.ts";

const WORDS = ["ada", "bo", "cy", "di", "el", "of", "rome", "met", "loves"];
let folder: string;
let coding: TextCoding;
let options: ShuffleOptions;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-other-views-"));
  await writeTinyBert(folder, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...WORDS], 1);
  coding = await openTextEncoder(folder, downloadOptions(folder, {}));
  options = { ...coding, maxLength: 12, seed: 3 };
});
afterAll(() => rm(folder, { recursive: true }));

/** A text with its mentions marked: h for the head's words, t for the tail's. */
function encode(text: string) {
  const words = text.split(" ");
  const span = (mark: string) =>
    [
      words.findIndex((word) => word.startsWith(mark)),
      words.findLastIndex((word) => word.startsWith(mark)) + 1,
    ] as const;
  const plain = words.map((word) => word.replace(/^[ht]:/, ""));
  return relationInput(coding.tokenizer, coding.markers, plain, span("h:"), span("t:"));
}

const visual = (value: number) => ({ maps: [new Float32Array([value])], pooled: new Float32Array([value]) });
const picture = (id: string): StudentView => ({ kind: "picture", id, visual: visual(0) });
const textView = (id: string, text: string): StudentView => ({ kind: "text", id, input: encode(text) });
const example = (id: string, text: string, views: readonly StudentView[], own?: number): StudentExample =>
  ({
    id,
    input: encode(text),
    label: 0,
    views,
    visual: own === undefined ? undefined : visual(own),
  }) as never;

describe("withMentionsOf", () => {
  it.each([
    ["h:ada met t:bo", "h:cy loves t:di", "h:cy met t:di"],
    ["t:bo met h:ada of rome", "h:cy loves t:di", "t:di met h:cy of rome"],
    ["h:ada met t:bo", "h:cy h:of h:rome loves t:di", "h:cy h:of h:rome met t:di"],
    ["met h:ada t:bo t:of t:rome loves", "t:di of h:cy", "met h:cy t:di loves"],
  ])("%s with the mentions of %s is %s", (text, other, wanted) => {
    const found = withMentionsOf(encode(text), encode(other), coding);
    const { ids, headSpan, tailSpan, length } = encode(wanted);
    expect(found).toMatchObject({ ids, headSpan, tailSpan, length });
    expect(found?.offsets).toHaveLength(length);
  });

  it("has no place for two mentions where one is part of the other", () => {
    const nested = relationInput(coding.tokenizer, coding.markers, ["ada", "of", "rome"], [0, 3], [2, 3]);
    expect(withMentionsOf(nested, encode("h:cy met t:di"), coding)).toBeUndefined();
  });
});

describe("shuffledViews", () => {
  it("gives every example the views of another text, and every view once if texts have equally many", () => {
    const texts = ["h:ada met t:bo", "h:cy met t:di", "h:el met t:bo", "h:di loves t:cy"];
    const examples = texts.map((text, i) => example(String(i), text, [picture(`${i}a`), picture(`${i}b`)]));
    const shuffled = shuffledViews(examples, texts, options);
    expect(shuffled.map(({ id }) => id).sort()).toEqual(["0", "1", "2", "3"]);
    const views = shuffled.flatMap(({ id, views: own = [] }) => own.map((view) => [id, view.id] as const));
    expect(views.map(([, view]) => view).sort()).toEqual(["0a", "0b", "1a", "1b", "2a", "2b", "3a", "3b"]);
    for (const [id, view] of views) expect(view[0]).not.toBe(id);
    expect(shuffledViews(examples, texts, options)).toEqual(shuffled);
  });

  it("keeps examples of one text away from each other's views, which are the same", () => {
    const examples = ["0", "1", "2"].map((id) => example(id, "h:ada met t:bo", [picture(id)]));
    const shuffled = shuffledViews(examples, ["x", "x", "y"], options);
    const views = new Map(shuffled.map(({ id, views: own = [] }) => [id, own.map((view) => view.id)]));
    expect([views.get("0"), views.get("1")]).toEqual([["2"], ["2"]]);
    expect(["0", "1"]).toContain(views.get("2")?.[0]);
    expect(shuffledViews(examples, ["x", "x", "x"], options)).toEqual([]);
  });

  it("puts an example's mentions into the texts of another, and leaves out what becomes too long", () => {
    const examples = [
      example("0", "h:ada of t:bo", [textView("v0", "h:ada met t:bo")]),
      example("1", "h:cy h:of h:rome met t:di t:of t:rome", [textView("v1", "loves h:cy t:di")]),
    ];
    const found = (maxLength: number) =>
      new Map(
        shuffledViews(examples, ["a", "b"], { ...options, maxLength }).map(({ id, views = [] }) => [
          id,
          views.map((view) => view.kind === "text" && view.input.ids),
        ]),
      );
    const long = encode("h:cy h:of h:rome met t:di t:of t:rome");
    expect(found(long.length).get("0")).toEqual([encode("loves h:ada t:bo").ids]);
    expect(found(long.length).get("1")).toEqual([long.ids]);
    expect(found(long.length - 1).get("1")).toEqual([]);
  });
});

describe("realSecondViews", () => {
  it("are the pictures of real texts, if there are some, or the texts of real pictures", () => {
    const examples = [example("0", "h:ada met t:bo", [picture("a")], 1), example("1", "h:cy met t:di", [])];
    const shown = (real: "text" | "picture") =>
      realSecondViews(examples, real).map(({ id, views = [], hidesOwn }) => [
        id,
        views.map(({ kind, id: name }) => `${kind} ${name}`),
        hidesOwn,
      ]);
    expect(shown("text")).toEqual([["0", ["picture own"], true]]);
    expect(shown("picture")).toEqual([
      ["0", ["text own"], true],
      ["1", ["text own"], true],
    ]);
  });
});
