// Plans AttnMixup for relations: which rows stay unmixed, and which are mixed with which. Computed on the host.
import type { MixupConfig } from "./config.ts";

/** Row indices into X = [H; H*] (2B rows; without cross-sample attention only H, B rows). */
export interface MixupPlan {
  readonly unmixed: readonly number[];
  readonly mixedA: readonly number[];
  readonly mixedB: readonly number[];
}

/** Rows of the pool: the first and the last delta/2 of all `rows`, rounded as in the published code's integer slices. */
export function mixupPool(rows: number, delta: number): readonly number[] {
  const first = Math.trunc((rows * delta) / 2);
  const last = Math.trunc(rows * (1 - delta / 2));
  const all = Array.from({ length: rows }, (_, i) => i);
  return [...all.slice(0, first), ...all.slice(last)];
}

/**
 * Plans a batch of `batch` samples. `permutation` is a permutation of the pool's rows, 0 .. pool length - 1.
 * Mixed: the pool's first (1 - unmixedShare); unmixed: all of H and the first unmixedShare of H* (section 3.4 of the paper).
 */
export function mixupPlan(
  batch: number,
  attention: boolean,
  config: MixupConfig,
  permutation: readonly number[],
): MixupPlan {
  const pool = mixupPool(attention ? 2 * batch : batch, config.delta);
  const kept = Math.trunc(pool.length * (1 - config.unmixedShare));
  const attended = attention ? Math.trunc(batch * config.unmixedShare) : 0;
  return {
    unmixed: Array.from({ length: batch + attended }, (_, i) => i),
    mixedA: pool.slice(0, kept),
    mixedB: permutation.slice(0, kept).map((i) => pool[i]!),
  };
}

/** Leaves everything unmixed: mixup is off, or the batch is too small. */
export function withoutMixing(batch: number, attention: boolean): MixupPlan {
  return {
    unmixed: Array.from({ length: attention ? 2 * batch : batch }, (_, i) => i),
    mixedA: [],
    mixedB: [],
  };
}
