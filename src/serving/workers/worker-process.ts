// One worker process as the server sees it: starts it, hands it batches, and tells when it is ready, answers or has ended.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { RelataError } from "../../base/errors.ts";
import {
  type BatchPost,
  errorFrom,
  type FromWorker,
  type PostResult,
  type ToWorker,
  type WorkerModelOptions,
} from "./protocol.ts";

/** What a worker reports. Exactly one `onEnd` follows everything else. */
export interface WorkerEvents {
  onReady(ready: FromWorker & { kind: "ready" }): void;
  onAnswers(batch: number, results: readonly PostResult[], readMs: number): void;
  /** A line that the process wrote on its own, for instance a warning of onnxruntime. */
  onLine(line: string): void;
  /** The process has ended, and why; with `error` if it could not load its model. */
  onEnd(reason: string, error: Error | undefined): void;
}

/** How to start a worker. */
export interface WorkerStart {
  /** The module that the process runs. */
  readonly entry: URL;
  readonly folder: string;
  readonly options: WorkerModelOptions;
  readonly startTimeoutMs: number;
  /** Longest time for a batch, from when it is the first in line. */
  readonly batchTimeoutMs: number;
}

const KILL_AFTER_MS = 5_000; // a worker without posts ends in milliseconds
const LINE_LENGTH = 2_000; // of the lines that a process writes

/** A child process that reads batches in the order in which it gets them. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #events: WorkerEvents;
  readonly #batchTimeoutMs: number;
  readonly #batches: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #killedFor: string | undefined;
  #loadError: Error | undefined;
  #hasEnded = false;

  constructor(start: WorkerStart, events: WorkerEvents) {
    this.#events = events;
    this.#batchTimeoutMs = start.batchTimeoutMs;
    const { RELATA_TOKENS: _, ...env } = process.env; // a worker has no use for the server's secrets
    this.#child = fork(start.entry, [], {
      serialization: "advanced",
      execArgv: [], // a debugger's port is the server's own
      env,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      windowsHide: true,
    } as Parameters<typeof fork>[2]);
    this.#child.on("message", (message) => this.#take(message as FromWorker));
    this.#child.once("error", (error) => this.#end(`it could not be started: ${error.message}`));
    // What it said last may still be on its way when the process has ended, but not when the channel has.
    const exited = once(this.#child, "exit");
    const disconnected = once(this.#child, "disconnect");
    void Promise.all([exited, disconnected]).then(([[code, signal]]) =>
      this.#end(signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`),
    );
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        for (const line of text.split("\n"))
          if (line.trim() !== "") events.onLine(line.slice(0, LINE_LENGTH));
      });
    }
    this.#expectWithin(start.startTimeoutMs, "it did not load its model in time");
    this.#send({ kind: "load", folder: start.folder, options: start.options });
  }

  /** Undefined if the process could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Hands it a batch; it reads batches in order. */
  read(batch: number, posts: readonly BatchPost[]): void {
    this.#batches.push(batch);
    if (this.#batches.length === 1) this.#expectAnswers();
    this.#send({ kind: "read", batch, posts });
  }

  /** Lets it finish its batches and end; kills it if it does not end then. */
  end(): void {
    this.#send({ kind: "end" });
    if (this.#batches.length === 0) this.#expectWithin(KILL_AFTER_MS, "it did not end when asked to");
  }

  /** Ends it at once. */
  kill(reason: string): void {
    this.#killedFor ??= reason;
    this.#child.kill("SIGKILL");
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case "ready":
        clearTimeout(this.#timer);
        this.#events.onReady(message);
        break;
      case "cannot-load":
        this.#loadError = errorFrom(message.error);
        break;
      case "answers":
        this.#batches.shift();
        clearTimeout(this.#timer);
        if (this.#batches.length > 0) this.#expectAnswers();
        this.#events.onAnswers(message.batch, message.results, message.readMs);
        break;
      default:
        message satisfies never;
    }
  }

  #expectAnswers(): void {
    const seconds = this.#batchTimeoutMs / 1000;
    this.#expectWithin(this.#batchTimeoutMs, `it gave no answer within ${seconds} s (--worker-timeout)`);
  }

  #expectWithin(ms: number, reason: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.kill(reason), ms);
  }

  #send(message: ToWorker): void {
    this.#child.send(message, () => undefined); // what a dead process was sent comes back with `onEnd`
  }

  #end(reason: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#events.onEnd(this.#killedFor ?? reason, this.#loadError);
  }
}

/** The error of a model whose worker ended before it was ready, without an error of its own. */
export function workerFailed(folder: string, reason: string): RelataError {
  return new RelataError({
    code: "serving/worker-failed",
    message: `the worker process that loads ${folder} failed: ${reason}`,
    place: folder,
    value: reason,
    remedy: "Check that the machine has memory for the model; `relata doctor` tells. Use fewer replicas.",
    fault: "work",
  });
}
