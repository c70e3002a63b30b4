import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isTagOf, parseSchemeTag, readTags, schemeOf, type TagScheme } from "./tag-schemes.ts";

/** Entities as runs of tokens, with gaps between them or none. */
const entities = fc.array(
  fc.record({
    gap: fc.nat(2),
    length: fc.integer({ min: 1, max: 4 }),
    label: fc.constantFrom("PER", "LOC", "B-cell"),
  }),
  { maxLength: 8 },
);
type Layout = readonly { readonly gap: number; readonly length: number; readonly label: string }[];

function spansOf(layout: Layout) {
  let at = 0;
  return layout.map(({ gap, length, label }) => {
    const start = at + gap;
    at = start + length;
    return { start, end: at, label };
  });
}

/** The tags that a scheme writes for entities, by its definition. */
function write(layout: Layout, scheme: TagScheme): string[] {
  const tags: string[] = [];
  let before: string | undefined;
  for (const { gap, length, label } of layout) {
    tags.push(...Array.from({ length: gap }, () => "O"));
    const touches = gap === 0 && before === label;
    for (let i = 0; i < length; i++) {
      const isFirst = i === 0;
      const isLast = i === length - 1;
      const closing = {
        BIOES: ["S", "B", "I", "E"],
        BILOU: ["U", "B", "I", "L"],
        BMES: ["S", "B", "M", "E"],
      }[scheme as "BIOES"];
      const prefix =
        scheme === "IOB1"
          ? isFirst && touches
            ? "B"
            : "I"
          : closing === undefined
            ? isFirst
              ? "B"
              : "I"
            : closing[isFirst ? (isLast ? 0 : 1) : isLast ? 3 : 2];
      tags.push(`${prefix}-${label}`);
    }
    before = label;
  }
  return tags;
}

describe("tag schemes", () => {
  it.each(["IOB2", "IOB1", "BIOES", "BILOU", "BMES"] as const)("%s gives back what it wrote", (scheme) => {
    fc.assert(
      fc.property(entities, (layout) => {
        const { spans, orphans } = readTags(write(layout, scheme), scheme, "conll");
        expect(spans).toEqual(spansOf(layout));
        expect(orphans).toEqual([]);
      }),
    );
  });

  it("are recognised in any file that shows their difference", () => {
    const layout = [
      { gap: 1, length: 3, label: "PER" },
      { gap: 1, length: 1, label: "LOC" },
      { gap: 0, length: 2, label: "LOC" },
    ];
    for (const scheme of ["IOB2", "IOB1", "BIOES", "BILOU", "BMES"] as const) {
      expect(schemeOf([["O"], write(layout, scheme), ["damaged"]])).toBe(scheme);
    }
    expect(schemeOf([["O", "person", "person", "O"]])).toBe("IO");
    expect(schemeOf([["O"], []])).toBe("IOB2");
    // One B- that IOB1 would not write is enough: its I- tags are then orphans.
    expect(schemeOf([["O", "I-PER"], ["B-PER"]])).toBe("IOB2");
  });

  it("read IO labels as runs", () => {
    expect(readTags(["a", "a", "O", "a", "b"], "IO", "conll").spans).toEqual([
      { start: 0, end: 2, label: "a" },
      { start: 3, end: 4, label: "a" },
      { start: 4, end: 5, label: "b" },
    ]);
  });

  it("count a continuation of a closed entity as an orphan, and read it by the policy", () => {
    const tags = ["B-PER", "E-PER", "I-PER", "O", "E-LOC"];
    const person = { start: 0, end: 2, label: "PER" };
    expect(readTags(tags, "BIOES", "conll")).toEqual({
      spans: [person, { start: 2, end: 3, label: "PER" }, { start: 4, end: 5, label: "LOC" }],
      orphans: [2, 4],
    });
    expect(readTags(tags, "BIOES", "strict")).toEqual({ spans: [person], orphans: [2, 4] });
    expect(readTags(tags, "BIOES", "repair")).toEqual({
      spans: [
        { start: 0, end: 3, label: "PER" },
        { start: 4, end: 5, label: "LOC" },
      ],
      orphans: [2, 4],
    });
  });

  it("never read spans that overlap or leave the text, whatever the tags", () => {
    const tag = fc.tuple(
      fc.constantFrom("B-", "I-", "E-", "S-", "L-", "U-", "M-", ""),
      fc.constantFrom("X", "Y"),
    );
    const tags = fc.array(tag.map(([prefix, label]) => (prefix === "" ? "O" : prefix + label)));
    fc.assert(
      fc.property(tags, fc.constantFrom("conll", "strict", "repair"), (given, policy) => {
        const scheme = schemeOf([given]);
        if (!given.every((one) => isTagOf(one, scheme))) return;
        const { spans, orphans } = readTags(given, scheme, policy);
        let end = 0;
        for (const span of spans) {
          expect(span.start).toBeGreaterThanOrEqual(end);
          expect(span.end).toBeGreaterThan(span.start);
          end = span.end;
        }
        expect(end).toBeLessThanOrEqual(given.length);
        expect(new Set(orphans).size).toBe(orphans.length);
        if (policy === "conll") {
          const covered = spans.reduce((sum, span) => sum + span.end - span.start, 0);
          expect(covered).toBe(given.filter((one) => parseSchemeTag(one)).length); // no tagged token is lost
        }
      }),
    );
  });
});
