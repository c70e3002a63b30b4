// Plans AttnMixup: which rows stay unmixed, and which are mixed with which. Computed on the host, for both tasks.
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import type { MixupConfig } from "./config.ts";

/** Row indices into X = [H; H*] (2B rows; without cross-sample attention only H, B rows). */
export interface MixupPlan {
  readonly unmixed: readonly number[];
  readonly mixedA: readonly number[];
  readonly mixedB: readonly number[];
}

/** Rows of the pool: the first and the last delta/2 of all `rows`, rounded as in the published code's integer slices. */
export function mixupPool(rows: number, delta: number): readonly number[] {
  const first = whole((rows * delta) / 2);
  const last = whole(rows * (1 - delta / 2));
  const all = upTo(rows);
  return [...all.slice(0, first), ...all.slice(last)];
}

/**
 * Plans a batch of `batch` samples. `permute` returns a permutation of 0 .. count - 1.
 *
 * With `rows: "pool"`, the pool's first (1 - unmixedShare) are mixed, and all of H and the first unmixedShare of H* stay unmixed (section 3.4 of the
 * paper); a pool without a row to mix changes nothing about the unmixed ones. With `rows: "all"`, every row of X is mixed, and every one stays
 * unmixed too (the code published for entities).
 */
export function mixupPlan(
  batch: number,
  attention: boolean,
  config: MixupConfig,
  permute: (count: number) => readonly number[],
): MixupPlan {
  if (!config.enabled) return withoutMixing(batch, attention);
  const rows = attention ? 2 * batch : batch;
  if (config.rows === "all") return { unmixed: upTo(rows), mixedA: upTo(rows), mixedB: permute(rows) };
  const pool = mixupPool(rows, config.delta);
  const mixed = whole(pool.length * (1 - config.unmixedShare));
  const attended = attention ? whole(batch * config.unmixedShare) : 0;
  return {
    unmixed: upTo(batch + attended),
    mixedA: pool.slice(0, mixed),
    mixedB: permute(pool.length)
      .slice(0, mixed)
      .map((i) => pool[i]!),
  };
}

/** Leaves everything unmixed: mixup is off. */
export function withoutMixing(batch: number, attention: boolean): MixupPlan {
  return { unmixed: upTo(attention ? 2 * batch : batch), mixedA: [], mixedB: [] };
}

/** The rows of a plan as inputs of `mreTraining` and `mnerTraining`. */
export function rowInputs({ unmixed, mixedA, mixedB }: MixupPlan): Record<string, HostTensor> {
  const rows = (indices: readonly number[]) => hostTensor("int64", [indices.length], indices);
  return { unmixed_rows: rows(unmixed), mixed_rows_a: rows(mixedA), mixed_rows_b: rows(mixedB) };
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** The integer part, where 5 * (1 - 0.8) is 1 and not the 0.9999999999999998 of floating point. */
function whole(count: number): number {
  return Math.floor(count + 1e-9);
}
