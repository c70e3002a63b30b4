// A number and its noun, as one says it: "1 row", "2 rows".

/** @param plural the noun for any number but 1; by default with an s */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
