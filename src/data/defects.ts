// Defects that a reader finds in data, each with a stable code, a place (`file:line`), the value and a severity.
import { DEFECTS, type DefectCode } from "../base/codes/data-defects.ts";
import type { Severity } from "../base/codes/defects/defect-kind.ts";
import { DataError } from "../base/errors.ts";

/** Numbers of annotations. An annotation counts once for each entity or relation that it could become. */
export interface Annotations {
  readonly entities: number;
  readonly relations: number;
}

/** A fault of a row, file or cache entry, or a decision of a reader about annotations. */
export interface Defect {
  readonly code: DefectCode;
  readonly severity: Severity;
  /** `file:line`, lines counted from 1. */
  readonly place: string;
  readonly message: string;
  /** The value found there. */
  readonly value: unknown;
  /** Annotations that are left out because of it, in a format that counts them. */
  readonly leftOut?: Annotations | undefined;
}

/** A defect with the code's default severity. Large values are shortened, because a thousand defects may be listed. */
export function defect(code: DefectCode, place: string, message: string, value?: unknown): Defect {
  return { code, severity: DEFECTS[code].severity, place, message, value: bounded(value) };
}

/** A defect because of which annotations are left out. */
export function leavingOut(found: Defect, { entities = 0, relations = 0 }: Partial<Annotations>): Defect {
  return { ...found, leftOut: { entities, relations } };
}

/** The error that a defect becomes under the policy "strict". */
export function defectError(found: Defect): DataError {
  return new DataError({
    code: found.code,
    message: `${found.place}: ${found.message}`,
    place: found.place,
    value: found.value,
    remedy: DEFECTS[found.code].remedy,
  });
}

const MAX_QUOTE = 80; // a message quotes a value, not a whole post
const MAX_VALUE = 1000; // characters of JSON

/** `value` as it appears in a message: JSON, cut to a readable length. */
export function quote(value: unknown): string {
  const text = jsonOf(value);
  return text.length <= MAX_QUOTE ? text : `${wellFormed(detached(text.slice(0, MAX_QUOTE)))}...`;
}

function bounded(value: unknown): unknown {
  if (typeof value === "string")
    return value.length <= MAX_VALUE ? value : `${detached(value.slice(0, MAX_VALUE))}...`;
  if (typeof value !== "object" || value === null) return value;
  const text = jsonOf(value);
  return text.length <= MAX_VALUE ? value : `${detached(text.slice(0, MAX_VALUE))}...`;
}

/** A value as JSON, its long strings cut. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value, readable) ?? String(value);
  } catch (error) {
    // Only cyclic or extremely deep values reach this; the message shows their type.
    return `a value that cannot be shown (${error instanceof Error ? error.name : "unknown reason"})`;
  }
}

function readable(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string" && value.length > MAX_VALUE) return value.slice(0, MAX_VALUE + 1);
  return value instanceof Uint8Array ? `${value.length} bytes` : value;
}

/** Copies a string: a slice would keep the whole original text in memory. */
function detached(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}

/** Whether a string has no lone surrogate. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text); // with the u flag only lone surrogates match
}

/** The string with each lone surrogate replaced by U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}
