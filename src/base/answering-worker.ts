// A worker thread that handles one request at a time.
import type { Transferable, Worker } from "node:worker_threads";

/** Turns the messages of a thread into promises. The thread keeps the process alive only while it owes an answer. */
export class AnsweringWorker<Answer> {
  readonly #worker: Worker;
  #pending:
    | { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void }
    | undefined;
  #ended: Error | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on("message", (answer: Answer) => this.#pending?.resolve(answer));
    worker.on("error", (error) => this.#end(error));
    worker.on("exit", (code) => this.#end(new Error(`it ended with exit code ${code}`)));
  }

  /** Whether it will never answer again. */
  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Returns the answer to `message`. @throws the error that ended the thread */
  ask(message: unknown, transfer: readonly Transferable[] = []): Promise<Answer> {
    return this.#answerAfter(() => this.#worker.postMessage(message, transfer));
  }

  /** Waits for the thread's message that it is ready. @throws the error that ended the thread */
  greeting(): Promise<Answer> {
    return this.#answerAfter(() => undefined);
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  async #answerAfter(send: () => void): Promise<Answer> {
    this.#worker.ref();
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#pending = { resolve, reject };
        if (this.#ended) reject(this.#ended);
        else send();
      });
    } finally {
      this.#pending = undefined;
      this.#worker.unref();
    }
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    this.#pending?.reject(this.#ended);
  }
}
