// The page of a report: headline, table of contents, sections, record. It runs no script.

import { counted } from "../base/counted.ts";
import { formatBytes } from "../base/format-bytes.ts";
import { isChart, renderChart } from "./blocks/chart.ts";
import { renderConfusion } from "./blocks/confusion.ts";
import { renderContactSheet } from "./blocks/contact-sheet.ts";
import { type PageParts, renderExamples } from "./blocks/examples.ts";
import { LabelTints } from "./blocks/highlights.ts";
import { renderTable } from "./blocks/table.ts";
import { type Html, html } from "./html.ts";
import { DEFAULT_DIGITS, formatNumber } from "./numbers.ts";
import { framePage, themeChoice } from "./page-frame.ts";
import type { PictureEmbedder } from "./pictures.ts";
import type { Block, Fact, Json, Note, ReportData, Section } from "./report-data.ts";
import { STYLE } from "./style.ts";

/** Returns the whole document as text. */
export async function renderPage(data: ReportData, pictures: PictureEmbedder): Promise<string> {
  const parts: PageParts = { tints: new LabelTints(), embed: (source) => pictures.embed(source) };
  const sections: Html[] = [];
  for (const [at, section] of data.sections.entries()) sections.push(await renderSection(section, at, parts));
  const record = renderRecord(data);
  const names = [
    ...data.sections.map(({ title, shortTitle }, at) => ({
      name: shortTitle ?? title,
      anchor: `section-${at + 1}`,
    })),
    ...(record === undefined ? [] : [{ name: "Record", anchor: "record" }]),
  ];
  return framePage({
    title: data.title,
    style: STYLE,
    body: html`<nav aria-label="Contents"><ol>${names.map(({ name, anchor }) => html`<li><a href="#${anchor}">${name}</a></li>`)}</ol>${themeChoice()}</nav>
<main id="content" tabindex="-1">
<header class="headline"><h1>${data.title}</h1>${data.subtitle !== undefined && html`<p class="subtitle">${data.subtitle}</p>`}${renderNotes(data.notes)}${renderFacts(data.facts)}</header>
${sections}
${record}
${renderPictureAccount(pictures)}
</main>`,
  });
}

/** Returns notes as paragraphs. */
export function renderNotes(notes: readonly Note[] = []): Html[] {
  return notes.map(
    ({ tone, text }) =>
      html`<p class="note ${tone}">${tone === "caution" && html`<strong>Note:</strong> `}${text}</p>`,
  );
}

/** Returns headline numbers as a list. */
export function renderFacts(facts: readonly Fact[] = []): Html | undefined {
  if (facts.length === 0) return undefined;
  return html`<dl class="facts">${facts.map(({ label, value, digits = DEFAULT_DIGITS, spread, detail }) => {
    const shown = typeof value === "number" ? formatNumber(value, digits) : value;
    return html`<div><dt>${label}</dt><dd><span class="value">${shown}</span>${
      spread !== undefined && html`<span class="spread"> ± ${formatNumber(spread, digits)}</span>`
    }${detail !== undefined && html`<span class="detail">${detail}</span>`}</dd></div>`;
  })}</dl>`;
}

async function renderSection(section: Section, at: number, parts: PageParts): Promise<Html> {
  const anchor = `section-${at + 1}`;
  const blocks: Html[] = [];
  let charts: Html[] = []; // neighbours are side by side if there is room
  for (const [i, block] of section.blocks.entries()) {
    const rendered = await renderBlock(block, `chart-${at + 1}-${i + 1}`, parts);
    if (isChart(block)) {
      charts.push(rendered);
      continue;
    }
    blocks.push(sideBySide(charts), rendered);
    charts = [];
  }
  blocks.push(sideBySide(charts));
  return html`<section id="${anchor}" aria-labelledby="${anchor}-title"><h2 id="${anchor}-title">${section.title}</h2>${
    section.intro !== undefined && html`<p>${section.intro}</p>`
  }${blocks}</section>\n`;
}

function sideBySide(charts: readonly Html[]): Html {
  return charts.length > 1 ? html`<div class="pair">${charts}</div>` : html`${charts}`;
}

async function renderBlock(block: Block, id: string, parts: PageParts): Promise<Html> {
  switch (block.kind) {
    case "text":
      return html`<p>${block.text}</p>`;
    case "table":
      return renderTable(block);
    case "lines":
    case "dots":
    case "histogram":
    case "calibration":
    case "precision-recall":
      return renderChart(block, id);
    case "confusion":
      return renderConfusion(block);
    case "examples":
      return renderExamples(block, parts);
    case "contact-sheet":
      return renderContactSheet(block, parts);
    case "json":
      return foldedJson(block.title, block.value);
    default:
      return block satisfies never;
  }
}

function foldedJson(title: string, value: Json): Html {
  return html`<details class="block"><summary>${title}</summary><pre tabindex="0">${JSON.stringify(value, undefined, 2)}</pre></details>`;
}

/** What is needed to repeat the run: configuration, fingerprints, versions and machine. */
function renderRecord({ config, fingerprints, environment }: ReportData): Html | undefined {
  const parts = [
    config === undefined ? undefined : foldedJson("Configuration", config),
    namedValues("Fingerprints (SHA-256)", fingerprints),
    namedValues("Versions and machine", environment),
  ];
  if (parts.every((part) => part === undefined)) return undefined;
  return html`<section id="record" aria-labelledby="record-title"><h2 id="record-title">Record</h2>${parts}</section>`;
}

function namedValues(
  title: string,
  values: Readonly<Record<string, string | number>> = {},
): Html | undefined {
  const entries = Object.entries(values);
  if (entries.length === 0) return undefined;
  return html`<div class="block"><h3>${title}</h3><dl class="named">${entries.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl></div>`;
}

/** Says which pictures are not on the page; empty if all are. */
export function renderPictureAccount(pictures: PictureEmbedder): Html | undefined {
  const { embedded, bytes, leftOut } = pictures.account;
  const reasons = [
    [leftOut.limit, "because the page would become too large"],
    [leftOut.missing, "because their files are missing"],
    [leftOut.broken, "because they cannot be read"],
  ] as const;
  const said = reasons
    .filter(([count]) => count > 0)
    .map(([count, why]) => `${formatNumber(count, 0)} ${why}`);
  if (said.length === 0) return undefined;
  return html`<footer><p class="legend">This page shows ${counted(embedded, "picture")} (${formatBytes(bytes)}). Left out: ${said.join(", ")}.</p></footer>`;
}
