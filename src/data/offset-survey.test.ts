import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IndexSurvey } from "./index-survey.ts";
import { OffsetSurvey } from "./offset-survey.ts";
import { type OffsetUnit, offsetWriter } from "./offset-units.ts";

interface Post {
  readonly text: string;
  readonly spans: readonly { readonly start: number; readonly end: number }[];
}

const NAMES = ["Ann Lee", "Zoë", "Ze\u0301", "Košice", "O'Neil & Co", "नई दिल्ली", "Ürümqi"];
const WORDS = ["met", "🔥", "👩‍👩‍👧", "the", "naïve", "in", "e\u0301te\u0301", "🇫🇷", "again,", "(so)"];

/** A post of words and names between spaces; the names are its entities. */
const post: fc.Arbitrary<Post> = fc
  .array(fc.oneof(fc.constantFrom(...NAMES), fc.constantFrom(...WORDS)), { minLength: 2, maxLength: 12 })
  .map((parts) => {
    let text = "-"; // so that a span can move to the left
    const spans: { start: number; end: number }[] = [];
    for (const part of parts) {
      text += " ";
      if (NAMES.includes(part)) spans.push({ start: text.length, end: text.length + part.length });
      text += part;
    }
    return { text: `${text} .`, spans };
  });
/** Enough posts to tell one mistake from another: each kind of name occurs, behind an emoji too. */
const posts = fc
  .array(post, { minLength: 3, maxLength: 10 })
  .map((some): readonly Post[] => [
    ...some,
    ...NAMES.map((name) => ({ text: `- 🔥 é ${name} .`, spans: [{ start: 7, end: 7 + name.length }] })),
  ]);

function said(
  all: readonly Post[],
  read: OffsetUnit,
  written: OffsetUnit,
  [start, end]: readonly [number, number] = [0, 0],
) {
  const survey = new OffsetSurvey("f.jsonl", read);
  for (const [i, { text, spans }] of all.entries()) {
    const count = offsetWriter(text, written);
    const given = spans.map((span) => ({ start: count(span.start) + start, end: count(span.end) + end }));
    survey.observe(text, given, `f.jsonl:${i + 1}`);
  }
  return survey.defects().map(({ message }) => message);
}

const UNITS = ["utf-16", "code-point", "utf-8"] as const;
const NAMED = { "utf-16": "UTF-16 code units", "code-point": "code points", "utf-8": "bytes of UTF-8" };

describe("OffsetSurvey", () => {
  it("says nothing of right offsets, in whatever unit they are read", () => {
    fc.assert(
      fc.property(
        posts,
        fc.constantFrom(...UNITS),
        (all, unit) => void expect(said(all, unit, unit)).toEqual([]),
      ),
    );
  });

  it("names the unit of offsets that are read in another", () => {
    fc.assert(
      fc.property(posts, fc.constantFrom(...UNITS), fc.constantFrom(...UNITS), (all, read, written) => {
        fc.pre(read !== written);
        const [message, ...others] = said(all, read, written);
        expect(others).toEqual([]);
        expect(message).toContain(`the offsets count ${NAMED[written]}`);
        expect(message).toContain(`--offsets ${written}`);
      }),
    );
  });

  it.each([
    ["the ends are inclusive", [0, -1], ".end += 1"],
    ["the offsets count from 1", [1, 1], ".start -= 1 | .end -= 1"],
    ["the offsets count from 1 and the ends are inclusive", [1, 0], ".start -= 1"],
    ["every span is shifted left by one", [-1, -1], ".start += 1 | .end += 1"],
  ] as const)("names other ways to count, alone and with another unit: %s", (meaning, move, fix) => {
    fc.assert(
      fc.property(posts, fc.constantFrom(...UNITS), (all, written) => {
        const [message] = said(all, "utf-16", written, move);
        expect(message).toContain(`would be right if ${meaning}`);
        expect(message).toContain(`jq -c '.entities[] |= (${fix})' f.jsonl > shifted.jsonl`);
        expect(message?.includes("the offsets count b") || message?.includes("the offsets count code")).toBe(
          written !== "utf-16",
        );
      }),
    );
  });

  it("compares with the text that is given beside a span", () => {
    const survey = new OffsetSurvey("f.jsonl", "utf-16");
    survey.observe("🔥 a b a b", [{ start: 2, end: 3, text: "a" }], "f.jsonl:3");
    expect(survey.defects()).toMatchObject([
      { place: "f.jsonl:3", message: expect.stringContaining('(" " -> "a")') },
    ]);
  });

  it("does not take a few careless spans for a way to count", () => {
    const text = "Ann met Bob in Rome and Oslo";
    const right = ["Ann", "Bob", "Rome", "Oslo"].map((name) => ({
      start: text.indexOf(name),
      end: text.indexOf(name) + name.length,
    }));
    const survey = new OffsetSurvey("f.jsonl", "utf-16");
    for (let i = 0; i < 9; i++) survey.observe(text, right, "f.jsonl:1");
    survey.observe(
      text,
      right.map(({ start, end }) => ({ start, end: end - 1 })),
      "f.jsonl:2",
    );
    expect(survey.defects()).toEqual([]);
  });
});

describe("IndexSurvey", () => {
  const survey = (...documents: readonly (readonly [number, ...(readonly [number, number])[]])[]) => {
    const indices = new IndexSurvey("f.jsonl");
    for (const [entities, ...relations] of documents)
      indices.observe(
        entities,
        relations.map(([head, tail]) => ({ head, tail })),
        "f.jsonl:1",
      );
    return indices.defects().map(({ code }) => code);
  };

  it("notices indices that count from 1, by one that goes past the end or by many that leave out the first", () => {
    expect(survey([2, [1, 2]], [3, [1, 2]], [3, [2, 3]])).toEqual(["data/indices-from-one"]);
    expect(survey(...Array.from({ length: 10 }, () => [3, [1, 2]] as const))).toEqual([
      "data/indices-from-one",
    ]);
  });

  it("says nothing where an index is 0, where one fits neither way, and of a few documents", () => {
    expect(survey([2, [1, 2]], [2, [0, 1]], [3, [2, 3]])).toEqual([]);
    expect(survey([2, [1, 2]], [2, [1, 5]], [3, [2, 3]])).toEqual([]);
    expect(survey([2, [1, 2]])).toEqual([]);
    expect(survey([3, [1, 2]], [3, [2, 1]], [4])).toEqual([]);
  });
});
