// Work through a stream chunk by chunk: the next chunk is prepared while the one before it is finished, order is kept, memory is bounded.

/**
 * Runs every chunk through `prepare` and `finish`. While a chunk is finished the next is read and prepared, and no further one: two chunks
 * are in memory. When the consumer stops, the preparation that is under way is waited for and the source is closed.
 */
export async function* inTwoStages<Chunk, Prepared, Result>(
  chunks: AsyncIterable<Chunk>,
  prepare: (chunk: Chunk) => Promise<Prepared>,
  finish: (prepared: Prepared) => Promise<Result>,
): AsyncGenerator<Result> {
  const source = chunks[Symbol.asyncIterator]();
  const start = async (): Promise<{ readonly prepared: Prepared } | undefined> => {
    const next = await source.next();
    return next.done ? undefined : { prepared: await prepare(next.value) };
  };
  let coming = start();
  try {
    for (;;) {
      const current = await coming;
      if (current === undefined) return;
      coming = start();
      coming.catch(() => undefined); // reported when its turn comes
      yield await finish(current.prepared);
    }
  } finally {
    await coming.catch(() => undefined); // the first error is on its way already
    await source.return?.();
  }
}
