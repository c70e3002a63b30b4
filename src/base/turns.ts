// Runs long work on the main thread in slices, so that the event loop stays responsive. The work is a generator that yields where it may
// pause; the result does not depend on the slicing.

/** Work that can pause wherever it yields. */
export type Pausable<Result> = Generator<void, Result, void>;

/** How long work continues before the event loop gets its turn. */
const SLICE_MS = 10;

/** Does all the work now. */
export function atOnce<Result>(work: Pausable<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** Does the work in slices of a few milliseconds. @throws the signal's reason */
export async function inTurns<Result>(work: Pausable<Result>, signal?: AbortSignal): Promise<Result> {
  let begun = performance.now();
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (performance.now() - begun < SLICE_MS) continue;
    await nextTurn();
    signal?.throwIfAborted();
    begun = performance.now();
  }
}

/** Resolves after a turn of the event loop; without Node's `setImmediate`, posts a message to itself instead. */
function nextTurn(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}
