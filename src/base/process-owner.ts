// Identifies the process that owns a lock, a claim or a stage, and checks whether it still runs.
// A process id is not enough: ids are reused after a reboot and in every container.
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";

/** What a process records about itself. Records of earlier versions lack the later fields. */
export const processOwnerSchema = z.object({
  pid: z.int(),
  host: z.string(),
  /** `<boot>:<clock ticks from boot to the process's start>`; empty if the system does not report it. */
  started: z.string().default(""),
  /** The process id namespace (each container has one); empty on systems without namespaces. */
  pidSpace: z.string().default(""),
});
export type ProcessOwner = z.output<typeof processOwnerSchema>;

export type Liveness =
  | { readonly state: "alive" | "dead" }
  /** Why it is unknown whether the process runs. Callers must treat it as alive. */
  | { readonly state: "unknown"; readonly because: string };

/** This process, or another one of this machine, as a record names it. */
export function ownerOf(pid: number = process.pid): ProcessOwner {
  return { pid, host: hostname(), started: startOf(pid)?.started ?? "", pidSpace: ownPidSpace() };
}

/** Whether the process that an owner record names still runs. */
export function livenessOf(owner: ProcessOwner): Liveness {
  const here = { boot: bootId(), pidSpace: ownPidSpace(), host: hostname() };
  const boot = owner.started === "" ? "" : owner.started.slice(0, owner.started.indexOf(":"));
  const bootKnown = boot !== "" && here.boot !== "";
  if (bootKnown && boot !== here.boot) {
    if (owner.host === here.host) return { state: "dead" }; // this machine has rebooted since
    return { state: "unknown", because: `it ran on another machine (${owner.host})` };
  }
  // The same boot means the same kernel, whatever the host name: each container has its own.
  if (!bootKnown && owner.host !== here.host)
    return { state: "unknown", because: `it ran on another machine (${owner.host})` };
  if (owner.pidSpace !== "" && here.pidSpace !== "" && owner.pidSpace !== here.pidSpace)
    return { state: "unknown", because: `it ran in another container of this machine (${owner.host})` };
  return { state: runsHere(owner) ? "alive" : "dead" };
}

function runsHere(owner: ProcessOwner): boolean {
  try {
    process.kill(owner.pid, 0); // signal 0 only asks whether the process exists
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ESRCH") return false;
    if (code !== "EPERM") throw error; // it exists and belongs to another user
  }
  const now = startOf(owner.pid);
  if (now === undefined) return true; // it exists, and its start is unknown
  if (now.isZombie) return false;
  return owner.started === "" || now.started === owner.started;
}

/** A process's start as Linux reports it (boot and clock ticks); undefined elsewhere, or if the process is gone. */
function startOf(pid: number): { readonly started: string; readonly isZombie: boolean } | undefined {
  const stat = systemText(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  const boot = bootId();
  if (stat === "" || boot === "") return undefined;
  // The command's name is in parentheses and may contain anything; state and start are fields 3 and 22.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { started: `${boot}:${fields[19]}`, isZombie: fields[0] === "Z" };
}

function bootId(): string {
  return systemText(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")).trim();
}

function ownPidSpace(): string {
  return systemText(() => readlinkSync("/proc/self/ns/pid"));
}

/** Errors on systems that lack or hide this file. */
const NOT_TOLD: ReadonlySet<unknown> = new Set(["ENOENT", "ESRCH", "EACCES", "EPERM", "ENOTDIR", "EINVAL"]);

function systemText(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (NOT_TOLD.has((error as NodeJS.ErrnoException).code)) return "";
    throw error;
  }
}
