// Lists the first of many names in a message, and counts the others.

/** @example someOf(["a", "b", "c"], 2) // "a, b and 1 more" */
export function someOf(names: readonly (string | number)[], most: number): string {
  const rest = names.length - most;
  return `${names.slice(0, most).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
