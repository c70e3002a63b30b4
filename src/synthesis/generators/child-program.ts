// Runs a program once without a shell, with text in and out, and leaves no process running afterwards.
import { Buffer } from "node:buffer";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { stat } from "node:fs/promises";
import type { Environment } from "./secrets.ts";

export interface ProgramRun {
  /** Program and arguments, unchanged. */
  readonly command: readonly string[];
  readonly folder: string;
  readonly environment: Environment;
  readonly input: string;
  readonly maxOutputBytes: number;
  /** Between the friendly end (SIGTERM) and the certain one (SIGKILL). */
  readonly graceMs: number;
}

export type ProgramOutcome =
  | {
      readonly state: "ended";
      readonly exitCode: number;
      readonly output: Uint8Array;
      readonly complaint: string;
      /** Whether the beginning of the complaint is missing. */
      readonly isCut: boolean;
    }
  /** Killed by a signal that was not ours. */
  | { readonly state: "killed"; readonly by: string; readonly complaint: string; readonly isCut: boolean }
  | { readonly state: "not-started"; readonly reason: string }
  | { readonly state: "too-much-output" };

// The last lines on stderr explain why a program failed.
const MAX_COMPLAINT = 16_384;
const posix = process.platform !== "win32";

// Programs in groups of their own do not get the terminal's Ctrl-C: they end with this process at the latest.
const running = new Set<ChildProcessWithoutNullStreams>();
process.once("exit", () => {
  for (const child of running) kill(child, "SIGKILL");
});

/**
 * Runs the program to its end. When the signal fires, or when it says too much, its whole process group is ended; the group is
 * ended too when the program is over, so no child of it keeps running unseen. Rejects with the signal's reason.
 */
export async function runProgram(run: ProgramRun, signal: AbortSignal): Promise<ProgramOutcome> {
  signal.throwIfAborted();
  if (!(await isFolder(run.folder)))
    return { state: "not-started", reason: `the folder ${run.folder} does not exist` };
  const child = start(run);
  if (child instanceof Error) return { state: "not-started", reason: child.message };
  const output = new Collected(run.maxOutputBytes);
  let complaint = "";
  let isCut = false;
  child.stdout.on("data", (chunk: Buffer) => {
    if (!output.add(chunk)) end(child, 0);
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    complaint += chunk;
    isCut ||= complaint.length > MAX_COMPLAINT;
    complaint = complaint.slice(-MAX_COMPLAINT);
  });
  // A program that ignores its input is judged by its answer.
  child.stdin.on("error", () => undefined);
  child.stdin.end(run.input);

  let certainEnd: NodeJS.Timeout | undefined;
  let pipesEnd: NodeJS.Timeout | undefined;
  const stop = () => {
    certainEnd = end(child, run.graceMs);
  };
  signal.addEventListener("abort", stop, { once: true });
  running.add(child);
  try {
    const outcome = await new Promise<ProgramOutcome>((resolve) => {
      child.once("error", (error) => resolve({ state: "not-started", reason: error.message }));
      // Children that it left behind may hold its pipes open, and "close" would wait for them; some even left the group.
      child.once("exit", () => {
        kill(child, "SIGKILL");
        pipesEnd = setTimeout(() => {
          child.stdout.destroy();
          child.stderr.destroy();
        }, run.graceMs);
      });
      child.once("close", (code, by) => {
        if (output.overflown) return resolve({ state: "too-much-output" });
        if (code === null)
          return resolve({ state: "killed", by: by ?? "an unknown signal", complaint, isCut });
        resolve({ state: "ended", exitCode: code, output: output.bytes(), complaint, isCut });
      });
    });
    signal.throwIfAborted();
    return outcome;
  } finally {
    clearTimeout(certainEnd);
    clearTimeout(pipesEnd);
    signal.removeEventListener("abort", stop);
    running.delete(child);
  }
}

/** Starts the program; the system's error where it throws one at once (too many arguments, a name with a zero byte). */
function start({ command, folder, environment }: ProgramRun): ChildProcessWithoutNullStreams | Error {
  const [program = "", ...args] = command;
  try {
    // A group of its own (POSIX), so that it can be ended with all its children.
    return spawn(program, args, {
      cwd: folder,
      env: { ...environment },
      detached: posix,
      windowsHide: true,
      stdio: "pipe",
    });
  } catch (error) {
    if (error instanceof Error && "code" in error) return error;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES" || code === "ELOOP") return false;
    throw error;
  }
}

/** Bytes up to a limit. */
class Collected {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get overflown(): boolean {
    return this.#length > this.#limit;
  }

  /** False when it is too much; nothing more is kept then. */
  add(chunk: Buffer): boolean {
    this.#length += chunk.length;
    if (this.overflown) return false;
    this.#chunks.push(chunk);
    return true;
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}

/** Asks the group to end, and ends it for certain after `graceMs`. */
function end(child: ChildProcessWithoutNullStreams, graceMs: number): NodeJS.Timeout | undefined {
  if (graceMs === 0) {
    kill(child, "SIGKILL");
    return undefined;
  }
  kill(child, "SIGTERM");
  return setTimeout(() => kill(child, "SIGKILL"), graceMs);
}

function kill(child: ChildProcessWithoutNullStreams, signal: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined) return;
  if (!posix) {
    child.kill(signal);
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // The group is empty, or (macOS) has only its unreaped leader.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}
