// Maps items a few at a time.

/**
 * `map` of every item, at most `limit` at once, the results in the order of the items. After a failure no item is begun; it is thrown when
 * what was under way has ended, so that nothing is used any more by then.
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
