// Checks the machine: Node, instruction sets, cores, memory and room on the disks.
import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { formatBytes } from "../../base/format-bytes.ts";
import { processorFlags } from "../../base/processor.ts";
import { physicalCores } from "../../engine/threads.ts";
import { describeEnvironment } from "../../training/environment.ts";
import { availableMemoryBytes } from "../../training/memory.ts";
import { type Finding, note, ok, problem } from "./finding.ts";

/** As in package.json's `engines`. */
const LEAST_NODE = [20, 19] as const;
/** Training with an encoder of 23 million parameters takes about this much; extraction takes half. */
const COMFORTABLE_MEMORY = 2e9;
/** A run with an encoder of 110 million parameters writes about this much while it trains. */
const COMFORTABLE_DISK = 5e9;
/** Below this, not even a small model can be written. */
const LEAST_DISK = 200e6;

/** relata's version, and whether Node is new enough. */
export function checkNode(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor, leastMinor] = LEAST_NODE;
  const says = `relata ${describeEnvironment().relata}, Node ${version}, ${process.platform} ${process.arch}`;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return ok("node", says);
  return problem("node", says, `Install Node ${LEAST_NODE.join(".")} or newer.`);
}

/** Flags of /proc/cpuinfo with the names that people know, by architecture; the first one is needed for good speed. */
const INSTRUCTION_SETS = {
  x64: { AVX2: ["avx2"], "AVX-512": ["avx512f"], VNNI: ["avx512_vnni", "avx_vnni"], AMX: ["amx_tile"] },
  arm64: { NEON: ["asimd"], "dot product": ["asimddp"], i8mm: ["i8mm"], bf16: ["bf16"], SVE: ["sve"] },
} as const satisfies Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/**
 * The processor's instruction sets that onnxruntime uses.
 *
 * @param cpuinfo the text of /proc/cpuinfo; undefined where there is none
 */
export function checkInstructions(cpuinfo: string | undefined, arch: string = process.arch): Finding {
  const { processor } = describeEnvironment();
  const sets: Readonly<Record<string, readonly string[]>> =
    INSTRUCTION_SETS[arch as keyof typeof INSTRUCTION_SETS] ?? {};
  const flags = processorFlags(cpuinfo);
  if (flags.size === 0 || Object.keys(sets).length === 0)
    return ok(
      "processor",
      `${processor}; its instruction sets cannot be read on ${process.platform} ${arch}`,
    );
  const entries = Object.entries(sets);
  const has = ([, names]: (typeof entries)[number]) => names.some((name) => flags.has(name));
  const [present, absent] = [entries.filter(has), entries.filter((one) => !has(one))];
  const list = (all: typeof entries) => all.map(([name]) => name).join(", ") || "none";
  const says = `${processor}; instruction sets: ${list(present)}${absent.length > 0 ? ` (not ${list(absent)})` : ""}`;
  const [needed] = entries;
  if (needed !== undefined && has(needed)) return ok("processor", says);
  return note(
    "processor",
    says,
    `Without ${needed?.[0]}, training and extraction take several times as long.`,
  );
}

/** Cores that a run may use, and a container's limit on their time. */
export function checkCores(quota: number | undefined = cpuQuota()): Finding {
  const cores = physicalCores();
  const says = `${cores} physical, ${availableParallelism()} logical`;
  if (quota === undefined || quota >= cores) return ok("cores", says);
  const threads = Math.max(1, Math.floor(quota));
  return note(
    "cores",
    `${says}, but this process may use the time of ${quota.toFixed(1)}`,
    `Use --threads ${threads}: more threads would wait for each other.`,
  );
}

/** The number of cores whose time a container may use; undefined without a limit. @param root folder that contains /sys */
export function cpuQuota(root = "/"): number | undefined {
  const two = /^(\d+) (\d+)/.exec(textOf(join(root, "sys/fs/cgroup/cpu.max")) ?? "");
  if (two !== null) return Number(two[1]) / Number(two[2]);
  const group = join(root, "sys/fs/cgroup/cpu");
  const [quota, period] = ["cpu.cfs_quota_us", "cpu.cfs_period_us"].map((name) =>
    Number(textOf(join(group, name)) ?? Number.NaN),
  );
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : undefined;
}

/** Memory that a run can still use, within a container's limit. */
export function checkMemoryLeft(available: number = availableMemoryBytes()): Finding {
  const says = `${formatBytes(available)} of ${formatBytes(totalmem())} available`;
  if (available >= COMFORTABLE_MEMORY) return ok("memory", says);
  return note(
    "memory",
    says,
    "Close other programs, raise the container's limit, or train with a small encoder, --batch-size 8 and --text-only. A run says what it needs before it starts.",
  );
}

/** Room on the disk of a folder. @param what names the folder in the result */
export async function checkDisk(what: string, folder: string): Promise<Finding> {
  const remedy = `Free some room, or put the ${what} on another disk.`;
  let bytes: number;
  try {
    const { bavail, bsize } = await statfs(folder);
    bytes = bavail * bsize;
  } catch (error) {
    return note("disk", `the room for the ${what} cannot be read: ${(error as Error).message}`, remedy);
  }
  const says = `${formatBytes(bytes)} free for the ${what}, in ${folder}`;
  if (bytes < LEAST_DISK) return problem("disk", says, remedy);
  return bytes < COMFORTABLE_DISK ? note("disk", says, remedy) : ok("disk", says);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}
