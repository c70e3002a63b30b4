// SIGINT and SIGTERM become an AbortSignal, so that long work can stop at a safe point; a second one ends the process at once.

const NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;
type InterruptName = keyof typeof NUMBERS;

export interface Interrupt {
  readonly signal: AbortSignal;
  /** The signal that came first; SIGINT when none came. */
  cause(): InterruptName;
  /** 128 + the signal's number, as shells report a process that a signal ended. */
  exitCode(): number;
  /** Stops listening. */
  release(): void;
}

/** Listens for SIGINT and SIGTERM until `release`. */
export function interruptSignal(): Interrupt {
  const controller = new AbortController();
  let first: InterruptName = "SIGINT";
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(128 + NUMBERS[name as InterruptName]);
    first = name as InterruptName;
    process.stderr.write(`${name}: stopping at the next safe point; once more stops at once\n`);
    controller.abort(new DOMException(`Interrupted by ${name}`, "AbortError"));
  };
  // A process that was started with a channel (a child of an experiment) does not outlive the one at its other end.
  const onDisconnect = () => onSignal("SIGTERM");
  for (const name of Object.keys(NUMBERS)) process.on(name, onSignal);
  process.once("disconnect", onDisconnect);
  process.channel?.unref();
  return {
    signal: controller.signal,
    cause: () => first,
    exitCode: () => 128 + NUMBERS[first],
    release: () => {
      for (const name of Object.keys(NUMBERS)) process.off(name, onSignal);
      process.off("disconnect", onDisconnect);
    },
  };
}
