// Runs the built program many times in one child process. What a command does is the same as in a process of its own, but the program is loaded once.
// Tests of signals, of standard input and of extensions, which a process loads once, need processes of their own.
import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CLI, type CliOptions, type CliResult } from "./run-cli.ts";

const RUNNER = fileURLToPath(new URL("./warm-program.mjs", import.meta.url));
const PROGRAM = join(dirname(CLI), "run-command-line.js");

interface Waiting {
  readonly resolve: (result: CliResult) => void;
  readonly reject: (error: Error) => void;
}

let child: ChildProcess | undefined;
const waiting: Waiting[] = [];

/** Runs `relata` with `args`; calls run one after the other, in the order in which they were made. */
export function relata(args: readonly string[], { cwd, env }: CliOptions = {}): Promise<CliResult> {
  child ??= start();
  const channel = child.stdio[3] as Socket;
  return new Promise((resolve, reject) => {
    waiting.push({ resolve, reject });
    channel.write(`${JSON.stringify({ args, cwd, env })}\n`);
  });
}

/** The child ends with this process, when its channel closes. */
function start(): ChildProcess {
  const started = spawn(process.execPath, [RUNNER, PROGRAM], {
    env: { ...process.env, NO_COLOR: "", FORCE_COLOR: undefined },
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  let complaint = "";
  started.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  createInterface({ input: started.stdio[3] as Socket }).on("line", (line) => {
    waiting.shift()?.resolve(JSON.parse(line) as CliResult);
  });
  started.on("close", (code, signal) => {
    child = undefined;
    for (const { reject } of waiting.splice(0)) {
      reject(new Error(`the program ended in the middle of a command (${signal ?? code})\n${complaint}`));
    }
  });
  return started;
}
