// How unsure the model is about each document: read in the background, a post at a time, and kept in a file so that a restart continues there.
import { appendFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { writingTo } from "../../base/cannot-write.ts";
import { RelataError } from "../../base/errors.ts";
import { exists } from "../../base/exists.ts";
import type { Post } from "../../extract/post.ts";
import { uncertaintyOf } from "../../extract/uncertainty.ts";
import type { Service } from "../service.ts";
import { linesWithPlaces } from "./line-file.ts";

const rowSchema = z.object({
  id: z.string(),
  /** Of the document's line: another text is read again. */
  tag: z.string(),
  version: z.string(),
  uncertainty: z.number().min(0).max(1),
});

/** A post with this uncertainty could not be read; it comes first, because a person has to look at it. */
const UNREADABLE = 1;
/** The background's posts are one caller's, so they take turns with those of everyone else. */
const CALLER = "relata/page/uncertainty";
const PATIENCE_MS = 600_000;
const PAUSE_MS = 1000; // after a full queue, if the server does not say how long
/** Rows that are written together: a crash loses at most this many readings. */
const ROWS_AT_ONCE = 16;

/** The documents to read. */
export interface UncertainDocuments {
  readonly count: number;
  idAt(index: number): string;
  indexOf(id: string): number | undefined;
  tagAt(index: number): string;
  /** The document as a post for the model. */
  post(index: number): Promise<Post>;
}

export class Uncertainties {
  /** By document; NaN for one that was not read by the model that is served now. */
  readonly values: Float64Array;
  readonly #path: string;
  readonly #documents: UncertainDocuments;
  readonly #service: Service;
  readonly #ending = new AbortController();
  #known = 0;
  /** The model whose values these are. */
  #version: string | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(path: string, documents: UncertainDocuments, service: Service) {
    this.#path = path;
    this.#documents = documents;
    this.#service = service;
    this.values = new Float64Array(documents.count).fill(Number.NaN);
  }

  /** How many documents were read. */
  get known(): number {
    return this.#known;
  }

  /**
   * Begins to read in the background, once a model answers; begins again when another version answers. What the file says of the same model and the
   * same text is not read again.
   *
   * @param onFailure receives what ended the reading early
   */
  start(onFailure: (error: unknown) => void): void {
    const version = this.#service.models()[0]?.version;
    if (version === undefined || version === this.#version || this.#ending.signal.aborted) return;
    this.#version = version;
    this.#work = this.#work
      .then(() => this.#begin(version))
      .catch((error: unknown) => {
        if (!this.#ending.signal.aborted) onFailure(error);
      });
  }

  /** Ends the reading. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#work;
  }

  async #begin(version: string): Promise<void> {
    this.values.fill(Number.NaN);
    this.#known = 0;
    await this.#load(version);
    await this.#readAll(version);
  }

  /** A damaged row is as good as none. */
  async #load(version: string): Promise<void> {
    if (!(await exists(this.#path))) return;
    for await (const { text } of linesWithPlaces(this.#path)) {
      const row = rowOf(text);
      if (row === undefined || row.version !== version) continue;
      const index = this.#documents.indexOf(row.id);
      if (index !== undefined && this.#documents.tagAt(index) === row.tag) this.#set(index, row.uncertainty);
    }
  }

  #set(index: number, uncertainty: number): void {
    if (Number.isNaN(this.values[index])) this.#known++;
    this.values[index] = uncertainty;
  }

  async #readAll(version: string): Promise<void> {
    let rows: string[] = [];
    const write = async () => {
      const text = rows.join("");
      rows = [];
      if (text !== "") await writingTo(this.#path, () => appendFile(this.#path, text));
    };
    try {
      for (let index = 0; index < this.#documents.count && this.#version === version; index++) {
        if (!Number.isNaN(this.values[index])) continue;
        const read = await this.#read(index);
        if (read.version !== version) return; // another version answers now: the next request begins again
        this.#set(index, read.uncertainty);
        const [id, tag] = [this.#documents.idAt(index), this.#documents.tagAt(index)];
        rows.push(`${JSON.stringify({ id, tag, version, uncertainty: read.uncertainty })}\n`);
        if (rows.length >= ROWS_AT_ONCE) await write();
      }
    } finally {
      await write();
    }
  }

  async #read(index: number): Promise<{ readonly uncertainty: number; readonly version: string }> {
    const { signal } = this.#ending;
    for (;;) {
      signal.throwIfAborted();
      try {
        const { extraction, model } = await this.#service.extract({
          model: undefined,
          post: await this.#documents.post(index),
          options: { unwantedVisual: "report", thresholds: false },
          signal,
          deadline: Date.now() + PATIENCE_MS,
          caller: CALLER,
        });
        return { uncertainty: uncertaintyOf(extraction), version: model.version };
      } catch (error) {
        if (!(error instanceof RelataError)) throw error;
        if (error.code === "serving/queue-full" || error.code === "serving/deadline") {
          await sleep(pauseOf(error), undefined, { signal });
          continue;
        }
        if (error.fault === "work" && error.code !== "serving/worker-lost") throw error;
        return { uncertainty: UNREADABLE, version: this.#version ?? "" };
      }
    }
  }
}

function pauseOf({ value }: RelataError): number {
  const said = (value as { readonly retryAfterSeconds?: unknown } | undefined)?.retryAfterSeconds;
  return typeof said === "number" ? 1000 * said : PAUSE_MS;
}

function rowOf(text: string): z.output<typeof rowSchema> | undefined {
  try {
    return rowSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // cut off by a crash
    throw error;
  }
}
