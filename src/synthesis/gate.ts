// Lets a bounded number of calls through at once.

export interface Gate {
  /** Runs `work` when there is room. */
  pass<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** A gate for `room` at once, in the order of arrival. */
export function gateFor(room: number): Gate {
  let free = room;
  const waiting: (() => void)[] = [];
  return {
    async pass(work) {
      if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      else free--;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free++;
        else next();
      }
    },
  };
}
