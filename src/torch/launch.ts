// Starts the program for PyTorch: one process directly, several with torchrun; and finds out why they ended.
import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EngineError } from "../base/errors.ts";
import { packageFile } from "../base/own-files.ts";
import type { TorchOptions } from "./torch-options.ts";

const PROGRAM = fileURLToPath(packageFile("python/relata_torch.py"));

/** Characters of a process's output that errors repeat. */
const LAST_WORDS = 600;
const KEPT_OUTPUT = 65536;
const STOP_PATIENCE_MS = 10_000;

/** Where the first rank finds relata. */
export interface Meeting {
  readonly port: number;
  readonly token: string;
  /** Folder for the ranks' output and errors. */
  readonly folder: string;
}

/** How a process ended. */
interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The running processes of this machine. */
export class Launch {
  readonly python: string;
  /** Settled when torchrun, or the one process, has ended. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #direct: boolean;
  #output = "";
  #spawnError: NodeJS.ErrnoException | undefined;

  constructor(options: TorchOptions, meeting: Meeting) {
    this.python = options.python ?? process.env.RELATA_PYTHON ?? "python3";
    this.#folder = meeting.folder;
    const { processes = 1, nodes, device = "cpu" } = options;
    this.#direct = processes === 1 && nodes === undefined;
    const threads = options.threads ?? Math.max(1, Math.floor(availableParallelism() / processes));
    this.#child = spawn(
      this.python,
      this.#direct ? [PROGRAM] : torchrunArguments(processes, nodes, meeting.folder),
      {
        stdio: ["ignore", "pipe", "pipe"],
        detached: true, // a Ctrl-C is relata's to handle: it ends the step and saves
        env: {
          ...process.env,
          OMP_NUM_THREADS: String(threads),
          CUBLAS_WORKSPACE_CONFIG: process.env.CUBLAS_WORKSPACE_CONFIG ?? ":4096:8", // repeatable products
          RELATA_TORCH: JSON.stringify({ host: "127.0.0.1", ...meeting, device, threads }),
        },
      },
    );
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
      });
    }
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error: NodeJS.ErrnoException) => {
        this.#spawnError = error;
        resolve({ code: null, signal: null });
      });
      this.#child.once("close", (code, signal) => resolve({ code, signal }));
    });
  }

  /** Waits until the processes have ended by themselves, and ends them if they do not; `patienceMs` 0: at once. */
  async stop(patienceMs = STOP_PATIENCE_MS): Promise<void> {
    const timers = [
      setTimeout(() => this.#child.kill("SIGTERM"), patienceMs),
      setTimeout(() => this.#child.kill("SIGKILL"), patienceMs + STOP_PATIENCE_MS),
    ];
    await this.ended;
    for (const timer of timers) clearTimeout(timer);
  }

  /** Why the processes ended, once they have. */
  async failure(): Promise<EngineError> {
    const ending = await this.ended;
    if (this.#spawnError !== undefined) return noPython(this.python, this.#spawnError);
    if (/No module named ['"]?torch\b/.test(this.#output)) return noTorch(this.python);
    const own = await this.#words();
    const lacking = own.find(({ error }) => error === "LookupError");
    if (lacking !== undefined) return noCuda(lacking.message);
    const lost = this.#lostRank(ending);
    const cause = own.find(({ because }) => because === "own");
    // A rank that was killed left no words; the others only say that they lost it.
    const rank = cause?.rank ?? lost?.rank;
    if (rank === undefined) return launchFailed(ending, lastWords(this.#output));
    const how = lost?.rank === rank ? lost.how : "met an error";
    const words = cause ? `${cause.error}: ${cause.message}` : await this.#log(rank);
    return rankFailed(rank, how, words);
  }

  /** What the ranks wrote down before they ended. */
  async #words(): Promise<RankWords[]> {
    const files = (await readdir(this.#folder)).filter((name) => /^rank-\d+\.json$/.test(name));
    const words = await Promise.all(
      files.map(async (name) => JSON.parse(await readFile(join(this.#folder, name), "utf8")) as RankWords),
    );
    return words.sort((a, b) => a.rank - b.rank);
  }

  /** The first rank that ended, as torchrun reports it. */
  #lostRank({ code, signal }: Ending): { readonly rank: number; readonly how: string } | undefined {
    if (this.#direct) return { rank: 0, how: signal === null ? `exit code ${code}` : signal };
    const report = this.#output.slice(Math.max(0, this.#output.lastIndexOf("Root Cause")));
    const found = /rank\s*:\s*(\d+) \(local_rank: \d+\)\s*exitcode\s*:\s*(-?\d+)/.exec(report);
    if (found === null) return undefined;
    const named = /Signal \d+ \((SIG[A-Z]+)\)/.exec(report)?.[1];
    return { rank: Number(found[1]), how: named ?? `exit code ${found[2]}` };
  }

  /** The end of a rank's output. */
  async #log(rank: number): Promise<string> {
    if (this.#direct) return lastWords(this.#output);
    const files = await readdir(this.#folder, { recursive: true, withFileTypes: true });
    const logs = files.filter(
      ({ name, parentPath }) => name === "stderr.log" && parentPath.endsWith(`/${rank}`),
    );
    const texts = await Promise.all(logs.map((file) => readFile(join(file.parentPath, file.name), "utf8")));
    return lastWords(texts.join("\n"));
  }
}

/** What a rank writes to `rank-<number>.json` when it meets an error. */
interface RankWords {
  readonly rank: number;
  /** "peer": it lost another rank. */
  readonly because: "own" | "peer";
  readonly error: string;
  readonly message: string;
}

function torchrunArguments(processes: number, nodes: TorchOptions["nodes"], folder: string): string[] {
  const meeting =
    nodes === undefined
      ? ["--standalone"]
      : [
          ...["--nnodes", String(nodes.count), "--node-rank", String(nodes.rank)],
          ...["--master-addr", hostOf(nodes.rendezvous), "--master-port", portOf(nodes.rendezvous)],
        ];
  return [
    ...["-m", "torch.distributed.run", "--nproc-per-node", String(processes), ...meeting],
    ...["--max-restarts", "0", "--log-dir", folder, "--redirects", "3", PROGRAM],
  ];
}

const hostOf = (rendezvous: string): string => rendezvous.slice(0, rendezvous.lastIndexOf(":"));
const portOf = (rendezvous: string): string => rendezvous.slice(rendezvous.lastIndexOf(":") + 1);

function lastWords(output: string): string {
  const text = output.trim();
  if (text === "") return "";
  return text.length <= LAST_WORDS ? text : `... ${text.slice(-LAST_WORDS)}`;
}

function noPython(python: string, cause: NodeJS.ErrnoException): EngineError {
  return new EngineError({
    code: "torch/no-python",
    message: `the Python interpreter ${python} cannot be started (${cause.code})`,
    place: python,
    value: python,
    remedy: "Name the python of an environment with PyTorch: --python <file>, or the variable RELATA_PYTHON.",
    cause,
  });
}

function noTorch(python: string): EngineError {
  return new EngineError({
    code: "torch/no-torch",
    message: `the Python interpreter ${python} has no package torch`,
    place: python,
    value: python,
    remedy: `Install PyTorch (${python} -m pip install torch), or name another interpreter with --python.`,
  });
}

function noCuda(message: string): EngineError {
  return new EngineError({
    code: "torch/no-cuda",
    message,
    place: "--device cuda",
    remedy: "Start at most as many processes as there are GPUs (--nproc), or use the device cpu.",
  });
}

function rankFailed(rank: number, how: string, words: string): EngineError {
  return new EngineError({
    code: "torch/rank-failed",
    message: `rank ${rank} ended before the training did (${how})${words === "" ? "; it said nothing" : `: ${words}`}`,
    place: `rank ${rank}`,
    value: how,
    remedy: "Remove the cause, and resume the run with --resume: it continues from its newest checkpoint.",
    fault: "work",
  });
}

function launchFailed({ code, signal }: Ending, words: string): EngineError {
  return new EngineError({
    code: "torch/launch-failed",
    message: `the processes of the training ended (${signal ?? `exit code ${code}`})${words === "" ? "" : `: ${words}`}`,
    value: signal ?? code,
    remedy:
      "Read the last words above. With several machines, check that --nnodes, --nproc and --rendezvous are the same on all.",
    fault: "work",
  });
}
