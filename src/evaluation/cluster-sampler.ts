// Draws test sets with replacement for a bootstrap: instances that depend on each other, such as those of one text, are drawn together.

/** Draws resamples of instances. */
export interface ClusterSampler {
  /** Number of clusters: as many are drawn for each resample. */
  readonly clusters: number;
  /** The instances of the next resample; overwritten by the next call. `random` returns an integer from 0 to below its argument. */
  draw(random: (below: number) => number): Uint32Array;
}

/**
 * @param size number of instances
 * @param clusters a number per instance, equal for those drawn together; absent: each instance by itself
 */
export function clusterSampler(size: number, clusters?: ArrayLike<number>): ClusterSampler {
  const members = membersOf(size, clusters);
  let drawn = new Uint32Array(size);
  return {
    clusters: members.length,
    draw(random) {
      let length = 0;
      for (let i = 0; i < members.length; i++) {
        const own = members[random(members.length)]!; // below their number
        if (length + own.length > drawn.length) {
          const larger = new Uint32Array(2 * (length + own.length));
          larger.set(drawn);
          drawn = larger;
        }
        drawn.set(own, length);
        length += own.length;
      }
      return drawn.subarray(0, length);
    },
  };
}

/** The instances of each cluster, in order of appearance. */
function membersOf(size: number, clusters: ArrayLike<number> | undefined): readonly (readonly number[])[] {
  if (clusters === undefined) return Array.from({ length: size }, (_, i) => [i]);
  const members = new Map<number, number[]>();
  for (let i = 0; i < size; i++) {
    const own = members.get(clusters[i]!); // one per instance
    if (own) own.push(i);
    else members.set(clusters[i]!, [i]);
  }
  return [...members.values()];
}
