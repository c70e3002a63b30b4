import { describe, expect, it } from "vitest";
import { type CardContent, drawCard } from "./draw-card.ts";

const TEXT = "Ada <Novak> joined Lumen & Sons in Cork";
const span = (words: string, label: string) => {
  const start = TEXT.indexOf(words);
  return { start, end: start + words.length, label };
};
const CONTENT: CardContent = {
  text: TEXT,
  entities: [
    { ...span("Ada <Novak>", "PERSON"), probability: 0.914 },
    { ...span("Lumen & Sons", "ORG"), probability: 0.99996 },
    span("Cork", "PLACE"),
  ],
  relations: [{ head: 0, tail: 1, label: "works_for", probability: 0.8 }],
  remarks: [],
};

/** The words on a card, in order. */
function written(svg: string): string[] {
  return [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, words = ""]) => words);
}

describe("a card", () => {
  it("writes the text, every entity's label and probability, and the arrow between two mentions", () => {
    const words = written(drawCard(CONTENT));
    expect(words.slice(0, 3)).toEqual(["ORG &gt;0.99", "PERSON 0.91", "PLACE"]); // the longest mark first
    expect(words.slice(3, -3).join(" ")).toBe("Ada &lt;Novak&gt; joined Lumen &amp; Sons in Cork");
    expect(words.slice(-3)).toEqual(["Ada &lt;Novak&gt;", "works_for 0.80", "Lumen &amp; Sons"]);
  });

  it("says what it shows to those who cannot see it", () => {
    expect(drawCard(CONTENT)).toContain(
      "<title>Ada &lt;Novak&gt; joined Lumen &amp; Sons in Cork; Ada &lt;Novak&gt;: PERSON; Lumen &amp; Sons: ORG; Cork: PLACE; Ada &lt;Novak&gt; works_for Lumen &amp; Sons</title>",
    );
  });

  it("holds its picture, or says why there is none", () => {
    const url = "data:image/jpeg;base64,AAAA";
    const seen = drawCard({ ...CONTENT, picture: { state: "embedded", url, width: 380, height: 760 } });
    expect(seen).toContain(`width="110" height="220" href="${url}"`);
    const picture = { state: "left out", reason: "missing", detail: "it is not there" } as const;
    expect(written(drawCard({ ...CONTENT, picture }))).toContain("it is not there");
  });

  it("counts what it has no room for", () => {
    const text = `${TEXT} ${"word ".repeat(400)}`;
    const relations = Array.from({ length: 12 }, () => CONTENT.relations[0]!); // there is one
    const words = written(drawCard({ ...CONTENT, text, relations, remarks: ["not calibrated"] }));
    const [remark, more, arrows] = words.slice(-3);
    expect(remark).toBe("not calibrated");
    expect(more).toMatch(/^\d+ more UTF-16 units of the text are not shown$/);
    expect(arrows).toBe("2 more relations are not shown");
    expect(words.filter((word) => word === "works_for 0.80")).toHaveLength(10);
  });

  it("draws a text that is read from the right from the right", () => {
    const right = drawCard({ text: "שלום עולם", entities: [], relations: [], remarks: [] });
    const places = [...right.matchAll(/<text x="([\d.]+)"/g)].map(([, x]) => Number(x));
    expect(places).toHaveLength(2);
    expect(places[0]).toBeGreaterThan(places[1] ?? Number.NaN);
    expect(right).toContain('direction="rtl"');
  });

  it("refuses a relation that points at no entity", () => {
    expect(() => drawCard({ ...CONTENT, relations: [{ head: 0, tail: 9, label: "x" }] })).toThrow(RangeError);
  });
});
