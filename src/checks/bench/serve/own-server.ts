// Starts `relata serve` for a measurement, waits until it is ready and ends it again.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { ConfigError } from "../../../base/errors.ts";

/** A server of our own. */
export interface OwnServer extends AsyncDisposable {
  readonly url: string;
  readonly process: ChildProcess;
  /** From the start of the process to the first success of /readyz. */
  readonly secondsToReady: number;
}

export interface OwnServerOptions {
  /** The arguments after `relata serve`: bundles and flags. */
  readonly args: readonly string[];
  /** The program: `relata`'s own main file. */
  readonly program: string;
  readonly signal: AbortSignal;
}

const POLL_MS = 10;
const KEPT_OUTPUT = 4000; // characters of its log, for the message if it ends

/** @throws ConfigError `bench/server-ended` if it ends before it is ready; the signal's reason */
export async function startOwnServer({ args, program, signal }: OwnServerOptions): Promise<OwnServer> {
  const port = await freePort();
  const begun = performance.now();
  const child = spawn(process.execPath, [program, "serve", ...args, "--port", String(port)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  const keep = (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-KEPT_OUTPUT);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const url = `http://127.0.0.1:${port}`;
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  };
  try {
    while (!(await isReady(url))) {
      signal.throwIfAborted();
      if (child.exitCode !== null || child.signalCode !== null) throw ended(args, log);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } catch (error) {
    await end();
    throw error;
  }
  return {
    url,
    process: child,
    secondsToReady: (performance.now() - begun) / 1000,
    [Symbol.asyncDispose]: end,
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`);
    await response.arrayBuffer();
    return response.ok;
  } catch (error) {
    if (error instanceof TypeError) return false; // nobody listens yet
    throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new TypeError("a port has no number");
  return address.port;
}

function ended(args: readonly string[], log: string): ConfigError {
  return new ConfigError({
    code: "bench/server-ended",
    message: `relata serve ${args.join(" ")} ended before it was ready: ${log.trim().split("\n").slice(-5).join(" / ")}`,
    place: args[0],
    remedy: "Run the command by itself and follow its message.",
    fault: "work",
  });
}
