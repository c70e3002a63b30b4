// Divides instances into folds of about equal size that never separate instances of one cluster.

/** The fold of each instance: each cluster, in order of appearance, goes to the fold with the fewest instances, the first on a tie. */
export function foldsOf(
  clusters: readonly number[],
  count: number,
): { readonly of: readonly number[]; readonly clusters: number } {
  const sizes = new Map<number, number>();
  for (const cluster of clusters) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  const filled = Array.from({ length: count }, () => 0);
  const fold = new Map<number, number>();
  for (const [cluster, size] of sizes) {
    const emptiest = filled.indexOf(Math.min(...filled));
    filled[emptiest]! += size;
    fold.set(cluster, emptiest);
  }
  return { of: clusters.map((cluster) => fold.get(cluster)!), clusters: sizes.size };
}
