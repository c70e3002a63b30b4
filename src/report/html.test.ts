import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeHtml, html } from "./html.ts";

/** What a browser reads from the escaped text: the inverse of the five references. */
const readBack = (text: string) =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");

describe("escapeHtml", () => {
  it("leaves no character that could open a tag, end an attribute or begin a reference", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
        const text = String.fromCharCode(...units);
        const escaped = escapeHtml(text);
        return !/[<>"']/.test(escaped) && !/&(?!(?:amp|lt|gt|quot|#39);)/.test(escaped);
      }),
    );
  });

  it("is read back as the same text", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => readBack(escapeHtml(text)) === text));
  });

  it("replaces what HTML and UTF-8 cannot hold", () => {
    expect(escapeHtml("a\u0000b\u001bc\ud800d\uffffe\u0085f")).toBe("a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf");
    expect(escapeHtml("tab\tline\nemoji 😀")).toBe("tab\tline\nemoji 😀");
  });
});

describe("html", () => {
  it("escapes text and numbers, and leaves markup and lists of it as they are", () => {
    const inner = html`<b>${"a & b"}</b>`;
    expect(html`<p title="${'"'}">${inner}${[inner, "<"]}${1.5}</p>`.text).toBe(
      '<p title="&quot;"><b>a &amp; b</b><b>a &amp; b</b>&lt;1.5</p>',
    );
  });

  it("writes nothing for what is not there", () => {
    expect(html`[${undefined}${null}${false}${""}]`.text).toBe("[]");
  });
});
