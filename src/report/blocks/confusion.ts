// The confusion matrix as a heat table: counts in every cell, shaded by their share of the row, so that frequent labels do not hide rare ones.
import { type Html, html } from "../html.ts";
import { formatNumber } from "../numbers.ts";
import type { ConfusionMatrix } from "../report-data.ts";

/** Steps of shading; the style sheet has a class for each. */
export const SHADES = 10;

/** Gold labels are rows, predictions are columns; labels that occur in neither are left out and listed. */
export function renderConfusion({ title, labels, counts, absent }: ConfusionMatrix): Html {
  const count = (gold: number, predicted: number) => counts[gold]?.[predicted] ?? 0;
  const places = labels.map((_, at) => at);
  const rowSum = (gold: number) => places.reduce((sum, predicted) => sum + count(gold, predicted), 0);
  const columnSum = (predicted: number) => places.reduce((sum, gold) => sum + count(gold, predicted), 0);
  const used = places.filter((at) => rowSum(at) + columnSum(at) > 0);
  const unused = places.filter((at) => !used.includes(at)).map((at) => labels[at]);
  const head = html`<tr><th scope="col" class="corner">gold ↓ predicted →</th>${used.map(
    (at) => html`<th scope="col" class="turned"><span>${labels[at]}</span></th>`,
  )}<th scope="col" class="turned"><span>recall</span></th></tr>`;
  const rows = used.map((gold) => {
    const sum = rowSum(gold);
    return html`<tr><th scope="row">${labels[gold]}</th>${used.map((predicted) =>
      cell(count(gold, predicted), sum, gold === predicted && labels[gold] !== absent),
    )}<td class="sum">${labels[gold] !== absent && share(count(gold, gold), sum)}</td></tr>`;
  });
  const foot = html`<tr><th scope="row">precision</th>${used.map(
    (at) => html`<td class="sum">${labels[at] !== absent && share(count(at, at), columnSum(at))}</td>`,
  )}<td class="sum"></td></tr>`;
  return html`<div class="block"><h3>${title}</h3><div class="scroll" tabindex="0" role="region" aria-label="${title}"><table class="confusion"><thead>${head}</thead><tbody>${rows}</tbody><tfoot>${foot}</tfoot></table></div><p class="legend">Numbers are counts; the shade is the share of the row. The framed diagonal is correct.${
    unused.length > 0 && ` Neither gold nor predicted: ${unused.join(", ")}.`
  }</p></div>`;
}

function cell(count: number, rowSum: number, right: boolean): Html {
  const shade = rowSum === 0 ? 0 : Math.ceil((count / rowSum) * SHADES);
  const percent = rowSum === 0 ? undefined : `${((100 * count) / rowSum).toFixed(1)} % of the row`;
  return html`<td class="shade-${shade}${right && " right"}" title="${percent}">${count === 0 ? html`<span class="zero">·</span>` : formatNumber(count, 0)}</td>`;
}

function share(part: number, whole: number): string {
  return whole === 0 ? "–" : formatNumber(part / whole, 2);
}
