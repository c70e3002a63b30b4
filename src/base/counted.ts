// Prints a number with its noun: "1 row", "2 rows", "12,345 rows". Every count in a message, note or page uses it.

/**
 * @param plural the noun for any number but 1; by default with an s
 * @example counted(1, "entity", "entities") // "1 entity"
 */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? noun : plural}`;
}
