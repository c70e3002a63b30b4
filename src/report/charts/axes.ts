// Axes for all charts: the name of y above the plot, few ticks at round numbers.
import type { Axis } from "../report-data.ts";
import { extentOf, isPoint, plottable, plottableAsLogarithm } from "./plottable.ts";
import { fitText } from "./text.ts";
import type { ChartSize, Padding } from "./theme.ts";

const SPARE = 0.06; // of the range, so that no mark touches the frame

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

/** Returns the axis as drawn: logarithmic only if all plottable values are above 0. */
export function drawable(axis: Axis, values: readonly number[]): Axis {
  if (axis.scale !== "log" || values.filter(plottable).every(plottableAsLogarithm)) return axis;
  const { scale: _, ...linear } = axis;
  return linear;
}

/** Returns the smallest and largest plottable value, with some margin; or the axis' own range if it has one. */
export function domainOf(axis: Axis, values: readonly number[]): [number, number] {
  if (axis.range !== undefined) return [axis.range[0], axis.range[1]];
  const extent = extentOf(values);
  if (extent === undefined) return axis.scale === "log" ? [1, 10] : [0, 1];
  const [low, high] = extent;
  const point = isPoint(extent);
  if (axis.scale === "log") return point ? [low / 2, high * 2] : [low / 1.2, high * 1.2];
  const room = point ? Math.max(Math.abs(low) * 0.1, 0.5) : (high - low) * SPARE;
  // A quantity that is never negative gets no axis below zero.
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
}

const LEAST_PIXELS_PER_TICK = { x: 80, y: 45 };

/** Returns the horizontal axis, with its name below. */
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

/** Returns the vertical axis, with its name above the plot, so that it reads horizontally. */
export function yAxis(
  axis: Axis,
  domain: [number, number],
  height: number,
  { left, right }: Padding,
  size: ChartSize,
): AxisField {
  return {
    type: "quantitative",
    scale: scaleOf(axis, domain),
    axis: {
      title: fitText(axis.label, size.width - right, size.font),
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
  if (axis.scale === "log") return { values: logTicks(low, high, most), format: "~g" };
  if (axis.integer !== true) return { tickCount: Math.max(2, most), ...unusualFormat(low, high) };
  const step = wholeStep((high - low) / (most + 1));
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return { values: Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step), format: "d" };
}

const LONGEST_WHOLE = 7; // digits in a label before it is written with an exponent

/** Labels with an exponent where numbers are too large or too small to write out. */
function unusualFormat(low: number, high: number): { readonly format?: string } {
  const largest = Math.max(Math.abs(low), Math.abs(high));
  return largest >= 10 ** LONGEST_WHOLE || (largest > 0 && largest < 1e-5) ? { format: "~g" } : {};
}

/** Returns the smallest of 1, 2, 5, 10, 20 and so on that is not below the value. */
function wholeStep(least: number): number {
  for (let power = 1; ; power *= 10) {
    for (const step of [power, 2 * power, 5 * power]) if (step >= least) return step;
  }
}

/** 1, 2 and 5 times the powers of ten, or only the powers if those are too many. */
function logTicks(low: number, high: number, most: number): number[] {
  const powers = Array.from(
    { length: Math.floor(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
    (_, i) => 10 ** (Math.floor(Math.log10(low)) + i),
  );
  const inside = (values: readonly number[]) => values.filter((value) => value >= low && value <= high);
  const fine = inside(powers.flatMap((power) => [power, 2 * power, 5 * power]));
  const coarse = inside(powers);
  return fine.length <= most + 2 || coarse.length < 2 ? fine : coarse;
}

/** Pixels for the labels of a vertical axis, from the digits of its ends. */
export function labelWidth([low, high]: readonly [number, number], size: ChartSize): number {
  const digits = Math.max(...[low, high].map((value) => Math.trunc(Math.abs(value)).toString().length));
  const characters =
    unusualFormat(low, high).format !== undefined ? LONGEST_WITH_EXPONENT : digits + fractionOf(high - low);
  return Math.ceil((characters + (low < 0 ? 1 : 0)) * size.font * 0.62) + 10;
}

const LONGEST_WITH_EXPONENT = 9;

/** Number of characters for the decimal point and decimals that distinguish the ticks of a range. */
function fractionOf(width: number): number {
  if (width >= 10) return 0;
  return Math.max(3, 2 - Math.floor(Math.log10(width)));
}
