// Says which units failed and what to do about it.
import type { UnitFailure } from "../units/run-units.ts";

/** A failed unit in one line. */
export function describeFailure({ unit, code, message }: UnitFailure, what = "unit"): string {
  return `${what} ${unit} failed: ${code === undefined ? "" : `[${code}] `}${message}`;
}

/** What to do about each kind of failure, once. */
export function remediesOf(failures: readonly UnitFailure[]): readonly string[] {
  const remedies = failures.map(
    ({ code, remedy }) =>
      remedy ?? (code === undefined ? undefined : `relata explain ${code} says what to do.`),
  );
  return [...new Set(remedies)].flatMap((remedy) => (remedy === undefined ? [] : [`  ${remedy}`]));
}
