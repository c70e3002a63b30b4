import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layOutText } from "./lay-out-text.ts";
import { textWidth } from "./text-width.ts";

const SPACE = { width: 300, size: 10, labelSize: 6, mostLines: 1000 };

const posts = fc.string({ unit: "grapheme", maxLength: 200 }).chain((text) =>
  fc.record({
    text: fc.constant(text),
    spans: fc.array(
      fc
        .tuple(fc.nat(text.length), fc.nat(text.length), fc.string({ maxLength: 20 }))
        .map(([a, b, label]) => ({ start: Math.min(a, b), end: Math.max(a, b), label })),
      { maxLength: 5 },
    ),
  }),
);

describe("the layout of a post's text", () => {
  it("places everything that is not white space, once and in order", () => {
    fc.assert(
      fc.property(posts, ({ text, spans }) => {
        const { pieces, leftOut } = layOutText(text, spans, SPACE);
        expect(leftOut).toBe(0);
        expect(pieces.map((piece) => piece.text).join("")).toBe(text.replace(/\s/g, ""));
        for (const piece of pieces) expect(text.slice(piece.start, piece.end)).toBe(piece.text);
      }),
    );
  });

  it("lets no two pieces of a line overlap", () => {
    fc.assert(
      fc.property(posts, ({ text, spans }) => {
        const { pieces } = layOutText(text, spans, SPACE);
        for (const [i, piece] of pieces.entries()) {
          const before = pieces[i - 1];
          if (before?.line === piece.line)
            expect(piece.x).toBeGreaterThanOrEqual(before.x + before.width - 1e-6);
          else expect(piece.line).toBeGreaterThan(before?.line ?? -1);
        }
      }),
    );
  });

  it("breaks lines at words, and a word that is longer than a line within it", () => {
    const { pieces, lines } = layOutText(`${"word ".repeat(20)}${"x".repeat(100)}`, [], SPACE);
    expect(lines).toBe(4); // a word takes 25 and a space 3 of 300, an x 5.92
    for (const { x, width } of pieces) expect(x + width).toBeLessThanOrEqual(SPACE.width);
    expect(pieces.filter(({ text }) => text === "word")).toHaveLength(20);
  });

  it("keeps the labels of neighbouring spans apart", () => {
    const spans = [
      { start: 0, end: 1, label: "ORGANISATION" },
      { start: 2, end: 3, label: "ORGANISATION" },
    ];
    const { marks } = layOutText("a b", spans, SPACE);
    expect(marks[1]!.x - marks[0]!.x).toBeGreaterThan(textWidth("ORGANISATION", 6));
  });

  it("marks a span on every line that it crosses, and labels it on the first", () => {
    const text = "word ".repeat(30).trim();
    const { marks, lines } = layOutText(text, [{ start: 0, end: text.length, label: "ALL" }], SPACE);
    expect(lines).toBeGreaterThan(2);
    expect(marks.map(({ line }) => line)).toEqual(Array.from({ length: lines }, (_, line) => line));
    expect(marks.map(({ first }) => first)).toEqual([true, ...Array(lines - 1).fill(false)]);
  });

  it("counts what lies beyond the last line", () => {
    const text = "word ".repeat(30);
    const { pieces, leftOut } = layOutText(text, [], { ...SPACE, mostLines: 1 });
    expect(pieces.every(({ line }) => line === 0)).toBe(true);
    expect(leftOut).toBe(text.length - pieces.at(-1)!.end);
  });
});

it("knows the widths of the letters that it was given", () => {
  // DejaVu Sans at 1000 units: W 989, i 278, space 318.
  expect(textWidth("Wi i", 1000)).toBe(989 + 278 + 318 + 278);
  expect(textWidth("é", 1000)).toBe(textWidth("e", 1000));
});
