// What is known about a unit that failed.
import { RelataError } from "../base/errors.ts";

/** A unit that failed. */
export interface UnitFailure {
  readonly unit: number;
  /** Code of the error; undefined for one that relata does not know. */
  readonly code: string | undefined;
  readonly message: string;
  /** What to do, if the process that did the unit is this one. */
  readonly remedy?: string | undefined;
}

/** Describes a unit that failed in this process. */
export function unitFailure(unit: number, error: unknown): UnitFailure {
  return {
    unit,
    code: error instanceof RelataError ? error.code : undefined,
    message: error instanceof Error ? error.message : String(error),
    remedy: error instanceof RelataError ? error.remedy : undefined,
  };
}
