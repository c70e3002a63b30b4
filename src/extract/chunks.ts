// Processes a stream chunk by chunk: prepares the next chunk while finishing the current one, keeps the order and bounds memory.

/**
 * Runs every chunk through `prepare` and `finish`. While one chunk is finished, only the next one is read and prepared: two chunks
 * are in memory. When the consumer stops, it waits for the running preparation and closes the source.
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
    await coming.catch(() => undefined); // the first error is already being reported
    await source.return?.();
  }
}
