// Wilson's score interval of a share, and how many independent instances clustered ones are worth.

const Z95 = 1.959963984540054;

/** The lower Wilson bound of a share, at a point `z` of the normal distribution; counts may be fractions. */
export function wilsonBound(right: number, count: number, z: number): number {
  return wilson(right / count, count, z)[0];
}

/**
 * The 95 % interval of a share of `count` instances that are worth `effective` independent ones; [0, 1] without any.
 */
export function wilsonInterval(right: number, count: number, effective = count): readonly [number, number] {
  return count === 0 ? [0, 1] : wilson(right / count, effective, Z95);
}

function wilson(share: number, count: number, z: number): readonly [number, number] {
  const centre = share + z ** 2 / (2 * count);
  const half = z * Math.sqrt((share * (1 - share)) / count + z ** 2 / (4 * count ** 2));
  const scale = 1 + z ** 2 / count;
  return [Math.max(0, (centre - half) / scale), Math.min(1, (centre + half) / scale)];
}

/**
 * The number of independent instances with the same sampling error (Kish's design effect of a ratio over clusters); never above their number.
 */
export function effectiveSize(
  instances: readonly { readonly right: boolean; readonly cluster: number }[],
): number {
  const count = instances.length;
  const share = instances.filter(({ right }) => right).length / count;
  const residuals = new Map<number, number>();
  for (const { right, cluster } of instances)
    residuals.set(cluster, (residuals.get(cluster) ?? 0) + Number(right) - share);
  const clusters = residuals.size;
  if (count === 0 || share === 0 || share === 1 || clusters < 2) return Math.min(count, clusters);
  const squares = [...residuals.values()].reduce((sum, residual) => sum + residual ** 2, 0);
  const ratio = (squares * clusters) / (clusters - 1) / (count * share * (1 - share));
  return count / Math.max(1, ratio);
}
