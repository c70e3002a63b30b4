// Maps a stream a few items at a time, and yields the results in the order of the items.

/**
 * Yields `map(item)` for every item, in order; at most `limit` are running or waiting to be taken. After a failure no further item starts.
 *
 * @throws the first failure, in order, of `map` or of the items themselves
 */
export async function* inOrder<Item, Outcome>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: number,
  map: (item: Item) => Promise<Outcome>,
): AsyncGenerator<Outcome, void, undefined> {
  const source = iteratorOf(items);
  const running: Promise<Outcome>[] = [];
  let isEnd = false;
  try {
    for (;;) {
      while (!isEnd && running.length < limit) {
        const next = await source.next();
        if (next.done) isEnd = true;
        else {
          const outcome = map(next.value);
          outcome.catch(() => undefined); // reported when its turn comes, not as unhandled before
          running.push(outcome);
        }
      }
      const first = running.shift();
      if (first === undefined) return;
      yield await first;
    }
  } finally {
    await Promise.allSettled(running);
    if (!isEnd) await source.return?.();
  }
}

function iteratorOf<Item>(items: Iterable<Item> | AsyncIterable<Item>): AsyncIterator<Item> | Iterator<Item> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}
