// The common style of all charts: sizes, marks, and colours as CSS variables, so that one drawing serves light, dark and print.
import type { Config } from "vega-lite";

/** The width of a chart: the full column, or half of it and on a phone. Text keeps its size, so the plot differs. */
export interface ChartSize {
  readonly name: "wide" | "narrow";
  /** Pixels of the whole drawing. */
  readonly width: number;
  readonly font: number;
}

export const SIZES: readonly ChartSize[] = [
  { name: "wide", width: 760, font: 12 },
  { name: "narrow", width: 400, font: 12 },
];

/** Space around the plot, for axes and their names, in pixels. */
export interface Padding {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Colours that the style sheet defines for both schemes; distinguishable with any colour vision. */
const SERIES_COLOURS = 6;
const DASHES: readonly (readonly number[])[] = [
  [1, 0],
  [7, 3],
  [2, 3],
  [9, 3, 2, 3],
  [4, 2],
  [12, 4],
];
const SHAPES = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross"] as const;

/** The style of series number `index`: colour, dash and shape all differ. */
export interface SeriesLook {
  /** A CSS colour: a variable of the style sheet. */
  readonly colour: string;
  readonly dash: readonly number[];
  readonly shape: (typeof SHAPES)[number];
}

export function lookOf(index: number): SeriesLook {
  // After all colours are used the dashes shift, so that the seventh differs from the first.
  const turn = index + Math.floor(index / SERIES_COLOURS);
  return {
    colour: `var(--series-${(index % SERIES_COLOURS) + 1})`,
    dash: DASHES[turn % DASHES.length] ?? [1, 0],
    shape: SHAPES[turn % SHAPES.length] ?? "circle",
  };
}

/** Colour of reference lines and their names. */
export const REFERENCE_COLOUR = "var(--muted)";

const FONT = "inherit";

/** Vega-Lite's settings for all charts. */
export function chartConfig(font: number): Config {
  return {
    aria: false, // the figure element names and describes the drawing; its numbers are in a table next to it
    font: FONT,
    background: "transparent",
    view: { stroke: null, fill: null },
    axis: {
      labelFontSize: font,
      titleFontSize: font,
      titleFontWeight: "normal",
      labelColor: "var(--muted)",
      titleColor: "var(--muted)",
      gridColor: "var(--rule)",
      domainColor: "var(--line)",
      tickColor: "var(--line)",
      labelFlush: false,
      labelOverlap: true,
    },
    text: { fontSize: font, color: "var(--text)" },
  };
}
