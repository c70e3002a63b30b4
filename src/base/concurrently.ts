// Maps items a few at a time.

/**
 * Maps every item, at most `limit` at once; results are in the order of the items. After a failure no further item starts, and the error is
 * thrown once the running ones have ended, so nothing is in use by then.
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  map: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  let hasFailed = false;
  const work = async () => {
    while (!hasFailed && next < items.length) {
      const i = next++;
      try {
        results[i] = await map(items[i] as Item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: limit }, work));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  return results;
}
