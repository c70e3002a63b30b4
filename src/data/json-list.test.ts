// Splitting a JSON list while it is read: elements whole at any division into pieces, and faults where it breaks off.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JsonListPart, JsonListSplitter } from "./json-list.ts";

function split(bytes: Buffer, cuts: readonly number[] = [], maxElementBytes?: number): JsonListPart[] {
  const splitter = new JsonListSplitter("list.json", { maxElementBytes });
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const pieces = ends
    .map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
    .filter(({ length }) => length > 0);
  const parts = pieces.flatMap((piece) => (splitter.broken ? [] : [...splitter.push(piece)]));
  return [...parts, ...splitter.end()];
}

const said = (text: string) =>
  split(Buffer.from(text)).map((part) => (part.kind === "element" ? part.text : part.defects[0]?.message));

describe("a JSON list", () => {
  it("gives the elements that JSON.parse sees, however the file is divided", () => {
    const lists = fc.array(fc.jsonValue({ noUnicodeString: false }));
    fc.assert(
      fc.property(lists, fc.array(fc.nat()), fc.constantFrom(undefined, 2), (list, cuts, indent) => {
        const parts = split(Buffer.from(JSON.stringify(list, undefined, indent)), cuts);
        const values = parts.map((part) => (part.kind === "element" ? JSON.parse(part.text) : part));
        expect(values).toEqual(JSON.parse(JSON.stringify(list)));
      }),
    );
  });

  it("numbers elements by their first line", () => {
    const parts = split(Buffer.from('[\n{"a":\n1},\n\n{"b":2}]'));
    expect(parts.map((part) => part.kind === "element" && part.line)).toEqual([2, 5]);
  });

  it.each([
    ['[{"a":1},', '{"a":1}', "the list has no end"],
    ['[{"a":1}', "the list has no end"],
    ['[{"a":1},,2]', '{"a":1}', "an element is missing"],
    ["[1]2", "1", "something follows the list"],
    ["[1}2]", "1", "the list has no end"],
    ['{"a":1}', "the file does not start with ["],
    ["", "the file does not start with ["],
    ['["\\"]', "the list has no end"],
  ])("says where %s breaks off", (text, ...expected) => {
    expect(said(text)).toEqual(expected);
  });

  it("does not read a long or broken element, and reads those after it", () => {
    const broken = Buffer.from([...Buffer.from('["'), 0xff, ...Buffer.from('",1]')]);
    const kinds = (parts: readonly JsonListPart[]) => parts.map(({ kind }) => kind);
    expect(kinds(split(broken))).toEqual(["unreadable", "element"]);
    expect(kinds(split(Buffer.from(`["${"x".repeat(50)}",1]`), [10, 20], 20))).toEqual([
      "unreadable",
      "element",
    ]);
  });
});
