// Rows of MI2RAGE's presets that compare selections by teachers: shares, thresholds, and those that decide by what teachers measured.
import type { Config } from "../../config/schema.ts";
import type { PresetOptions } from "../plan.ts";

type Settings = Config["synthesis"]["selection"];

/** A row: what it changes of the configuration's selection. */
export interface SelectionRow {
  readonly name: string;
  readonly description: string;
  readonly selection: Pick<Settings, "method"> &
    Partial<Pick<Settings, "share" | "margin">> & { readonly gate?: { readonly enabled: boolean } };
  /** Position in a sweep. */
  readonly value?: number;
}

const SHARES = [0.25, 0.5, 0.75, 1];
/** In nats. */
const MARGINS = [-0.5, 0, 0.5];

/** Shares of each example's views, from the teachers' best. */
export function shareRows({ values = SHARES }: Pick<PresetOptions, "values">): SelectionRow[] {
  return values.map((share) => ({
    name: `share-${share}`,
    description: share === 1 ? "all accepted views" : `a share of ${share} of the views by teacher`,
    selection: { method: "teacher", share },
    value: share,
  }));
}

/** Thresholds on what a view says about the label, by their margins. */
export function marginRows({ values = MARGINS }: Pick<PresetOptions, "values">): SelectionRow[] {
  return values.map((margin) => ({
    name: margin === 0 ? "threshold" : `threshold-${margin < 0 ? "minus-" : ""}${Math.abs(margin)}`,
    description: `views that ${margin < 0 ? `raise the label's log-probability by at least ${-margin}` : `lower the label's log-probability by at most ${margin}`} nats`,
    selection: { method: "threshold", margin },
    value: margin,
  }));
}

/** Selections that decide by what teachers measured: a share that matches real views, and a gate before the teachers' choice. */
export const MEASURED_ROWS: readonly SelectionRow[] = [
  {
    name: "match",
    description: "the share from which teachers name the label as often as from real second views",
    selection: { method: "teacher", share: "match" },
  },
  {
    name: "gate",
    description:
      "the teacher's share, if second teachers find that views tell about their own example; else all",
    selection: { method: "teacher", gate: { enabled: true } },
  },
  {
    name: "gate-threshold",
    description: "the threshold of margin 0 behind the same gate",
    selection: { method: "threshold", margin: 0, gate: { enabled: true } },
  },
];
