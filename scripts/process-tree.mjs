// The processes that a process started, and their memory, from Linux' /proc.
import { readdir, readFile } from "node:fs/promises";

const PAGE_BYTES = 4096;

/** The process and all below it, itself first. */
export async function processTree(pid) {
  const parents = new Map();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readIfThere(`/proc/${name}/stat`);
    // After the name in parentheses, which may contain anything: state, parent.
    const parent = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const tree = [pid];
  for (const one of tree) for (const [child, parent] of parents) if (parent === one) tree.push(child);
  return tree;
}

/** Bytes of a process in memory; 0 if it has ended. */
export async function residentBytes(pid) {
  const statm = await readIfThere(`/proc/${pid}/statm`);
  return statm === undefined ? 0 : Number(statm.split(" ")[1]) * PAGE_BYTES;
}

async function readIfThere(path) {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ESRCH") return undefined; // it ended meanwhile
    throw error;
  }
}
