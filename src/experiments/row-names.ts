// What the rows of an experiment are called; a row of models that several variants gave has all their names.

/** What a row is called. */
interface RowName {
  readonly variant: string;
  readonly condition?: string | undefined;
}

/** A row that may have other names. */
interface NamedRow extends RowName {
  readonly identical?: readonly RowName[];
}

/** Says in words which names are one model, once for all sets where they are. */
export function sameModelNotes(rows: readonly (NamedRow & { readonly set: string })[]): string[] {
  const sets = new Map<string, string[]>();
  for (const row of rows) {
    if (row.identical === undefined) continue;
    const names = sameNames(row);
    sets.set(names, [...(sets.get(names) ?? []), row.set]);
  }
  return [...sets].map(
    ([names, on]) =>
      `${names} on ${on.join(", ")}: the same models, with weights and predictions equal byte for byte. They share one row and are not tested against each other.`,
  );
}

/** A row's name: its variant, and the condition if it is not the usual one. */
export function nameOf({ variant, condition }: RowName): string {
  return condition === undefined ? variant : `${variant}, ${condition}`;
}

/** All names of a row. */
export function sameNames(row: NamedRow): string {
  return [row, ...(row.identical ?? [])].map(nameOf).join(" = ");
}
