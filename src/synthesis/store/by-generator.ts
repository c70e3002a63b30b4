// Sums over the kinds of generators.
import type { GeneratorRole } from "./ledger-row.ts";

/** A number for every kind of generator. */
export type ByGenerator = Readonly<Record<GeneratorRole, number>>;

/** The sum over all kinds of generators. */
export function totalOf(numbers: ByGenerator): number {
  return Object.values(numbers).reduce((sum, one) => sum + one, 0);
}
