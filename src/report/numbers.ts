// Formats numbers for a report: fixed digits, a true minus sign, thin groups of thousands, a dash for a missing number.
import { meanAndDeviation } from "../base/statistics.ts";
import type { Measure } from "./report-data.ts";

/** Default number of decimals. */
export const DEFAULT_DIGITS = 3;
/** Shown for a missing number. */
export const NOTHING = "–";

const GROUP = "\u202f"; // narrow no-break space
const MINUS = "\u2212";

const FIXED_BELOW = 1e15; // above this, a double has no decimals, and digit groups stop being readable

/** 1234.5 with 1 digit: "1 234.5"; a number that is not finite becomes a dash, one of sixteen or more digits has an exponent. */
export function formatNumber(value: number, digits = DEFAULT_DIGITS): string {
  if (!Number.isFinite(value)) return NOTHING;
  if (Math.abs(value) >= FIXED_BELOW) {
    const exponential = Math.abs(value).toExponential(Math.max(digits, DEFAULT_DIGITS)).replace("+", "");
    return `${value < 0 ? MINUS : ""}${exponential}`;
  }
  const fixed = Math.abs(value).toFixed(digits);
  const [whole = "", fraction] = fixed.split(".");
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, GROUP) : whole;
  const sign = value < 0 && Number(fixed) !== 0 ? MINUS : "";
  return `${sign}${grouped}${fraction === undefined ? "" : `.${fraction}`}`;
}

/** Returns mean and spread of several runs' values, for a table. */
export function measureOf(values: readonly number[]): Measure {
  const { mean, deviation } = meanAndDeviation(values);
  return {
    mean,
    ...(deviation === undefined ? {} : { spread: deviation }),
    ...(values.length === 0 ? {} : { values }),
  };
}
