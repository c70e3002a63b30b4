// A benchmark's peer in a separate process: prints one JSON line when ready, answers each "step <number>"
// with one, exits on "quit".
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { z } from "zod";
import { ConfigError } from "../../base/errors.ts";

const readySchema = z.looseObject({ ready: z.literal(true) });
const answerSchema = z.looseObject({ seconds: z.number().positive(), peakRssBytes: z.number().positive() });

/** The peer's report: precision, arithmetic, rate of its matrix products. */
export type ReadyMessage = z.output<typeof readySchema>;
export type StepAnswer = z.output<typeof answerSchema>;

/** A running peer; `test/reference/*.py --serve` are such programs. */
export class StepServer {
  readonly command: string;
  readonly ready: ReadyMessage;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #errors: string[];

  private constructor(
    command: string,
    ready: ReadyMessage,
    process: ChildProcessWithoutNullStreams,
    lines: AsyncIterator<string>,
    errors: string[],
  ) {
    this.command = command;
    this.ready = ready;
    this.#process = process;
    this.#lines = lines;
    this.#errors = errors;
  }

  /**
   * Starts `command` in a shell and waits until it is ready (it has then warmed up).
   *
   * @throws ConfigError `bench/reference-failed` with the last lines it printed to stderr
   */
  static async start(command: string): Promise<StepServer> {
    const process = spawn(command, { shell: true, stdio: ["pipe", "pipe", "pipe"] });
    const errors: string[] = [];
    process.stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text));
    const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    const ready = await readLine(command, lines, errors, readySchema);
    return new StepServer(command, ready, process, lines, errors);
  }

  /** Lets the peer run one step. */
  step(number: number): Promise<StepAnswer> {
    this.#process.stdin.write(`step ${number}\n`);
    return readLine(this.command, this.#lines, this.#errors, answerSchema);
  }

  /** Ends the peer. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = new Promise<void>((resolve) => this.#process.once("exit", () => resolve()));
    this.#process.stdin.end("quit\n");
    await ended;
  }
}

async function readLine<T>(
  command: string,
  lines: AsyncIterator<string>,
  errors: readonly string[],
  schema: z.ZodType<T>,
): Promise<T> {
  const line = await lines.next();
  const failed = (what: string) =>
    new ConfigError({
      code: "bench/reference-failed",
      message: `the reference ${what}: ${errors.join("").trim().split("\n").slice(-3).join(" | ")}`,
      place: command,
      remedy: "Run the command on its own. test/reference/README.md lists what it needs.",
      fault: "work",
    });
  if (line.done === true) throw failed("ended early");
  let json: unknown;
  try {
    json = JSON.parse(line.value);
  } catch {
    throw failed(`printed ${JSON.stringify(line.value.slice(0, 80))}, which is not JSON`);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw failed(`answered ${line.value.slice(0, 200)}`);
  return parsed.data;
}
