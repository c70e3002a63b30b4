// The page of posts: numbers and legend, filters, and one article per post.
import { counted } from "../../base/counted.ts";
import type { PageParts } from "../blocks/examples.ts";
import { LabelTints } from "../blocks/highlights.ts";
import { visibleText } from "../blocks/visible-text.ts";
import { type Html, html } from "../html.ts";
import { formatNumber } from "../numbers.ts";
import { renderFacts, renderNotes, renderPictureAccount } from "../page.ts";
import { framePage, themeChoice } from "../page-frame.ts";
import type { PictureEmbedder } from "../pictures.ts";
import type { Fact, Note } from "../report-data.ts";
import { type PostPicture, renderPost } from "./render-post.ts";
import { VIEW_SCRIPT } from "./view-script.ts";
import { VIEW_STYLE } from "./view-style.ts";
import { countFindings, type ViewedPost } from "./viewed-post.ts";

/** What a page shows. */
export interface ViewPage {
  readonly title: string;
  /** All posts, of which the page shows the first ones. */
  readonly posts: readonly ViewedPost[];
  readonly hasGold: boolean;
  /** Largest number of posts on the page. */
  readonly limit: number;
  /** Further remarks at the top. */
  readonly remarks: readonly string[];
  readonly pictureOf: (post: ViewedPost) => PostPicture;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Browsers become slow with larger pages; pictures have a limit of their own. */
const MAX_POSTS_LENGTH = 20_000_000;

/** Returns the page as text, and the number of posts on it. */
export async function renderView(
  view: ViewPage,
  pictures: PictureEmbedder,
): Promise<{ readonly page: string; readonly shown: number }> {
  const { title, hasGold, limit, remarks } = view;
  const tints = new LabelTints();
  const parts: PageParts = { tints, embed: (source) => pictures.embed(source) };
  const wanted = view.posts.slice(0, limit);
  for (const { label } of labelsOf(wanted).entity) tints.of(label); // the most frequent first, so that they differ
  const articles: Html[] = [];
  let length = 0;
  for (const [i, post] of wanted.entries()) {
    view.signal?.throwIfAborted();
    const article = await renderPost(post, i + 1, view.pictureOf(post), parts);
    length += textLengthOf(article);
    if (length > MAX_POSTS_LENGTH && articles.length > 0) break;
    articles.push(article);
    view.onProgress?.(articles.length, wanted.length);
  }
  const shown = view.posts.slice(0, articles.length);
  const missing = view.posts.length - shown.length;
  const why =
    articles.length < wanted.length ? "more would make it too large for a browser" : "as --limit says";
  const notes: Note[] = [
    ...(missing > 0
      ? [
          {
            tone: "caution" as const,
            text: `The page shows the first ${counted(shown.length, "post")} of ${formatNumber(view.posts.length, 0)}: ${why}. The numbers below are those of all posts.`,
          },
        ]
      : []),
    ...remarks.map((text) => ({ tone: "info" as const, text })),
  ];
  const page = framePage({
    title,
    style: VIEW_STYLE,
    script: VIEW_SCRIPT,
    body: html`<aside class="panel" aria-label="Labels and filters">${themeChoice()}<details open><summary>Labels and filters</summary>${renderFilters(view, tints)}</details></aside>
<main id="content" tabindex="-1">
<header class="headline"><h1>${visibleText(title)}</h1>${renderNotes(notes)}${renderFacts(factsOf(view.posts, hasGold))}</header>
${hasGold && html`<p class="legend">Mentions: <mark class="tint-1 both">gold and found</mark> <mark class="tint-1 gold">gold, not found</mark> <mark class="tint-1 predicted">found, not gold</mark></p>`}
<p class="shown scripted-only" id="shown" role="status"></p>
<div class="posts">${articles}</div>
${renderPictureAccount(pictures)}
</main>`,
  });
  return { page, shown: shown.length };
}

/** The length of an article without its picture. */
function textLengthOf({ text }: Html): number {
  return text.length - (/src="data:[^"]*"/.exec(text)?.[0].length ?? 0);
}

function factsOf(posts: readonly ViewedPost[], hasGold: boolean): Fact[] {
  const pictures = posts.filter(({ image }) => image !== undefined).length;
  const facts: Fact[] = [
    { label: "posts", value: posts.length, digits: 0 },
    { label: "with a picture", value: pictures, digits: 0 },
  ];
  if (!hasGold) {
    const { entities, relations } = countFindings(posts, undefined);
    return [
      ...facts,
      { label: "entities", value: entities, digits: 0 },
      { label: "relations", value: relations, digits: 0 },
    ];
  }
  const [found, gold] = [countFindings(posts, "found"), countFindings(posts, "gold")];
  const both = countFindings(posts, "found", "both");
  const compared = (name: "entities" | "relations"): Fact => ({
    label: `${name} gold and found`,
    value: both[name],
    digits: 0,
    detail: `of ${formatNumber(gold[name], 0)} gold, ${formatNumber(found[name], 0)} found`,
  });
  const differing = posts.filter(({ differs }) => differs).length;
  return [
    ...facts,
    compared("entities"),
    compared("relations"),
    { label: "posts that differ", value: differing, digits: 0 },
  ];
}

type Kind = "entity" | "relation";

/** How often a label occurs; without gold labels, all are found. */
interface LabelCount {
  readonly label: string;
  gold: number;
  found: number;
}

/** The labels of posts, the most frequent first. */
function labelsOf(posts: readonly ViewedPost[]): Readonly<Record<Kind, readonly LabelCount[]>> {
  const counts = { entity: new Map<string, LabelCount>(), relation: new Map<string, LabelCount>() };
  for (const { name, entities, relations } of posts.flatMap(({ sides }) => sides)) {
    for (const { label } of entities) count(counts.entity, label, name ?? "found");
    for (const { label } of relations) count(counts.relation, label, name ?? "found");
  }
  const sorted = (of: ReadonlyMap<string, LabelCount>) =>
    [...of.values()].sort((a, b) => b.gold + b.found - a.gold - a.found);
  return { entity: sorted(counts.entity), relation: sorted(counts.relation) };
}

function count(counts: Map<string, LabelCount>, label: string, side: "gold" | "found"): void {
  const known = counts.get(label) ?? { label, gold: 0, found: 0 };
  known[side]++;
  counts.set(label, known);
}

function renderFilters({ posts, hasGold }: ViewPage, tints: LabelTints): Html {
  const labels = labelsOf(posts);
  const findings = posts.flatMap(({ sides }) =>
    sides.flatMap((side) => [...side.entities, ...side.relations]),
  );
  const hasProbabilities = findings.some(({ probability }) => probability !== undefined);
  return html`<form id="filters"><div class="scripted-only"><label for="search">Words or an id</label><input type="search" id="search" autocomplete="off">${
    hasProbabilities &&
    html`<label for="least">Least probability: <output id="bound" for="least">0.00</output></label><input type="range" id="least" min="0" max="1" step="0.01" value="0" autocomplete="off">`
  }${hasGold && html`<label class="key"><input type="checkbox" id="differing" autocomplete="off"><span class="name">only posts that differ</span></label>`}</div>${renderLabels("entity", labels.entity, hasGold, tints)}${renderLabels("relation", labels.relation, hasGold, tints)}</form>`;
}

const TITLES: Readonly<Record<Kind, string>> = { entity: "Entities", relation: "Relations" };

function renderLabels(
  kind: Kind,
  labels: readonly LabelCount[],
  hasGold: boolean,
  tints: LabelTints,
): Html | undefined {
  if (labels.length === 0) return undefined;
  const title = TITLES[kind];
  const button = (check: "all" | "none") =>
    html`<button type="button" class="scripted-only" data-of="${kind}" data-check="${check}" aria-label="${check} ${title.toLowerCase()}">${check}</button>`;
  return html`<h2>${title}${labels.length > 1 && [" ", button("all"), " ", button("none")]}${hasGold && html` <span class="count">gold / found</span>`}</h2>${labels.map(
    ({ label, gold, found }) => {
      const name = visibleText(label);
      const numbers = hasGold
        ? `${formatNumber(gold, 0)} / ${formatNumber(found, 0)}`
        : formatNumber(found, 0);
      return html`<label class="key"><input type="checkbox" class="scripted-only" data-of="${kind}" value="${label}" checked autocomplete="off"><span class="name">${kind === "entity" ? html`<mark class="tint-${tints.of(label)}">${name}</mark>` : name}</span><span class="count">${numbers}</span></label>`;
    },
  )}`;
}
