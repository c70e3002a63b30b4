// Draws a chart as SVG text, without a browser.
// Why Vega-Lite: error bars, layers and axes are declared, not programmed; it draws on a server without a DOM or a native canvas, is maintained
// by a university lab with regular releases, and passes CSS variables through as colours, so one drawing serves light, dark and print. It takes
// 25 MB installed, loaded only when a report is drawn (ECharts: 67 MB, and error bars by hand; Observable Plot: needs a DOM).
// Its expressions are interpreted (vega-interpreter): no code is generated from strings.
import type { TopLevelSpec } from "vega-lite";
import { Html, html, legible } from "../html.ts";
import { type ChartSize, chartConfig, type Padding, SIZES } from "./theme.ts";

export type Layers = Extract<TopLevelSpec, { layer: unknown }>["layer"];

/** A chart at one size: its drawing, background and margins. */
export interface Plot {
  readonly layers: Layers;
  /** Pixels, without the padding. */
  readonly height: number;
  readonly padding: Padding;
}

/** The drawing at both sizes; the style sheet shows the one that fits. */
export async function drawChart(
  title: string,
  description: string,
  id: string,
  plotAt: (size: ChartSize, plotWidth: (padding: Padding) => number) => Plot,
): Promise<Html> {
  const drawings: Html[] = [];
  for (const size of SIZES) {
    const plotWidth = ({ left, right }: Padding) => size.width - left - right;
    drawings.push(
      frame(await draw(plotAt(size, plotWidth), size), title, description, `${id}-${size.name}`, size),
    );
  }
  return html`<div class="chart">${drawings}</div>`;
}

interface Drawing {
  readonly marks: string;
  readonly height: number;
}

async function draw({ layers, height, padding }: Plot, size: ChartSize): Promise<Drawing> {
  const [vega, { compile }, { expressionInterpreter }] = await Promise.all([
    import("vega"),
    import("vega-lite"),
    import("vega-interpreter"),
  ]);
  const { left, right, top, bottom } = padding;
  const spec: TopLevelSpec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    width: size.width - left - right,
    height,
    padding: { left, right, top, bottom },
    autosize: { type: "none" },
    config: chartConfig(size.font),
    data: { values: [] },
    layer: layers,
  };
  const runtime = vega.parse(compile(spec, { logger: new Complaints() }).spec, undefined, { ast: true });
  const view = new vega.View(runtime, { expr: expressionInterpreter, renderer: "none" });
  view.logger(new Complaints());
  try {
    return { marks: inside(await view.toSVG()), height: top + height + bottom };
  } finally {
    view.finalize();
  }
}

/** A Vega warning is a defect in a chart's description, so it becomes an error. */
class Complaints {
  #level = 0;
  level(): number;
  level(level: number): this;
  level(level?: number): number | this {
    if (level === undefined) return this.#level;
    this.#level = level;
    return this;
  }
  error(...args: readonly unknown[]): this {
    throw new Error(`a chart cannot be drawn: ${args.map(String).join(" ")}`);
  }
  warn(...args: readonly unknown[]): this {
    throw new Error(`a chart has an invalid description: ${args.map(String).join(" ")}`);
  }
  info(): this {
    return this;
  }
  debug(): this {
    return this;
  }
}

const OUTER = /^<svg[^>]*>([\s\S]*)<\/svg>\s*$/;
const TAG = /<[^<>]*>/g; // Vega escapes both signs in texts and attributes
const EMPTY_GROUND = /^<path class="(?:background|foreground)"/; // groups draw nothing here
const IDLE_ATTRIBUTES =
  / (?:pointer-events|aria-hidden|aria-roledescription|role|class)="[^"]*"| opacity="1"/g;
const GEOMETRY = / (?:d|transform|x2|y2)="[^"]*"/g;
const LONG_FRACTION = /(\d+\.\d{2})\d+/g; // hundredths of a pixel are enough

/** Strips the outer element and everything invisible and inaudible: half of the size. */
function inside(svg: string): string {
  const marks = OUTER.exec(svg)?.[1];
  if (marks === undefined) throw new Error("a chart was not drawn as SVG");
  return legible(marks).replace(TAG, (tag) => {
    if (EMPTY_GROUND.test(tag)) return "";
    return tag
      .replace(IDLE_ATTRIBUTES, "")
      .replace(GEOMETRY, (attribute) => attribute.replace(LONG_FRACTION, "$1"));
  });
}

function frame(
  { marks, height }: Drawing,
  title: string,
  description: string,
  id: string,
  { name, width }: ChartSize,
): Html {
  return html`<svg class="${name}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${id}-title ${id}-description"><title id="${id}-title">${title}</title><desc id="${id}-description">${description}</desc>${new Html(marks)}</svg>`;
}
