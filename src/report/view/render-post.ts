// One post of the page: its picture, its text with marked mentions, its relations as rows that read as sentences.
import { formatProbability } from "../../extractors/shared/format-probability.ts";
import { type PageParts, renderPicture } from "../blocks/examples.ts";
import { markText } from "../blocks/highlights.ts";
import { visibleText } from "../blocks/visible-text.ts";
import { type Html, html } from "../html.ts";
import type { PictureSource } from "../report-data.ts";
import type { Side, Standing, ViewedEntity, ViewedPost, ViewedRelation } from "./viewed-post.ts";

/** The picture to show, why there is none, or undefined for a post that names none. */
export type PostPicture = PictureSource | { readonly from: "nowhere"; readonly why: string } | undefined;

const STANDINGS: Readonly<Record<Standing, string>> = {
  both: "✓ gold and found",
  gold: "✗ missed",
  predicted: "✗ not gold",
};

/** A longer text may be cut off and scroll, so the keyboard must reach it. */
const LONG = 1500;

/** Probabilities in a text have two digits: more would not help a reader. */
const DIGITS = 2;

/** Returns the post's article. `at` counts from 1. */
export async function renderPost(
  post: ViewedPost,
  at: number,
  picture: PostPicture,
  parts: PageParts,
): Promise<Html> {
  const { id, sides, differs, notes } = post;
  const shown =
    picture === undefined
      ? undefined
      : picture.from === "nowhere"
        ? html`<div class="no-picture">${picture.why}</div>`
        : await renderPicture(picture, parts);
  return html`<article class="post" aria-labelledby="post-${at}" data-id="${id}"${differs && html` data-differs=""`}>${shown}<div class="words"><h2 id="post-${at}"><span class="id">${visibleText(id)}</span></h2><div class="sides${sides.length > 1 && " two"}">${sides.map(
    (side) => renderSide(post, side, parts),
  )}</div>${notes.map((note) => html`<p class="legend">${note}</p>`)}</div></article>\n`;
}

function renderSide({ text }: ViewedPost, { name, entities, relations }: Side, { tints }: PageParts): Html {
  const highlights = entities.map((entity) => ({
    ...entity,
    role: entity.standing ?? ("gold" as const),
    detail: probabilityOf(entity),
  }));
  const marked = markText(text, highlights, tints, (span) => attributes("entity", span as ViewedEntity));
  return html`<div class="side">${name !== undefined && html`<h3>${name}</h3>`}<p class="marked" dir="auto"${text.length > LONG && html` tabindex="0"`}>${marked}</p>${
    relations.length > 0 &&
    html`<ul class="relations" aria-label="relations">${relations.map((relation) =>
      renderRelation(text, entities, relation, tints),
    )}</ul>`
  }</div>`;
}

function renderRelation(
  text: string,
  entities: readonly ViewedEntity[],
  relation: ViewedRelation,
  tints: PageParts["tints"],
): Html {
  const { head, tail, label, standing } = relation;
  const mention = (at: number) => {
    const { start, end, label: type } = entities[at] as ViewedEntity; // readers check the indices
    return html`<mark class="tint-${tints.of(type)}">${visibleText(text.slice(start, end))}</mark>`;
  };
  const probability = probabilityOf(relation);
  return html`<li${attributes("relation", relation)}>${mention(head)} <span class="arrow"><b>${visibleText(label)}</b></span> ${mention(tail)}${
    probability !== undefined && html` <span class="probability">${probability}</span>`
  }${standing !== undefined && html` <span class="standing ${standing}">${STANDINGS[standing]}</span>`}</li>`;
}

/** What the script filters by. */
function attributes(
  kind: "entity" | "relation",
  { label, probability }: { readonly label: string; readonly probability?: number },
): Html {
  return html` data-kind="${kind}" data-label="${label}"${probability !== undefined && html` data-probability="${probability}"`}`;
}

function probabilityOf({ probability }: { readonly probability?: number }): string | undefined {
  return probability === undefined ? undefined : formatProbability(probability, DIGITS);
}
