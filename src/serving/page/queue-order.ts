// Pages of a long list: the next items after a cursor, found in one pass without sorting the rest.

/** How a list is ordered. */
export type QueueOrder = "uncertainty" | "file";

/** Where a page ended: the key of its last item, and its place in the file. */
export interface Cursor {
  readonly key: number;
  readonly index: number;
}

export interface PageRequest {
  readonly count: number;
  readonly limit: number;
  readonly after: Cursor | undefined;
  /** Whether an item is in the list. */
  isWanted(index: number): boolean;
  /** Items with the highest key come first; equal ones in the order of their indices. */
  keyOf(index: number): number;
}

/** The items of a page in order, and the cursor for the next one, if there are more. */
export function pageOf({ count, limit, after, isWanted, keyOf }: PageRequest): {
  readonly items: readonly number[];
  readonly next: Cursor | undefined;
} {
  const best: Cursor[] = []; // sorted; one more than the page shows
  for (let index = 0; index < count; index++) {
    if (!isWanted(index)) continue;
    const key = keyOf(index);
    if (after !== undefined && compare(key, index, after) <= 0) continue;
    const last = best.at(-1);
    if (best.length > limit && last !== undefined && compare(key, index, last) >= 0) continue;
    let at = best.length;
    while (at > 0 && compare(key, index, best[at - 1]!) < 0) at--; // there is one
    best.splice(at, 0, { key, index });
    if (best.length > limit + 1) best.pop();
  }
  const items = best.slice(0, limit);
  return { items: items.map((item) => item.index), next: best.length > limit ? items.at(-1) : undefined };
}

/** Negative if the item comes before the other; a list of 100,000 is compared without making objects. */
function compare(key: number, index: number, other: Cursor): number {
  return other.key - key || index - other.index;
}

/** The cursor as text for a request. */
export function formatCursor({ key, index }: Cursor): string {
  return `${key}:${index}`;
}

/** The cursor of a request's text; undefined for a text that is none. */
export function parseCursor(text: string): Cursor | undefined {
  const match = /^(-?\d+(?:\.\d+)?(?:e-?\d+)?):(\d{1,15})$/.exec(text);
  return match ? { key: Number(match[1]), index: Number(match[2]) } : undefined;
}
