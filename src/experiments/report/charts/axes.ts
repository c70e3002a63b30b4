// Axes and reference lines as all charts have them: the name of y above the plot, few ticks, dashed lines with their names.
import type { Axis, Reference } from "../report-data.ts";
import type { Layers } from "./draw.ts";
import { type ChartSize, REFERENCE_COLOUR } from "./theme.ts";

const SPARE = 0.06; // of the range, so that no mark lies on the frame

/** Scale and axis of one dimension. */
export interface AxisField {
  readonly type: "quantitative";
  readonly scale: {
    readonly type: "linear" | "log";
    readonly domain: [number, number];
    readonly nice: false;
    readonly zero?: false;
  };
  readonly axis: Readonly<Record<string, unknown>>;
}

/** The axis as it can be drawn: logarithmic only where all values are above 0. */
export function drawable(axis: Axis, values: readonly number[]): Axis {
  if (axis.scale !== "log" || values.every((value) => value > 0)) return axis;
  const { scale: _, ...linear } = axis;
  return linear;
}

/** The smallest and largest of all values, with some room; the axis' own range where it has one. */
export function domainOf(axis: Axis, values: readonly number[]): [number, number] {
  if (axis.range !== undefined) return [axis.range[0], axis.range[1]];
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return axis.scale === "log" ? [1, 10] : [0, 1];
  const low = finite.reduce((a, b) => Math.min(a, b));
  const high = finite.reduce((a, b) => Math.max(a, b));
  if (axis.scale === "log") return low === high ? [low / 2, high * 2] : [low / 1.2, high * 1.2];
  const room = low === high ? Math.max(Math.abs(low) * 0.1, 0.5) : (high - low) * SPARE;
  // A quantity that is never negative does not get an axis below zero.
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
}

const LEAST_PIXELS_PER_TICK = { x: 80, y: 45 };

/** The horizontal axis, with its name below. */
export function xAxis(axis: Axis, domain: [number, number], width: number): AxisField {
  return {
    type: "quantitative",
    scale: scaleOf(axis, domain),
    axis: {
      title: axis.label,
      titlePadding: 8,
      titleLimit: width,
      grid: false,
      ...ticks(axis, domain, Math.floor(width / LEAST_PIXELS_PER_TICK.x)),
    },
  };
}

/** The vertical axis, with its name above the plot, where it need not be turned. */
export function yAxis(axis: Axis, domain: [number, number], height: number, left: number): AxisField {
  return {
    type: "quantitative",
    scale: scaleOf(axis, domain),
    axis: {
      title: axis.label,
      titleAngle: 0,
      titleAlign: "left",
      titleBaseline: "bottom",
      titleX: -left,
      titleY: -10,
      titleAnchor: "end",
      domain: false,
      ticks: false,
      labelPadding: 6,
      ...ticks(axis, domain, Math.floor(height / LEAST_PIXELS_PER_TICK.y)),
    },
  };
}

function scaleOf(axis: Axis, domain: [number, number]): AxisField["scale"] {
  if (axis.scale === "log") return { type: "log", domain, nice: false };
  return { type: "linear", domain, nice: false, zero: false };
}

function ticks(axis: Axis, [low, high]: readonly [number, number], most: number) {
  if (axis.scale === "log") return { tickCount: Math.max(2, Math.min(most, 6)), format: "~g" };
  if (axis.integer !== true) return { tickCount: Math.max(2, most) };
  const [first, last] = [Math.ceil(low), Math.floor(high)];
  const step = Math.max(1, Math.ceil((last - first + 1) / Math.max(1, most)));
  const values = Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step);
  return { values, format: "d" };
}

/** Pixels that the labels of a vertical axis need, by the figures of its ends. */
export function labelWidth([low, high]: readonly [number, number], size: ChartSize): number {
  const digits = Math.max(...[low, high].map((value) => Math.trunc(Math.abs(value)).toString().length));
  const fraction = high - low < 10 ? 3 : 0;
  return Math.ceil((digits + fraction + (low < 0 ? 1 : 0)) * size.font * 0.62) + 10;
}

/** Dashed lines across the plot, each with its name at the end. */
export function referenceLayers(
  references: readonly Reference[] | undefined,
  channel: "x" | "y",
  field: AxisField,
): Layers {
  if (references === undefined || references.length === 0) return [];
  const values = references.map(({ name, value }) => ({ name, value }));
  const position = { ...field, field: "value" };
  const across = channel === "y" ? { x: { value: "width" as const } } : { y: { value: 0 } };
  return [
    {
      data: { values },
      mark: { type: "rule", strokeDash: [5, 4], color: REFERENCE_COLOUR, strokeWidth: 1.2 },
      encoding: { [channel]: position },
    },
    {
      data: { values },
      mark: {
        type: "text",
        align: channel === "y" ? "right" : "left",
        baseline: channel === "y" ? "bottom" : "bottom",
        dy: channel === "y" ? -3 : -4,
        dx: channel === "y" ? 0 : 0,
        color: REFERENCE_COLOUR,
        limit: 260,
      },
      encoding: { [channel]: position, ...across, text: { field: "name", type: "nominal" } },
    },
  ];
}
