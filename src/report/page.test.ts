import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { renderPage } from "./page.ts";
import { DEFAULT_PICTURE_LIMITS, PictureEmbedder } from "./pictures.ts";
import type { ReportData } from "./report-data.ts";
import { sampleReport, withTexts } from "./testing/sample-report.ts";

const render = (data: ReportData) => renderPage(data, new PictureEmbedder(DEFAULT_PICTURE_LIMITS));

/** Start tags with their attributes, and end tags; any other "<" is a fault. */
const TAG =
  /<(?:!doctype html|\/[a-z][a-z0-9]*|([a-z][a-z0-9]*)((?: [a-zA-Z0-9:-]+(?:="[^"<>]*")?)*)\s*\/?)>/gi;

/** The text around a "<" or ">" that belongs to no tag. */
function strayBracket(markup: string): string | undefined {
  return /.{0,40}[<>].{0,40}/.exec(markup.replace(TAG, ""))?.[0];
}

let data: ReportData;
let page: string;
beforeAll(async () => {
  data = await sampleReport();
  page = await render(data);
}, 60_000); // the charting library loads slowly on a busy machine

describe("a page", () => {
  it("is the same, byte for byte, for the same data", async () => {
    expect(await render(data)).toBe(page);
  });

  it("holds nothing but tags and text", () => {
    const style = /<style>[\s\S]*?<\/style>/;
    expect(strayBracket(page.replace(style, ""))).toBeUndefined();
  });

  it("runs no script, and forbids everything but its own pictures and style", () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/
      .exec(page)?.[1]
      ?.replaceAll("&#39;", "'");
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(policy).toBe(
      `default-src 'none'; img-src data:; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    );
    expect(page).not.toMatch(
      /<script|<iframe|<object|<embed|<link(?! rel="icon" href="data:,")|\son[a-z]+=| style="/i,
    );
  });

  it("names no place outside itself", () => {
    const references = [...page.matchAll(/\s(?:src|href|xlink:href|action|srcset)="([^"]*)"/g)].map(
      ([, to]) => to ?? "",
    );
    expect(references.length).toBeGreaterThan(5);
    expect(references.filter((to) => !/^(?:#|data:)/.test(to))).toEqual([]);
    expect(page).not.toMatch(/@import|url\(/);
  });

  it("links every entry of its contents to a section that exists", () => {
    const anchors = [...page.matchAll(/<a href="#([^"]*)"/g)].map(([, id]) => id);
    expect(anchors).toEqual(["section-1", "section-2", "section-3", "record"]);
    for (const anchor of anchors) expect(page).toContain(`<section id="${anchor}"`);
  });

  it("gives every element that has an id one of its own", () => {
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("keeps the place of pictures and drawings, and says what they show", () => {
    for (const [tag] of page.matchAll(/<img [^>]*>/g))
      expect(tag).toMatch(/ width="\d+" height="\d+" alt="[^"]+"/);
    for (const [tag] of page.matchAll(/<svg [^>]*>/g)) expect(tag).toMatch(/ width="\d+" height="\d+"/);
    expect([...page.matchAll(/<svg [^>]*role="img"/g)]).toHaveLength(10); // five charts at two sizes
  });

  it("marks what was kept by a sign and a word", () => {
    for (const said of ["✓ kept", "– dropped", "✗ rejected", "candidate", "mention-lost", "3 more instances"])
      expect(page).toContain(said);
  });
});

describe("hostile text in every field", () => {
  const HOSTILE = `</title></style></script><script>globalThis.broken=1</script><img src=x onerror="globalThis.broken=1">'"&lt;{{7*7}}\${7*7}\u0000\u202e]]>-->`;

  it("stays text", async () => {
    const hostile = await render(withTexts(data, (text) => HOSTILE + text));
    const body = hostile.replace(/<style>[\s\S]*?<\/style>/, "");
    const tags = [...body.matchAll(/<([a-z0-9]+)/gi)].map(([, name]) => name);
    expect(tags).not.toContain("script");
    expect(strayBracket(body)).toBeUndefined();
    expect(
      [...body.matchAll(TAG)].filter(([tag]) => /\son[a-z]+=/i.test(tag.replace(/"[^"]*"/g, ""))),
    ).toEqual([]);
    expect(hostile.includes("\u0000")).toBe(false);
    expect([...hostile.matchAll(/<title>/g)]).toHaveLength(1);
  });

  it("has spans where the text's own offsets put them, whatever they are", async () => {
    const examples = (start: number, end: number): ReportData => ({
      title: "Spans",
      sections: [
        {
          title: "Spans",
          blocks: [
            {
              kind: "examples",
              title: "One",
              examples: [{ id: "1", text: "a<b>c", highlights: [{ start, end, label: "X" }] }],
            },
          ],
        },
      ],
    });
    expect(await render(examples(1, 4))).toContain(
      'a<mark class="tint-1 gold"><small>X</small>&lt;b&gt;</mark>c',
    );
    expect(await render(examples(-5, 99))).toContain("<small>X</small>a&lt;b&gt;c</mark>");
    expect(await render(examples(4, 2))).toContain("a&lt;b&gt;c");
  });
});
