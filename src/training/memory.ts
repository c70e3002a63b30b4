// Estimates the memory of a run before it starts, and refuses a run that would run out of memory.
import { readFileSync } from "node:fs";
import { freemem } from "node:os";
import { join } from "node:path";
import { TrainingError } from "../base/errors.ts";

/** Weights, gradients and both AdamW moments, each in float32. */
const ARRAYS_PER_PARAMETER = 4;
/** Node, onnxruntime's library and the buffers for reading data; measured 150-250 MB. */
const BASE_BYTES = 250e6;
/** The share of the available memory that a run may use: the estimate is not exact, and other processes need memory too. */
const USABLE_SHARE = 0.9;

/** Quantities that determine a run's memory. */
export interface MemoryNeed {
  readonly parameterCount: number;
  /** Weights that are not trained; default 0. */
  readonly frozenCount?: number;
  /** Micro-batches per optimiser step; more than 1 needs an additional array for the accumulated gradients. */
  readonly accumulation?: number;
  /** Activations of one forward and backward pass over that many padded tokens, in bytes. */
  readonly activationBytes: (batchTokens: number) => number;
  /** Padded tokens of the largest batch: `EpochPlan.largestBatchTokens`. */
  readonly largestBatchTokens: number;
  /** What to change so that a run fits, in the caller's terms; the default suits any run. */
  readonly advice?: (estimate: MemoryEstimate, usableBytes: number) => string;
}

/** Memory that a run will use, in bytes. */
export interface MemoryEstimate {
  readonly parameterBytes: number;
  readonly activationBytes: number;
  readonly totalBytes: number;
}

/** Peak memory of a run. */
export function estimateMemory(need: MemoryNeed): MemoryEstimate {
  const arrays = ARRAYS_PER_PARAMETER + ((need.accumulation ?? 1) > 1 ? 1 : 0);
  const elements = need.parameterCount * arrays + (need.frozenCount ?? 0);
  const parameterBytes = elements * Float32Array.BYTES_PER_ELEMENT;
  const activationBytes = need.activationBytes(need.largestBatchTokens);
  return { parameterBytes, activationBytes, totalBytes: BASE_BYTES + parameterBytes + activationBytes };
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES") return undefined;
    throw error;
  }
}

/** Bytes left below the memory limit of one control group; its page cache counts as free, because the kernel can drop it. */
function groupHeadroom(folder: string, limitFile: string, usageFile: string): number {
  const limit = Number(readIfPresent(join(folder, limitFile))?.trim()); // "max" becomes NaN: no limit
  const usage = Number(readIfPresent(join(folder, usageFile))?.trim());
  if (!Number.isFinite(limit) || !Number.isFinite(usage)) return Number.POSITIVE_INFINITY;
  const statistics = readIfPresent(join(folder, "memory.stat")) ?? "";
  const cache = /^total_inactive_file (\d+)$/m.exec(statistics) ?? /^inactive_file (\d+)$/m.exec(statistics);
  return limit - usage + Number(cache?.[1] ?? 0);
}

/**
 * Memory that this process can still allocate: the system's available memory, limited by its control groups (containers;
 * both versions, including all parent groups).
 *
 * @param root folder that contains /proc and /sys
 */
export function availableMemoryBytes(freeBytes: number = freemem(), root = "/"): number {
  let available = freeBytes;
  for (const line of (readIfPresent(join(root, "proc/self/cgroup")) ?? "").split("\n")) {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    if (match === null) continue;
    const [, controllers = "", path = "/"] = match;
    const version2 = controllers === "";
    if (!version2 && !controllers.split(",").includes("memory")) continue;
    const mount = join(root, version2 ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
    // In a container the path may be the host's, of which only the mount's root is visible, so both are tried.
    const parts = path.split("/").filter((part) => part !== "" && part !== "..");
    for (let depth = 0; depth <= parts.length; depth++) {
      const folder = join(mount, ...parts.slice(0, depth));
      available = Math.min(
        available,
        version2
          ? groupHeadroom(folder, "memory.max", "memory.current")
          : groupHeadroom(folder, "memory.limit_in_bytes", "memory.usage_in_bytes"),
      );
    }
  }
  return available;
}

/** Bytes as gigabytes, for messages. */
export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/**
 * Refuses a run whose estimate exceeds nine tenths of the available memory.
 *
 * @throws TrainingError `training/not-enough-memory`
 */
export function checkMemory(
  need: MemoryNeed,
  availableBytes: number = availableMemoryBytes(),
): MemoryEstimate {
  const estimate = estimateMemory(need);
  const usable = availableBytes * USABLE_SHARE;
  if (estimate.totalBytes <= usable) return estimate;
  const { parameterBytes, activationBytes, totalBytes } = estimate;
  const batch =
    activationBytes > 0
      ? `, ${gigabytes(activationBytes)} for a batch of ${need.largestBatchTokens} tokens`
      : "";
  throw new TrainingError({
    code: "training/not-enough-memory",
    message:
      `the run needs about ${gigabytes(totalBytes)} ` +
      `(${gigabytes(parameterBytes)} for ${need.parameterCount} parameters${batch}), ` +
      `${gigabytes(availableBytes)} are available`,
    value: estimate,
    remedy:
      need.advice?.(estimate, usable) ??
      "Use smaller batches with more accumulation, a smaller model, or a machine with more memory.",
    fault: "work",
  });
}
