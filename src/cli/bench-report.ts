// Common parts of the benchmarks' reports.
import type { PeerResult } from "../checks/bench/peers.ts";
import type { Timing } from "../checks/bench/timing.ts";

/** A row of a table of times. */
export function timingRow(name: string, { median, fastest, slowest }: Timing): (string | number)[] {
  return [name, median, fastest, slowest];
}

/** Converts bytes to GiB. */
export function memory(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}

/** Returns rows of the peers' times. */
export function peerRows(peers: readonly PeerResult[]): (string | number)[][] {
  return peers.map(({ step }, at) => timingRow(`reference ${at + 1}`, step));
}

/** Describes a peer and how relata compares; `at` is its index among the peers. */
export function peerLine(peer: PeerResult, at: number): string {
  return `reference ${at + 1}: ${describePeer(peer.description)}; ${peer.examplesPerSecond.toFixed(1)} texts/s, peak memory ${memory(peer.peakRssBytes)}; relata's time / its time: ${peer.timeRatio.toFixed(2)}, memory: ${peer.memoryRatio.toFixed(2)}`;
}

/** Returns precision and rate as reported by the peer. */
function describePeer(description: Readonly<Record<string, unknown>>): string {
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
