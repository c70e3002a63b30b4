// Reference values: dashed lines across the plot, with names placed so that they do not overlap.
import type { Reference } from "../report-data.ts";
import type { AxisField } from "./axes.ts";
import type { Layers } from "./draw.ts";
import { plottable } from "./plottable.ts";
import { fitText, textWidth } from "./text.ts";
import { type ChartSize, REFERENCE_COLOUR } from "./theme.ts";

const ROW = 15; // pixels from one row of names above the plot to the next
const GAP = 10;

interface Label {
  readonly name: string;
  readonly value: number;
  readonly align: "left" | "right";
  /** Row above the plot (vertical lines) or side of the line (horizontal lines). */
  readonly row: number;
}

/** Rows needed above the plot for the names of vertical lines. */
export function referenceRows(
  references: readonly Reference[] = [],
  field: AxisField,
  width: number,
  size: ChartSize,
): number {
  return Math.max(0, ...placeNames(references, field, width, size).map(({ row }) => row + 1));
}

/** Vertical lines at values of x; names are above the plot and never extend beyond its ends. */
export function verticalReferences(
  references: readonly Reference[] = [],
  field: AxisField,
  width: number,
  size: ChartSize,
): Layers {
  const labels = placeNames(references, field, width, size);
  if (labels.length === 0) return [];
  const x = { ...field, field: "value" };
  return [
    line(labels, { x }),
    ...labels.map(({ name, value, align, row }) => ({
      data: { values: [{ name, value }] },
      mark: {
        type: "text" as const,
        align,
        baseline: "bottom" as const,
        dy: -4 - row * ROW,
        dx: align === "left" ? -2 : 2,
        color: REFERENCE_COLOUR,
      },
      encoding: { x, y: { value: 0 }, text: { field: "name", type: "nominal" as const } },
    })),
  ];
}

/** Horizontal lines at values of y; names are at the right end of the line, or below it if another line is close above. */
export function horizontalReferences(
  references: readonly Reference[] = [],
  field: AxisField,
  plot: { readonly width: number; readonly height: number },
  size: ChartSize,
): Layers {
  const shown = references.filter(({ value }) => plottable(value));
  if (shown.length === 0) return [];
  const y = { ...field, field: "value" };
  const [low, high] = field.scale.domain;
  const close = (ROW / plot.height) * (high - low);
  return [
    line(shown, { y }),
    ...shown.map(({ name, value }) => {
      const crowded = shown.some((other) => other.value > value && other.value - value < close);
      return {
        data: { values: [{ name: fitText(name, plot.width * 0.8, size.font), value }] },
        mark: {
          type: "text" as const,
          align: "right" as const,
          baseline: crowded ? ("top" as const) : ("bottom" as const),
          dy: crowded ? 3 : -3,
          color: REFERENCE_COLOUR,
        },
        encoding: { y, x: { value: "width" as const }, text: { field: "name", type: "nominal" as const } },
      };
    }),
  ];
}

function line(values: readonly Reference[], encoding: object): Layers[number] {
  return {
    data: { values: values.map(({ name, value }) => ({ name, value })) },
    mark: { type: "rule", strokeDash: [5, 4], color: REFERENCE_COLOUR, strokeWidth: 1.2 },
    encoding,
  };
}

/** Goes from left to right and puts each name in the lowest free row. */
function placeNames(
  references: readonly Reference[],
  { scale }: AxisField,
  width: number,
  size: ChartSize,
): Label[] {
  const at = scale.type === "log" ? Math.log : (value: number) => value;
  const [low, high] = [at(scale.domain[0]), at(scale.domain[1])];
  const ends: number[] = []; // the end of each row's last name
  return references
    .filter(({ value }) => plottable(value))
    .sort((a, b) => a.value - b.value)
    .map(({ name, value }): Label => {
      const pixel = ((at(value) - low) / (high - low)) * width;
      const shown = fitText(name, width * 0.6, size.font);
      const wide = textWidth(shown, size.font);
      const align = pixel + wide > width ? "right" : "left";
      const begin = align === "left" ? pixel : pixel - wide;
      const free = ends.findIndex((end) => end + GAP <= begin);
      const row = free === -1 ? ends.length : free;
      ends[row] = begin + wide;
      return { name: shown, value, align, row };
    });
}

/** Pixels above the plot for the names of vertical lines. */
export function referenceSpace(rows: number): number {
  return rows === 0 ? 0 : 8 + rows * ROW;
}
