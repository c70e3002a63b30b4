// The contact sheet: for each instance the real view, then every generated view by chain and round, with the teacher's score and the outcome.
import { type Html, html } from "../html.ts";
import { formatNumber } from "../numbers.ts";
import type { ContactSheet, SheetContent, SheetInstance, SheetView } from "../report-data.ts";
import { type PageParts, renderPicture } from "./examples.ts";
import { markText } from "./highlights.ts";

/** Outcomes differ in sign, word and frame; colour is only an aid. */
const OUTCOMES: Readonly<Record<SheetView["outcome"], string>> = {
  kept: "✓ kept",
  dropped: "– dropped",
  rejected: "✗ rejected",
  candidate: "candidate",
};

/** Rounds side by side; the style sheet has a class for each number. */
export const MOST_ROUNDS = 6;

/** Returns the sheet, one part per instance. */
export async function renderContactSheet(sheet: ContactSheet, parts: PageParts): Promise<Html> {
  const instances: Html[] = [];
  for (const instance of sheet.instances) instances.push(await renderInstance(instance, parts)); // in order, since the order decides what fits
  return html`<div class="block"><h3>${sheet.title}</h3>${sheet.description !== undefined && html`<p>${sheet.description}</p>`}${instances}${
    sheet.omitted !== undefined &&
    sheet.omitted > 0 &&
    html`<p class="legend">${formatNumber(sheet.omitted, 0)} more ${sheet.omitted === 1 ? "instance is" : "instances are"} not shown.</p>`
  }</div>`;
}

async function renderInstance({ id, label, real, views }: SheetInstance, parts: PageParts): Promise<Html> {
  const rounds = Math.max(1, ...views.map(({ round }) => round));
  const chains = [...new Set(views.map(({ chain }) => chain))].sort((a, b) => a - b);
  const rows: Html[] = [];
  for (const chain of chains) {
    const cards: Html[] = [];
    const inChain = views.filter((view) => view.chain === chain).sort((a, b) => a.round - b.round);
    for (const view of inChain) cards.push(await renderView(view, parts));
    rows.push(html`<li class="chain"><p class="legend">chain ${chain + 1}</p><ul>${cards}</ul></li>`);
  }
  const kept = views.filter(({ outcome }) => outcome === "kept").length;
  return html`<section class="sheet"><header><h4>${label !== undefined && html`<span class="label">${label}</span>`}<span class="id">${id}</span></h4><p class="legend">${kept} of ${views.length} kept</p></header><div class="sheet-body">${
    real !== undefined &&
    html`<div class="view real"><p class="legend">real view</p>${await renderContent(real, parts)}</div>`
  }<ul class="chains rounds-${Math.min(MOST_ROUNDS, rounds)}">${rows}</ul></div></section>`;
}

async function renderView(view: SheetView, parts: PageParts): Promise<Html> {
  const { outcome, round, crossEntropy, reason, content } = view;
  return html`<li class="view ${outcome}">${await renderContent(content, parts)}<p class="score"><span class="badge">${OUTCOMES[outcome]}</span>${
    crossEntropy !== undefined &&
    html`<span class="cross-entropy" title="the teacher's cross-entropy in nats">${formatNumber(crossEntropy, 2)}</span>`
  }</p><p class="legend">round ${round}${reason !== undefined && html`: ${reason}`}</p></li>`;
}

async function renderContent(content: SheetContent, parts: PageParts): Promise<Html> {
  switch (content.kind) {
    case "text":
      return html`<p class="marked">${markText(content.text, content.highlights, parts.tints)}</p>`;
    case "picture":
      return renderPicture(content.picture, parts);
    default:
      return content satisfies never;
  }
}
