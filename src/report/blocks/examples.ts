// Documents with a model's predictions: picture, text with marked spans, gold and predicted label.
import { formatProbability } from "../../extractors/shared/format-probability.ts";
import { type Html, html } from "../html.ts";
import type { EmbeddedPicture } from "../pictures.ts";
import type { Example, ExampleList, PictureSource, Verdict } from "../report-data.ts";
import { type LabelTints, markText } from "./highlights.ts";

/** What blocks with pictures and marked texts share on a page. */
export interface PageParts {
  readonly tints: LabelTints;
  readonly embed: (source: PictureSource) => Promise<EmbeddedPicture>;
}

/** Returns the list, one card per example. */
export async function renderExamples(
  { title, description, examples }: ExampleList,
  parts: PageParts,
): Promise<Html> {
  const cards: Html[] = [];
  for (const example of examples) cards.push(await card(example, parts)); // one by one: the order decides what fits
  const roles = new Set(
    examples.flatMap(({ highlights }) => highlights?.map(({ role }) => role ?? "gold") ?? []),
  );
  return html`<div class="block"><h3>${title}</h3>${description !== undefined && html`<p>${description}</p>`}${
    roles.has("predicted") &&
    html`<p class="legend">Spans: <mark class="tint-1 gold">gold</mark> <mark class="tint-1 both">gold and found</mark> <mark class="tint-1 predicted">found, not gold</mark></p>`
  }${examples.length === 0 ? html`<p class="legend">None.</p>` : html`<ul class="examples">${cards}</ul>`}</div>`;
}

async function card(example: Example, parts: PageParts): Promise<Html> {
  const { id, text, highlights, outcome, gold, predicted, remark, picture, pictureMissing } = example;
  const shown = picture === undefined ? missing(pictureMissing) : await renderPicture(picture, parts);
  return html`<li class="example${outcome !== undefined && ` ${outcome}`}">${shown}<div class="words"><p class="marked">${markText(text, highlights, parts.tints)}</p><dl class="verdict">${
    outcome !== undefined &&
    html`<div class="outcome"><dt class="unseen">outcome</dt><dd>${outcome === "right" ? "✓ right" : "✗ wrong"}</dd></div>`
  }${gold !== undefined && html`<div><dt>gold</dt><dd>${gold}</dd></div>`}${predicted?.map(renderVerdict)}</dl>${
    remark !== undefined && html`<p class="legend">${remark}</p>`
  }<p class="id">${id}</p></div></li>`;
}

function renderVerdict({ name, label, probability }: Verdict): Html {
  return html`<div><dt>${name}</dt><dd>${label}${probability !== undefined && html` <span class="probability">${formatProbability(probability, 2)} ${bar(probability)}</span>`}</dd></div>`;
}

/** Returns a probability as a small bar, with the number next to it. */
function bar(probability: number): Html {
  const width = Math.round(100 * Math.min(1, Math.max(0, probability)));
  return html`<svg class="bar" viewBox="0 0 100 8" width="50" height="4" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="8"/><rect class="filled" width="${width}" height="8"/></svg>`;
}

/** Returns the picture, or a frame that says why there is none. */
export async function renderPicture(source: PictureSource, { embed }: PageParts): Promise<Html> {
  const picture = await embed(source);
  if (picture.state === "left out") return html`<div class="no-picture">${picture.detail}</div>`;
  return html`<img src="${picture.url}" width="${picture.width}" height="${picture.height}" alt="${source.alt}" decoding="async">`;
}

function missing(reason: string | undefined): Html | undefined {
  return reason === undefined ? undefined : html`<div class="no-picture">${reason}</div>`;
}
