// The page of posts: what it shows and counts, what it leaves out and says so, and that no text becomes markup.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "../../data/document.ts";
import { LabelTints, markText } from "../blocks/highlights.ts";
import { visibleText } from "../blocks/visible-text.ts";
import { countFindings, viewBesideGold, viewDocument } from "./viewed-post.ts";
import { type ViewRequest, writeView } from "./write-view.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-view-"));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const post = (change: Partial<Document> = {}): Document => ({
  id: "a",
  text: "Ada met Bo in Rome",
  entities: [
    { start: 0, end: 3, label: "PERSON", probability: 0.9 },
    { start: 8, end: 10, label: "PERSON" },
    { start: 14, end: 18, label: "PLACE" },
  ],
  relations: [{ head: 0, tail: 1, label: "met", probability: 0.5 }],
  ...change,
});

async function pageOf(documents: readonly Document[], request: Partial<ViewRequest> = {}) {
  await writeFile(at("in.jsonl"), documents.map((one) => `${JSON.stringify(one)}\n`).join(""));
  const written = await writeView({ documents: at("in.jsonl"), path: at("out.html"), ...request });
  return { written, page: await readFile(at("out.html"), "utf8") };
}

/** The text of the page's posts, without markup. */
const textOf = (page: string) =>
  page
    .slice(page.indexOf('<div class="posts">'))
    .replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&amp;", "&");

describe("a page of posts", () => {
  it("marks mentions, reads relations as sentences, and counts", async () => {
    const { written, page } = await pageOf([post()]);
    expect(textOf(page)).toContain("PERSON 0.90Ada met PERSONBo in PLACERome");
    expect(textOf(page)).toContain("Ada met Bo 0.50");
    expect(page).toMatch(/<dt>entities<\/dt><dd><span class="value">3</);
    expect(page).toContain('data-kind="relation" data-label="met" data-probability="0.5"');
    expect(written).toMatchObject({ posts: 1, shown: 1, remarks: [], read: { format: "relata" } });
    expect((await pageOf([post()])).page).toBe(page);
  });

  it("says what it does not show: rows, posts, pictures", async () => {
    await sharp({ create: { width: 900, height: 600, channels: 3, background: "teal" } })
      .png()
      .toFile(at("big.png"));
    await writeFile(at("broken.png"), "no picture");
    const images = ["big.png", "broken.png", "nowhere.png", "big.png"];
    const documents = images.map((image, i) => post({ id: `${i}`, image }));
    const bad = { ...post({ id: "bad" }), entities: [{ start: 5, end: 99, label: "X" }] };
    const { written, page } = await pageOf([...documents, bad], { pictures: folder, limit: 3 });
    expect(written).toMatchObject({ posts: 4, shown: 3, read: { rejected: 1 } });
    expect(written.pictures).toMatchObject({ embedded: 1, leftOut: { broken: 1 } });
    expect(page).toMatch(
      /<img src="data:image\/webp;base64,[^"]+" width="320" height="213" alt="picture of post 0"/,
    );
    for (const said of [
      "the first 3 posts of 4",
      "1 row cannot be used",
      "1 picture named by posts is not in the folder",
      "no file nowhere.png",
      "the picture cannot be read",
    ])
      expect(page).toContain(said);
    const without = await pageOf(documents);
    expect(without.written.remarks).toEqual(["4 posts name a picture; --pictures <folder> shows them."]);
    await expect(pageOf([bad as Document])).rejects.toMatchObject({ code: "data/no-documents" });
  });

  it("sets gold beside found, from another file or from the predictions themselves", async () => {
    const gold = post({
      relations: [
        { head: 1, tail: 0, label: "met" },
        { head: 0, tail: 2, label: "None" },
      ],
    });
    await writeFile(at("gold.jsonl"), `${JSON.stringify(gold)}\n${JSON.stringify(post({ id: "unused" }))}\n`);
    const { page, written } = await pageOf([post(), post({ id: "b" })], { gold: at("gold.jsonl") });
    expect(textOf(page)).toMatch(/gold.*Bo met Ada ✗ missed.*found.*Ada met Bo 0\.50 ✗ not gold/s);
    expect(written.remarks).toEqual(["1 post without gold labels.", "1 gold document without a post."]);
    const { entities, relations } = gold;
    const carried = { ...post(), meta: { gold: { entities, relations } } } as unknown as Document;
    expect(textOf((await pageOf([carried])).page)).toMatch(/gold.*✗ missed.*found.*✗ not gold/s);
    await writeFile(at("gold.jsonl"), `${JSON.stringify(post({ text: "Ada met Bo in Roma" }))}\n`);
    const other = pageOf([post()], { gold: at("gold.jsonl") });
    await expect(other).rejects.toMatchObject({ code: "data/other-predictions" });
    const foreign = pageOf([post({ id: "z" })], { gold: at("gold.jsonl") });
    await expect(foreign).rejects.toMatchObject({ code: "data/other-predictions" });
  });

  it("takes gold labels of a format that has no offsets, beside documents that count code points", async () => {
    await writeFile(at("gold.conll"), "😀\tO\nAda\tB-PERSON\n");
    const found = {
      id: "gold-0",
      text: "😀 Ada",
      entities: [{ start: 2, end: 5, label: "PERSON" }],
      relations: [],
    };
    const { page } = await pageOf([found], { gold: at("gold.conll"), offsets: "code-point" });
    expect(page).toMatch(/<dt>posts that differ<\/dt><dd><span class="value">0</);
  });

  it("shows no relation for the label None, and says how many there are", async () => {
    const relations = [{ head: 0, tail: 1, label: "None" }];
    const { page, written } = await pageOf([post({ relations })]);
    expect(page).not.toContain('data-label="None"');
    expect(written.remarks).toEqual([expect.stringContaining("1 relation with the label None is not shown")]);
  });

  it("compares by span and label, and relations by the spans that they join", () => {
    const [a, b, c] = post().entities;
    const gold = post({
      entities: [b!, { ...a!, label: "ORG" }, c!],
      relations: [{ head: 1, tail: 0, label: "met" }],
    });
    const viewed = viewBesideGold(post(), gold);
    expect(viewed.differs).toBe(true);
    expect(countFindings([viewed], "found", "both")).toEqual({ entities: 2, relations: 1 });
    expect(countFindings([viewed], "gold", "gold")).toEqual({ entities: 1, relations: 0 });
    expect(viewBesideGold(post(), post()).differs).toBe(false);
    expect(viewDocument(post()).sides.map(({ name }) => name)).toEqual([undefined]);
  });

  it("keeps hostile text as text, and shows what would be invisible", async () => {
    const hostile = '</script><script>1</script><img src=x onerror="1"> \u202eevil\u202c a\u200bb';
    const { page } = await pageOf([
      post({
        id: `${hostile}\u2066`,
        text: hostile,
        entities: [{ start: 0, end: 9, label: hostile }],
        relations: [],
      }),
    ]);
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toContain("<img");
    for (const code of ["U+202E", "U+202C", "U+200B", "U+2066"])
      expect(page).toContain(`aria-label="${code}"`);
    const outside = page.replace(/ data-(?:label|id)="[^"]*"| value="[^"]*"/g, "");
    expect(outside).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b]/);
  });
});

describe("marks", () => {
  const spans = fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { maxLength: 12 });

  it("keep the text, and never give two spans that overlap the same line", () => {
    const text = "abcdefghijklmnopqrstuvwxyz12345";
    fc.assert(
      fc.property(spans, (pairs) => {
        const highlights = pairs.map(([a, b], i) => ({
          start: Math.min(a, b),
          end: Math.max(a, b),
          label: `L${i}`,
        }));
        const { text: markup } = markText(text, highlights, new LabelTints());
        expect(markup.replace(/<small>.*?<\/small>|<[^>]*>/g, "")).toBe(text);
        // Marks inside marks: the outer one's line is farther away, up to the last lane.
        const open: number[] = [];
        for (const [tag, classes] of markup.matchAll(/<mark class="([^"]*)">|<\/mark>/g)) {
          if (tag === "</mark>") open.pop();
          else {
            const lane = Number(/lane-(\d)/.exec(classes ?? "")?.[1] ?? 0);
            const outer = open.at(-1);
            if (outer !== undefined) expect(outer > lane || (outer === 5 && lane === 5)).toBe(true);
            open.push(lane);
          }
        }
      }),
    );
  });

  it("leave joiners and marks of direction alone", () => {
    const text = "👨\u200d👩 می\u200cخواهم \u200fab";
    expect(visibleText(text).text).toBe(text);
  });
});
