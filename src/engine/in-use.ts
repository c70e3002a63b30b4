// Keeps objects alive whose memory native code uses. A variable does not do that: after its last use in JavaScript the object may be collected. Nor
// does an argument of a function without a body, because compilers and bundlers remove such calls.

const inUse = new Set<readonly unknown[]>();

/** Keeps the values, also those that are added to the list later, from being collected. The returned function ends that. */
export function keepInUse(values: readonly unknown[]): () => void {
  inUse.add(values);
  return () => {
    inUse.delete(values);
  };
}
