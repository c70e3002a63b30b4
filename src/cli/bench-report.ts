// What the benchmarks' command lines and reports have in common.
import type { Timing } from "../experiments/bench/timing.ts";

/** The lengths of a JSON file; `test/reference/mnre_lengths.py` writes MNRE's. */
export async function readLengths(path: string): Promise<readonly number[]> {
  const { readFile } = await import("node:fs/promises");
  const { z } = await import("zod");
  const { ConfigError } = await import("../errors.ts");
  const schema = z.looseObject({ lengths: z.array(z.int().positive()).min(1) });
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8"))).lengths;
  } catch (cause) {
    throw new ConfigError({
      code: "config/bad-lengths",
      message: `bench: ${path} cannot be read as {"lengths": [...]} (${(cause as Error).message.split("\n", 1)[0]})`,
      place: path,
      remedy: "Write it with test/reference/mnre_lengths.py, or by hand.",
      cause,
    });
  }
}

/** A row of a table of times. */
export function timingRow(name: string, { median, fastest, slowest }: Timing): (string | number)[] {
  return [name, median, fastest, slowest];
}

/** Bytes in GiB. */
export function memory(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}

/** Precision and rate as the peer states them. */
export function describePeer(description: Readonly<Record<string, unknown>>): string {
  const { precision, arithmetic, gemm } = description as {
    precision?: string;
    arithmetic?: string;
    gemm?: { gflops?: number; relativeError?: number };
  };
  const rate =
    gemm?.gflops === undefined
      ? ""
      : `, products at ${gemm.gflops} GFLOP/s with relative error ${gemm.relativeError?.toExponential(1)}`;
  return `${precision ?? "unknown precision"} (${arithmetic ?? "unknown"} arithmetic${rate})`;
}
