// What the scripts that disturb a run share: draws that a seed repeats, waits that end early, and clock times.

/** Numbers from 0 to 1 of a linear congruential generator: the same faults for a seed. */
export function drawsOf(seed) {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

/** Waits so many seconds, or until it is over. */
export async function waitUnless(isOver, seconds) {
  for (const end = Date.now() + seconds * 1000; !isOver() && Date.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/** The result of some work, and the seconds it took. */
export async function timed(work) {
  const begun = performance.now();
  const result = await work();
  return { result, seconds: Number(((performance.now() - begun) / 1000).toFixed(1)) };
}
