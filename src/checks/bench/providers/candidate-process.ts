// A candidate in a process of its own: its memory is counted alone, and a provider that crashes does not end the benchmark.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { EngineError } from "../../../base/errors.ts";
import { packageFile } from "../../../base/own-files.ts";
import type { RuntimeOptions } from "../../../engine/runtime.ts";
import type { Candidate, CandidateWork, GradientDifference, Readiness } from "./candidate.ts";
import type { Answer, CallMessage, OpenMessage } from "./protocol.ts";

const ENTRY = packageFile("dist/checks/bench/providers/candidate-main.js");

/**
 * Starts the process and opens the candidate there.
 *
 * @throws EngineError as `openCandidate` does, and `bench/candidate-ended` if the process ends
 */
export async function startCandidate(options: RuntimeOptions, work: CandidateWork): Promise<Candidate> {
  const child = fork(ENTRY, [], {
    serialization: "advanced",
    execArgv: [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const process = new CandidateProcess(child);
  try {
    const ready = (await process.ask({ options, work })) as Readiness;
    const call = (name: CallMessage["call"], argument?: string | number) =>
      process.ask({ call: name, argument });
    return {
      ready,
      trainStep: (number) => call("trainStep", number) as Promise<number>,
      predict: () => call("predict") as Promise<number>,
      writeGradients: (file) => call("writeGradients", file) as Promise<void>,
      compareGradients: (file) => call("compareGradients", file) as Promise<GradientDifference>,
      peakRssBytes: () => call("peakRssBytes") as Promise<number>,
      [Symbol.asyncDispose]: () => process.end(),
    };
  } catch (error) {
    await process.end();
    throw error;
  }
}

class CandidateProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown[]>;
  #errors = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, "exit");
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#errors = (this.#errors + text).slice(-2000);
    });
  }

  async ask(message: OpenMessage | CallMessage): Promise<unknown> {
    const given = new AbortController();
    try {
      const answered = once(this.#child, "message", { signal: given.signal });
      answered.catch(() => undefined); // when the process ended first
      this.#child.send(message);
      const [answer] = (await Promise.race([answered, this.#exited.then((how) => this.#ended(how))])) as [
        Answer,
      ];
      if ("result" in answer) return answer.result;
      const { code, message: text, remedy } = answer.error;
      throw new EngineError({
        code,
        message: text,
        remedy,
        fault: "work",
      });
    } finally {
      given.abort();
    }
  }

  #ended([code, signal]: unknown[]): never {
    const last = this.#errors.trim().split("\n").at(-1) ?? "";
    throw new EngineError({
      code: "bench/candidate-ended",
      message: `the process of the provider ended (${signal === null ? `exit code ${String(code)}` : String(signal)})${last === "" ? "" : `: ${last}`}`,
      place: "provider",
      remedy: "Leave this provider out on this machine, or use another version of its library.",
      fault: "work",
    });
  }

  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited;
  }
}
