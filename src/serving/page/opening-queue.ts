// Documents to correct while their file is indexed: the port is open meanwhile, and whoever asks is told how far it is.
import { RequestError } from "../http/request-error.ts";
import type { OfferedDocuments } from "./answers.ts";
import { DocumentQueue, type QueueSources } from "./document-queue.ts";

export class OpeningQueue {
  /** Resolves when every document is known. Rejects with what `DocumentQueue.open` throws. */
  readonly indexed: Promise<void>;
  readonly #ending = new AbortController();
  readonly #hasPictures: boolean;
  #share = 0;
  #queue: DocumentQueue | undefined;

  /** Begins to index. */
  constructor(sources: QueueSources) {
    this.#hasPictures = sources.pictures !== undefined;
    const onProgress = (share: number) => {
      this.#share = share;
    };
    this.indexed = DocumentQueue.open(sources, { onProgress, signal: this.#ending.signal }).then((queue) => {
      this.#queue = queue;
    });
    this.indexed.catch(() => undefined); // whoever opened the page waits for it; nobody does if the server cannot start
  }

  /** The queue. @throws RequestError `serving/not-ready` while the file is indexed */
  get queue(): DocumentQueue {
    if (this.#queue) return this.#queue;
    throw new RequestError({ code: "serving/not-ready", message: this.pending ?? "", fault: "work" });
  }

  /** What is not done yet, in words; undefined when all is. */
  get pending(): string | undefined {
    if (this.#queue) return undefined;
    return `the documents to correct are indexed: ${Math.floor(100 * this.#share)} % of their file was read`;
  }

  /** What the page is told. */
  get offer(): OfferedDocuments {
    const [queue, pictures] = [this.#queue, this.#hasPictures];
    if (!queue) {
      const labels = { entities: [], relations: [], categories: [] };
      return { indexed: Math.min(this.#share, ALMOST), count: 0, done: 0, read: 0, pictures, labels };
    }
    const { file, done, uncertainties, labels } = queue;
    return { indexed: 1, count: file.count, done, read: uncertainties.known, pictures, labels };
  }

  /** Asks the service for nothing more. */
  async endReading(): Promise<void> {
    await this.#queue?.uncertainties.close();
  }

  /** Gives up indexing, or finishes what is being saved, and gives the files free. */
  async close(): Promise<void> {
    this.#ending.abort(new Error("the server ends"));
    await this.indexed.catch(() => undefined); // its error belongs to whoever waits for it
    await this.#queue?.close();
  }
}

/** The last line was read, but not all is ready. */
const ALMOST = 0.99;
