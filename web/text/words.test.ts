// Moving edges of a span by words and characters.
import { describe, expect, it } from "vitest";
import { moveEdge, wholeWords, wordsOf } from "./words.ts";

const TEXT = "Ann Lee met 👨‍👩‍👧 Bob";
const shown = ({ start, end }: { start: number; end: number }) => TEXT.slice(start, end);

describe("edges of a span", () => {
  it("move by whole words", () => {
    const ann = { start: 0, end: 3 };
    const both = moveEdge(TEXT, ann, { edge: "end", by: 1, unit: "word" });
    expect(shown(both)).toBe("Ann Lee");
    expect(shown(moveEdge(TEXT, both, { edge: "start", by: 1, unit: "word" }))).toBe("Lee");
    expect(shown(moveEdge(TEXT, both, { edge: "end", by: -1, unit: "word" }))).toBe("Ann");
  });

  it("move by what a reader counts as one character, a family of emoji too", () => {
    const met = { start: 8, end: 12 };
    expect(shown(moveEdge(TEXT, met, { edge: "end", by: 1, unit: "character" }))).toBe("met 👨‍👩‍👧");
    expect(shown(moveEdge(TEXT, met, { edge: "start", by: -1, unit: "character" }))).toBe(" met ");
  });

  it("stop at the ends of the text and never cross", () => {
    const ann = { start: 0, end: 3 };
    expect(moveEdge(TEXT, ann, { edge: "start", by: -1, unit: "word" })).toEqual(ann);
    expect(moveEdge(TEXT, ann, { edge: "end", by: -1, unit: "word" })).toEqual(ann);
    const bob = { start: TEXT.length - 3, end: TEXT.length };
    expect(moveEdge(TEXT, bob, { edge: "end", by: 1, unit: "character" })).toEqual(bob);
  });

  it("of a selection are widened to whole words", () => {
    expect(wholeWords(TEXT, { start: 1, end: 5 })).toEqual({ start: 0, end: 7 });
    expect(wholeWords(TEXT, { start: 3, end: 4 })).toBeUndefined();
  });

  it("are found in scripts without spaces", () => {
    expect(wordsOf("東京に行く").length).toBeGreaterThan(1);
  });
});
