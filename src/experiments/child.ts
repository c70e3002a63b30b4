// One child process of an experiment: `relata` with a command line, its output in files, stopped with the experiment.
import { spawn } from "node:child_process";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Liveness, livenessOf, type ProcessOwner } from "../base/process-owner.ts";
import { readWholeText } from "../base/whole-file.ts";
import { STAGE_FILES } from "./stage-commands.ts";

export interface ChildRequest {
  /** How to run relata: the node binary and the script. */
  readonly program: readonly string[];
  readonly arguments: readonly string[];
  /** Folder of the log; created if needed. */
  readonly folder: string;
  /** File for stdout; the log if absent. */
  readonly resultFile?: string | undefined;
  /** On abort, asks the child to stop and waits for it. */
  readonly signal: AbortSignal;
  readonly onStart?: ((pid: number) => Promise<void>) | undefined;
  /** New output in the child's log since the last call; called about once a second. */
  readonly onLog?: ((text: string) => void) | undefined;
}

export type ChildEnd =
  | { readonly kind: "exit"; readonly code: number }
  | { readonly kind: "signal"; readonly signal: string }
  | { readonly kind: "not-started"; readonly message: string };

/** Starts the log of an attempt. */
const ATTEMPT = "# relata ";
const LOG_INTERVAL_MS = 500; // reading the end of a file now and then costs nothing compared with training

/**
 * Runs the child to its end. Its channel to this process closes if this process dies, which tells the child to stop. It has its own process
 * group, so that a terminal's Ctrl-C reaches it once, through this process.
 */
export async function runChild(request: ChildRequest): Promise<ChildEnd> {
  const { program, folder, resultFile, signal, onStart, onLog } = request;
  const [command = process.execPath, ...before] = program;
  await mkdir(folder, { recursive: true });
  const logPath = join(folder, STAGE_FILES.log);
  await using log = await open(logPath, "a");
  await log.appendFile(`${ATTEMPT}${request.arguments.join(" ")}\n`);
  await using result = resultFile === undefined ? undefined : await open(resultFile, "w");
  const watched = onLog && (await watchLog(logPath, (await log.stat()).size, onLog));
  const child = spawn(command, [...before, ...request.arguments], {
    stdio: ["ignore", result?.fd ?? log.fd, log.fd, "ipc"],
    detached: process.platform !== "win32",
    windowsHide: true,
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
  });
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once("error", (error) => resolve({ kind: "not-started", message: error.message }));
    child.once("exit", (code, name) =>
      resolve(name === null ? { kind: "exit", code: code ?? 0 } : { kind: "signal", signal: name }),
    );
  });
  const stop = () => child.kill("SIGINT");
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    if (child.pid !== undefined) await onStart?.(child.pid);
    return await ended;
  } finally {
    signal.removeEventListener("abort", stop);
    await watched?.stop();
  }
}

/** Calls `onLog` with what is appended to a file from `start` on, until stopped, and again when stopping. */
async function watchLog(path: string, start: number, onLog: (text: string) => void) {
  const file = await open(path, "r");
  const stopped = new AbortController();
  let at = start;
  const read = async () => {
    const text = await readFrom(file, at);
    at += text.length;
    if (text.length > 0) onLog(text.toString("utf8"));
  };
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      await read();
      await sleep(LOG_INTERVAL_MS, undefined, { signal: stopped.signal }).catch(ignoreAbort);
    }
  })();
  return {
    async stop() {
      stopped.abort();
      await watching;
      await read();
      await file.close();
    },
  };
}

async function readFrom(file: FileHandle, start: number): Promise<Buffer> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(Math.max(0, size - start));
  const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
  return buffer.subarray(0, bytesRead);
}

function ignoreAbort(error: Error): void {
  if (error.name !== "AbortError") throw error;
}

const TAIL_LINES = 12;

/** Returns the last lines of a stage's last attempt, and the error in them as one line. */
export async function logTail(
  folder: string,
): Promise<{ readonly error: string | undefined; readonly log: string }> {
  const whole = (await readWholeText(join(folder, STAGE_FILES.log))).trimEnd().split("\n");
  const lines = whole.slice(whole.findLastIndex((line) => line.startsWith(ATTEMPT)) + 1);
  const log = lines.slice(-TAIL_LINES).join("\n");
  const error = lines.findLast((line) => line.startsWith("error[") || line.startsWith('{"error":'));
  return { error: error === undefined ? undefined : errorLine(error), log };
}

/** The format of all errors, including those printed as JSON. */
function errorLine(line: string): string {
  if (line.startsWith("error[")) return line;
  try {
    const { error } = JSON.parse(line) as {
      readonly error: { readonly code?: string; readonly message?: string };
    };
    return `error[${error.code ?? "unknown"}]: ${error.message ?? ""}`;
  } catch (error) {
    if (error instanceof SyntaxError) return line;
    throw error;
  }
}

/** Waits for a process that an earlier experiment left behind; returns what is known about it at the end. */
export async function waitForEnd(
  owner: ProcessOwner,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Liveness> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const liveness = livenessOf(owner);
    if (liveness.state !== "alive" || Date.now() > until || signal.aborted) return liveness;
    await sleep(LOG_INTERVAL_MS / 2);
  }
}
