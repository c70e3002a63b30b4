// Turns SIGINT and SIGTERM into an AbortSignal, so that long work can stop at a safe point; a second signal, or a minute without a safe point,
// ends the process at once.
import { hideProgress, interruptingLine } from "./output.ts";

const NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;
type InterruptName = keyof typeof NUMBERS;

/** Time limit for work to reach its next safe point: a step and a checkpoint of a large model take seconds. */
const GRACE_MS = 60_000;

export interface Interrupt {
  /** Code that reads it must stop when it aborts. Until someone does, the first signal ends the process at once. */
  readonly signal: AbortSignal;
  /** Changes the time from the first signal to the end. */
  allow(graceMs: number): void;
  /** The first signal received; SIGINT if there was none. */
  cause(): InterruptName;
  /** 128 + the signal's number, the shells' convention for a process that a signal ended. */
  exitCode(): number;
  /** Stops listening. */
  release(): void;
}

/** Listens for SIGINT and SIGTERM until `release` is called. */
export function interruptSignal(defaultGraceMs = GRACE_MS): Interrupt {
  let graceMs = defaultGraceMs;
  const controller = new AbortController();
  let first: InterruptName = "SIGINT";
  let isAwaited = false;
  let watchdog: NodeJS.Timeout | undefined;
  const stopListening = () => {
    for (const name of Object.keys(NUMBERS)) process.off(name, onSignal);
    process.off("disconnect", onDisconnect);
    clearTimeout(watchdog);
  };
  // Ends the process like the system does: `process.exit` would wait for threads that hang in a file.
  const endNow = (name: InterruptName) => {
    stopListening();
    hideProgress(); // a bar hides the cursor
    process.kill(process.pid, name);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    const name = signal as InterruptName;
    if (controller.signal.aborted || !isAwaited) return endNow(name);
    first = name;
    interruptingLine(`${name}: stopping at the next safe point; repeat to stop immediately`);
    watchdog = setTimeout(() => {
      interruptingLine(`${name}: no safe point was reached within ${graceMs / 1000} s; stopping now`);
      endNow(name);
    }, graceMs).unref();
    controller.abort(new DOMException(`Interrupted by ${name}`, "AbortError"));
  };
  // A process started with a channel (a child of an experiment) must not outlive its parent.
  const onDisconnect = () => onSignal("SIGTERM");
  for (const name of Object.keys(NUMBERS)) process.on(name, onSignal);
  process.once("disconnect", onDisconnect);
  process.channel?.unref();
  return {
    get signal() {
      isAwaited = true;
      return controller.signal;
    },
    allow: (milliseconds) => {
      graceMs = milliseconds;
    },
    cause: () => first,
    exitCode: () => 128 + NUMBERS[first],
    release: stopListening,
  };
}
