// Tables of numbers: decimals aligned, spread and significance marks in separate columns, wide tables in a scrolling frame.
import { type Html, html } from "../html.ts";
import { DEFAULT_DIGITS, formatNumber, NOTHING } from "../numbers.ts";
import type { Cell, Measure, TableBlock, TableColumn } from "../report-data.ts";
import { SHADES } from "./confusion.ts";

/** Returns the table with its title, folded if requested. */
export function renderTable(table: TableBlock): Html {
  const body = html`${tableFrame(table)}${table.legend === undefined ? null : html`<p class="legend">${table.legend}</p>`}`;
  if (table.folded === true)
    return html`<details class="block"><summary>${table.title}</summary>${body}</details>`;
  return html`<div class="block"><h3>${table.title}</h3>${body}</div>`;
}

/** Returns only the table, in a frame that scrolls sideways and can be reached by keyboard. */
export function tableFrame({ title, columns, rows, shaded }: TableBlock): Html {
  const shadeOf = shaded === true ? shadesOf(rows) : () => undefined;
  const shapes = columns.map((column, at) =>
    shapeOf(
      column,
      rows.map((row) => row[at] ?? null),
    ),
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table class="numbers"><thead><tr>${columns.map(
    ({ header }, at) =>
      html`<th scope="col" class="${shapes[at]?.numeric === true && "number"}">${header}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) => html`<tr>${row.map((cell, at) => renderCell(cell, at, shapes[at] ?? TEXT, shadeOf(cell)))}</tr>`,
  )}</tbody></table></div>`;
}

/** What the cells of one column need to align their parts. */
interface ColumnShape {
  readonly numeric: boolean;
  readonly digits: number;
  readonly unit: string;
  /** Characters of the longest " ± spread" and of the longest mark; 0 if no cell has one. */
  readonly spread: number;
  readonly mark: number;
}

const TEXT: ColumnShape = { numeric: false, digits: DEFAULT_DIGITS, unit: "", spread: 0, mark: 0 };

function isMeasure(cell: Cell): cell is Measure {
  return typeof cell === "object" && cell !== null;
}

function shapeOf({ digits = DEFAULT_DIGITS, unit = "" }: TableColumn, cells: readonly Cell[]): ColumnShape {
  const measures = cells.filter(isMeasure);
  return {
    numeric: cells.some((cell) => typeof cell === "number" || isMeasure(cell)),
    digits,
    unit,
    spread: Math.max(
      0,
      ...measures.map(({ spread }) => (spread === undefined ? 0 : spreadText(spread, digits).length)),
    ),
    mark: Math.max(0, ...measures.map(({ mark }) => mark?.length ?? 0)),
  };
}

const spreadText = (spread: number, digits: number) => `\u00a0± ${formatNumber(spread, digits)}`;

function renderCell(cell: Cell, at: number, shape: ColumnShape, shade: number | undefined): Html {
  const content = cellContent(cell, shape);
  if (at === 0) return html`<th scope="row" class="${shape.numeric && "number"}">${content}</th>`;
  const shading = shade === undefined ? "" : ` shade-${shade}`;
  return html`<td class="${shape.numeric && `number${shading}`}">${content}</td>`;
}

const numberIn = (cell: Cell) => (isMeasure(cell) ? cell.mean : typeof cell === "number" ? cell : undefined);

/** The shade of each number: 1 for the smallest of the table, `SHADES` for the largest; none where all are equal. */
function shadesOf(rows: TableBlock["rows"]): (cell: Cell) => number | undefined {
  const numbers = rows.flatMap((row) => row.slice(1).flatMap((cell) => numberIn(cell) ?? []));
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return (cell) => {
    const number = numberIn(cell);
    if (number === undefined || !(most > least)) return undefined;
    return 1 + Math.round(((number - least) / (most - least)) * (SHADES - 1));
  };
}

function cellContent(cell: Cell, { digits, unit, spread, mark }: ColumnShape): Html {
  if (typeof cell === "string") return html`${cell}`;
  if (cell === null) return html`<span class="nothing">${NOTHING}</span>${pad(spread)}${pad(mark)}`;
  const measure: Measure = typeof cell === "number" ? { mean: cell } : cell;
  const values = measure.values?.map((value) => formatNumber(value, digits)).join(", ");
  const mean = html`${formatNumber(measure.mean, digits)}${unit}`;
  return html`<span class="mean"${values !== undefined && html` title="runs: ${values}"`}>${measure.best === true ? html`<strong>${mean}</strong>` : mean}</span>${
    measure.spread === undefined
      ? pad(spread)
      : html`<span class="spread pad-${width(spread)}">${spreadText(measure.spread, digits)}</span>`
  }${measure.mark === undefined ? pad(mark) : html`<span class="mark pad-${width(mark)}">${measure.mark}</span>`}`;
}

/** Reserves the space of a part that this cell lacks. */
function pad(characters: number): Html | undefined {
  return characters === 0 ? undefined : html`<span class="pad-${width(characters)}"></span>`;
}

/** The style sheet has classes up to this number; longer parts are not aligned. */
export const WIDEST_PAD = 14;
const width = (characters: number) => Math.min(WIDEST_PAD, characters);
