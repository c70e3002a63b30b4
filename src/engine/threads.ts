// The default number of threads of a session: one per physical core that this process may use.
import { readdirSync, readFileSync } from "node:fs";
import { arch, availableParallelism, cpus } from "node:os";

/**
 * The number of physical cores; matrix products gain nothing from a second thread on a core. Linux reports which logical
 * processors share a core; elsewhere, two per core are assumed on x64 and one on other processors.
 */
export function physicalCores(): number {
  const usable = availableParallelism();
  const cores = process.platform === "linux" ? coresInSysfs() : undefined;
  if (cores !== undefined) return Math.max(1, Math.min(usable, cores));
  return arch() === "x64" && cpus().length % 2 === 0 ? Math.max(1, usable / 2) : usable;
}

const CPU_FOLDER = "/sys/devices/system/cpu";

function coresInSysfs(): number | undefined {
  const siblings = new Set<string>();
  try {
    for (const name of readdirSync(CPU_FOLDER)) {
      if (!/^cpu\d+$/.test(name)) continue;
      siblings.add(readFileSync(`${CPU_FOLDER}/${name}/topology/thread_siblings_list`, "utf8").trim());
    }
  } catch (error) {
    // Containers may hide the topology; then logical processors are counted.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
  return siblings.size > 0 ? siblings.size : undefined;
}
