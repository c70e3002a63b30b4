// The log of a run: metrics.jsonl, which a resumed run continues as if it had never stopped, and TensorBoard events.
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { writingToSync } from "../base/cannot-write.ts";
import type { Json } from "../base/json.ts";
import { requireRegularFileSync } from "../base/whole-file.ts";
import { EventFile } from "./tensorboard.ts";

export const METRICS_FILE = "metrics.jsonl";
const TENSORBOARD_FOLDER = "tensorboard";

/**
 * One line of metrics.jsonl. It contains only functions of seed and data; times and speeds go to TensorBoard, so that
 * the file of a resumed run equals that of an uninterrupted run byte for byte.
 */
export interface LogRecord {
  readonly step: number;
  readonly event: string;
  readonly [key: string]: Json;
}

/** The first `lines` complete lines of a log; later lines belong to steps that will run again. */
function keptPart(text: Buffer, lines: number): { bytes: number; lines: number } {
  let bytes = 0;
  for (let kept = 0; kept < lines; kept++) {
    const end = text.indexOf(0x0a, bytes);
    if (end < 0) return { bytes, lines: kept };
    bytes = end + 1;
  }
  return { bytes, lines };
}

/** Writes a whole text; on a nearly full disk, one call may write only a part. */
function writeFully(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
}

export class RunLog {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #events: EventFile;
  #lines: number;

  private constructor(path: string, descriptor: number, lines: number, events: EventFile) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#lines = lines;
    this.#events = events;
  }

  /** Opens the log of the run folder as of a checkpoint: at `step`, with `lines` lines; by default empty. */
  static open(
    runFolder: string,
    at: { readonly step: number; readonly lines: number } = { step: -1, lines: 0 },
  ): RunLog {
    const path = join(runFolder, METRICS_FILE);
    requireRegularFileSync(path);
    const kept = existsSync(path) ? keptPart(readFileSync(path), at.lines) : { bytes: 0, lines: 0 };
    return writingToSync(path, () => {
      const descriptor = openSync(path, "a");
      try {
        ftruncateSync(descriptor, kept.bytes);
        const events = new EventFile(join(runFolder, TENSORBOARD_FOLDER), at.step + 1);
        return new RunLog(path, descriptor, kept.lines, events);
      } catch (error) {
        closeSync(descriptor);
        throw error;
      }
    });
  }

  /** Lines in metrics.jsonl; after `open`, fewer than in the checkpoint if some were removed from the file. */
  get lines(): number {
    return this.#lines;
  }

  /** Appends one line. */
  record(record: LogRecord): void {
    writingToSync(this.#path, () => writeFully(this.#descriptor, `${JSON.stringify(record)}\n`));
    this.#lines++;
  }

  /** Adds values of one step to TensorBoard. */
  scalars(step: number, values: Readonly<Record<string, number>>): void {
    this.#events.write(step, values);
  }

  /** Flushes the log to the disk; called before every checkpoint. */
  flush(): void {
    writingToSync(this.#path, () => fsyncSync(this.#descriptor));
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
