// Says which units failed and what to do about it.
import { counted } from "../base/counted.ts";
import type { QueuedOutcome } from "../synthesis/run-queued-parts.ts";
import type { UnitFailure } from "../units/unit-failure.ts";

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

/** What became of the parts of a store that workers got. */
export function describeParts({ parts, givenUp, requeued }: QueuedOutcome): readonly string[] {
  return [
    `${counted(parts, "part")} done by workers${givenUp.length > 0 ? `, ${givenUp.length} given up` : ""}${requeued > 0 ? `, ${requeued} put into the queue again` : ""}`,
    ...givenUp.map((failure) => describeFailure(failure, "part")),
    ...remediesOf(givenUp),
  ];
}
