// Runs transformers.js in a separate process: it needs its own version of onnxruntime, which cannot be
// loaded next to another one; its settings and random numbers are global; and a process can be killed
// during a caption.
import { type ChildProcess, spawn } from "node:child_process";
import type { Environment } from "./secrets.ts";

/** The model, in terms of transformers.js. */
export interface CaptionerModel {
  /** File that `require` loads the library from. */
  readonly library: string;
  /** Absolute path of a folder, or a hub id. */
  readonly model: string;
  /** Whether network requests are allowed. */
  readonly remote: boolean;
  readonly revision: string;
  readonly cacheFolder: string | undefined;
  readonly dtype: string;
  readonly device: string;
}

export interface CaptionRequest {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue, row by row. */
  readonly data: Uint8Array;
  readonly seed: number;
  /** Passed to `generate` unchanged. */
  readonly generation: Readonly<Record<string, number | boolean>>;
}

type Task =
  | { readonly task: "load"; readonly model: CaptionerModel }
  | { readonly task: "caption"; readonly request: CaptionRequest };
type Question = Task & { readonly id: number };
type Answer = { readonly id: number } & ({ readonly text: string } | { readonly problem: string });

/** The used parts of transformers.js. */
interface TransformersJs {
  readonly env: {
    version: string;
    logLevel: number;
    allowRemoteModels: boolean;
    allowLocalModels: boolean;
    cacheDir: string | null;
  };
  readonly RawImage: new (data: Uint8Array, width: number, height: number, channels: number) => object;
  readonly random?: { seed?(seed: number): void };
  pipeline(task: "image-to-text", model: string, options: object): Promise<Captioner>;
}
type Captioner = (
  picture: object,
  options: object,
) => Promise<readonly { readonly generated_text: string }[]>;

/** The used parts of `process` in the child. */
interface Host {
  on(event: "message", listener: (question: Question) => void): unknown;
  on(event: "disconnect", listener: () => void): unknown;
  send?(answer: Answer): unknown;
  exit(): never;
}

const ERRORS_ONLY = 40; // transformers.js's LogLevel.ERROR
// The last lines on stderr explain why the process ended.
const MAX_COMPLAINT = 2000;

/**
 * Answers questions one after the other until the channel closes.
 *
 * The process gets this function as text: it must not refer to anything but its parameters and the language's globals.
 */
function serve(host: Host, load: (file: string) => TransformersJs, errorsOnly: number): void {
  let library: TransformersJs;
  let captioner: Captioner;
  const open = async (model: CaptionerModel): Promise<string> => {
    library = load(model.library);
    if (typeof library.random?.seed !== "function") {
      throw new Error(`version ${library.env.version} has no random.seed; version 4.2 is the first that has`);
    }
    library.env.logLevel = errorsOnly;
    library.env.allowRemoteModels = model.remote;
    library.env.allowLocalModels = !model.remote;
    if (model.cacheFolder !== undefined) library.env.cacheDir = model.cacheFolder;
    captioner = await library.pipeline("image-to-text", model.model, {
      revision: model.revision,
      dtype: model.dtype,
      device: model.device,
      local_files_only: !model.remote,
    });
    return library.env.version;
  };
  const caption = async ({ data, width, height, seed, generation }: CaptionRequest): Promise<string> => {
    library.random?.seed?.(seed);
    const [best] = await captioner(new library.RawImage(data, width, height, 3), generation);
    return best?.generated_text ?? "";
  };
  let turn = Promise.resolve();
  host.on("message", (question) => {
    turn = turn.then(async () => {
      try {
        const text = await (question.task === "load" ? open(question.model) : caption(question.request));
        host.send?.({ id: question.id, text });
      } catch (error) {
        host.send?.({ id: question.id, problem: error instanceof Error ? error.message : String(error) });
      }
    });
  });
  host.on("disconnect", () => host.exit());
}

/**
 * Text instead of a separate file, because Node 20 cannot start a process from a TypeScript source, which
 * tests would need.
 */
const PROGRAM = `(${serve.toString()})(process, require, ${ERRORS_ONLY});`;

/** The outcome of a question to the process. */
export type Outcome =
  | { readonly state: "done"; readonly text: string }
  /** The library's own words. */
  | { readonly state: "failed"; readonly problem: string }
  | { readonly state: "ended"; readonly how: string };

/** A process with a loaded captioner. It answers one question at a time. */
export class CaptionerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #pending = new Map<number, (outcome: Outcome) => void>();
  #questions = 0;
  #ended: string | undefined;
  #complaint = "";

  constructor(environment: Environment) {
    this.#child = spawn(process.execPath, ["--input-type=commonjs", "-e", PROGRAM], {
      env: { ...environment },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      serialization: "advanced", // pixels as bytes
      windowsHide: true,
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      const said = this.#complaint + chunk;
      // Cut between words: half a secret would not be recognised and removed.
      this.#complaint =
        said.length <= MAX_COMPLAINT ? said : said.slice(-MAX_COMPLAINT).replace(/^\S*\s?/, "");
    });
    this.#child.on("message", (answer: Answer) => {
      const { id } = answer;
      this.#pending.get(id)?.(
        "text" in answer
          ? { state: "done", text: answer.text }
          : { state: "failed", problem: answer.problem },
      );
      this.#pending.delete(id);
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#end(`could not be started: ${error.message}`);
        resolve();
      });
      this.#child.once("close", (code, signal) => {
        const complaint = this.#complaint.trim();
        this.#end(
          `ended with ${signal ?? `exit code ${code}`}${complaint === "" ? "" : ` after saying: ${complaint}`}`,
        );
        resolve();
      });
    });
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** @returns the library's version */
  load(model: CaptionerModel, signal: AbortSignal): Promise<Outcome> {
    return this.#ask({ task: "load", model }, signal);
  }

  /** @returns the caption */
  caption(request: CaptionRequest, signal: AbortSignal): Promise<Outcome> {
    return this.#ask({ task: "caption", request }, signal);
  }

  /** Kills the process immediately and waits for its exit. */
  async dispose(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  /** Kills the process and rejects with the signal's reason: nothing else stops a caption in progress. */
  async #ask(task: Task, signal: AbortSignal): Promise<Outcome> {
    signal.throwIfAborted();
    if (this.#ended !== undefined) return { state: "ended", how: this.#ended };
    const id = this.#questions++;
    const stop = () => void this.#child.kill("SIGKILL");
    signal.addEventListener("abort", stop, { once: true });
    try {
      const outcome = await new Promise<Outcome>((resolve) => {
        this.#pending.set(id, resolve);
        const question: Question = { ...task, id };
        this.#child.send(question, (error) => {
          if (error !== null) resolve({ state: "ended", how: `could not be asked: ${error.message}` });
        });
      });
      signal.throwIfAborted();
      return outcome;
    } finally {
      this.#pending.delete(id);
      signal.removeEventListener("abort", stop);
    }
  }

  #end(how: string): void {
    this.#ended ??= how;
    for (const resolve of this.#pending.values()) resolve({ state: "ended", how: this.#ended });
    this.#pending.clear();
  }
}
