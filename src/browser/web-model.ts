// A model in a web page, seen from the page: sends posts to its worker and gives back what was found.
import { EngineError, type RelataError } from "../base/errors.ts";
import type { Extraction, ExtractionOptions, Post } from "../extract/post.ts";
import {
  type Answer,
  type LoadProgress,
  type LoadSettings,
  type ModelFacts,
  type Request,
  receivedError,
  type SentPost,
} from "./messages.ts";

/** A text, and the picture posted with it in any form that a page has. */
export interface WebPost extends Omit<Post, "image"> {
  /**
   * The picture: a file from an input or a drop, a blob, a bitmap, the file's bytes, or its address. A bitmap is copied, so it stays usable. The
   * formats are those of the browser.
   */
  readonly image?: Blob | ImageBitmap | Uint8Array | ArrayBuffer | URL | string | undefined;
}

/** How one post is read. */
export interface WebExtractionOptions extends ExtractionOptions {
  /** Stops waiting; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A request without the number that `#ask` gives it. */
type Unnumbered<R> = R extends unknown ? Omit<R, "id"> : never;

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** A loaded model. Call `dispose` when the page no longer needs it, or declare it with `await using`. */
export class WebModel {
  /** The relation model's labels, "None" included; empty without a relation model. */
  readonly labels: readonly string[];
  /** The entity model's types; empty without an entity model. */
  readonly entityTypes: readonly string[];
  /** The category model's categories; empty without a category model. */
  readonly categories: readonly string[];
  /** The visual input of each model. */
  readonly visualChannels: readonly string[];
  /** What at least one of the models can use besides the text. */
  readonly sees: { readonly pictures: boolean; readonly captions: boolean };
  /** Whether posts must include their mentions. */
  readonly needsMentions: boolean;
  /** Notes for the user of the models, one line each. */
  readonly remarks: readonly string[];
  /** What the page could not give the model, and what the export left out: a GPU, threads, a cache. */
  readonly notices: readonly string[];
  /** Where the graphs run. */
  readonly device: "wasm" | "webgpu";
  /** Threads of the processor; 1 on a page that is not cross-origin isolated. */
  readonly threads: number;
  /** Identifies the exported model, whatever precision it was exported in. */
  readonly fingerprint: string;
  readonly #worker: WorkerLink;

  /** @internal used by `load` */
  constructor(worker: WorkerLink, facts: ModelFacts) {
    this.#worker = worker;
    this.labels = facts.labels;
    this.entityTypes = facts.entityTypes;
    this.categories = facts.categories;
    this.visualChannels = facts.visualChannels;
    this.sees = facts.sees;
    this.needsMentions = facts.needsMentions;
    this.remarks = facts.remarks;
    this.notices = facts.notices;
    this.device = facts.device;
    this.threads = facts.threads;
    this.fingerprint = facts.model;
  }

  /**
   * Returns the entities and relations of one post, and its category, as far as there are models for them: the same as `extract` in Node. Posts
   * are read one after another.
   *
   * @throws the codes of `extract` in Node; EngineError `web/runtime-failed`, `web/worker-failed`, `engine/disposed`; the signal's reason
   * @example
   * import type { WebModel } from "relata/web";
   *
   * declare const model: WebModel;
   * declare const picture: File;
   * const { entities } = await model.extract({ text: "Ada met Bo in Rome", image: picture });
   * for (const { text, label } of entities) console.log(text, label);
   */
  async extract(post: WebPost, options: WebExtractionOptions = {}): Promise<Extraction> {
    const { signal, ...rest } = options;
    signal?.throwIfAborted();
    const request = {
      kind: "extract",
      post: { ...post, image: sentImage(post.image) },
      options: rest,
    } as const;
    const answer = await this.#worker.ask(request, signal);
    return (answer as Extract<Answer, { kind: "extracted" }>).extraction; // the answer to this request
  }

  /** Waits for posts that are being read, then releases the models and ends the worker. Calling it twice is harmless. */
  dispose(): Promise<void> {
    return this.#worker.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** Addresses are relative to the page, not to the worker. */
function sentImage(image: WebPost["image"]): SentPost["image"] {
  if (image instanceof URL) return image.href;
  if (typeof image === "string") return new URL(image, globalThis.document?.baseURI).href;
  return image instanceof ArrayBuffer ? new Uint8Array(image) : image;
}

/** The connection to a worker: numbers requests, and gives each its answer. */
export class WorkerLink {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onProgress: ((progress: LoadProgress) => void) | undefined;
  #count = 0;
  #lost: RelataError | undefined;
  #disposal: Promise<void> | undefined;

  constructor(worker: Worker, onProgress: ((progress: LoadProgress) => void) | undefined) {
    this.#worker = worker;
    this.#onProgress = onProgress;
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => this.#take(data));
    worker.addEventListener("error", (event) => {
      event.preventDefault(); // told by the promises instead
      this.#end(workerFailed(event.message ? `ended: ${event.message}` : "could not start"));
    });
    worker.addEventListener("messageerror", () => this.#end(workerFailed("sent something unreadable")));
  }

  /** @throws the errors of the worker, and the signal's reason */
  async load(settings: LoadSettings, signal: AbortSignal | undefined): Promise<ModelFacts> {
    try {
      const answer = await this.ask({ kind: "load", settings }, signal);
      return (answer as Extract<Answer, { kind: "loaded" }>).facts; // the answer to this request
    } catch (error) {
      this.#worker.terminate();
      throw error;
    }
  }

  ask(request: Unnumbered<Request>, signal?: AbortSignal): Promise<Answer> {
    const gone = this.#disposal === undefined ? this.#lost : disposed();
    if (gone !== undefined) return Promise.reject(gone);
    return this.#send(request, signal);
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  async #dispose(): Promise<void> {
    if (this.#lost === undefined) await this.#send({ kind: "dispose" });
    this.#worker.terminate();
  }

  #send(request: Unnumbered<Request>, signal?: AbortSignal): Promise<Answer> {
    const id = ++this.#count;
    return new Promise<Answer>((resolve, reject) => {
      const stop = () => {
        this.#waiting.delete(id);
        reject(signal?.reason);
      };
      const ended = () => signal?.removeEventListener("abort", stop);
      this.#waiting.set(id, {
        resolve: (answer) => {
          ended();
          resolve(answer);
        },
        reject: (error) => {
          ended();
          reject(error);
        },
      });
      signal?.addEventListener("abort", stop, { once: true });
      this.#worker.postMessage({ ...request, id } as Request);
    });
  }

  #take(answer: Answer): void {
    if (answer.kind === "progress") {
      this.#onProgress?.(answer.progress);
      return;
    }
    const waiting = this.#waiting.get(answer.id); // absent if nobody waits any more
    this.#waiting.delete(answer.id);
    if (answer.kind === "failed") waiting?.reject(receivedError(answer.error));
    else waiting?.resolve(answer);
  }

  #end(error: RelataError): void {
    this.#lost ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#worker.terminate();
  }
}

function workerFailed(what: string): EngineError {
  return new EngineError({
    code: "web/worker-failed",
    message: `the worker of the model ${what}`,
    place: "worker",
    remedy:
      "Check in the browser's console whether its file was found, served as JavaScript and allowed by the content security policy; then load the model again.",
    fault: "work",
  });
}

function disposed(): EngineError {
  return new EngineError({
    code: "engine/disposed",
    message: "the model was disposed of",
    place: "the model",
    remedy: "Dispose of it only after its last use.",
  });
}
