// Prints a command's output: its result on stdout (prose or one JSON document), notes and progress on stderr.
import type { SingleBar } from "cli-progress";
import { cannotWrite } from "../base/cannot-write.ts";
import { ExitCode, printError } from "./errors.ts";
import { printable, printableJson } from "./printable.ts";
import { duration, progressLine } from "./progress-line.ts";
import { styled, type TextStyle } from "./style.ts";

export interface Progress {
  /**
   * `done` of the total; `note` is shown after the bar, for example the loss. `remaining` is the number of seconds left, if the work
   * has a better estimate than the bar's pace.
   */
  update(done: number, note?: string, remaining?: number): void;
  /** Prints a line without disturbing the bar. */
  note(text: string): void;
  /** Ends the bar; a later update is ignored. */
  stop(): void;
}

export interface Output {
  /** True with `--json`. */
  readonly json: boolean;
  /** The command's only result: `prose` for people, `value` as JSON with `--json`. */
  result(value: unknown, prose: () => string): void;
  /** A note for people, on stderr, in both modes. */
  note(text: string): void;
  /** An important line before the result, on stdout; not printed with `--json`. */
  line(text?: string): void;
  /** What is being done before there is anything to count; on a terminal only, until the next output. */
  status(text: string): void;
  /** A bar on a terminal, occasional plain lines elsewhere, nothing with `--json`. A total of 0 means unknown. */
  progress(label: string, total: number): Progress;
  /** Styles text if stdout is a terminal that supports it (NO_COLOR and FORCE_COLOR are obeyed). */
  style(style: TextStyle, text: string): string;
}

const PLAIN_PROGRESS_INTERVAL_MS = 5_000; // often enough to show progress in a log, rarely enough to keep it short
const SILENT: Progress = { update: () => undefined, note: () => undefined, stop: () => undefined };

/** Creates the output of one run of the program. */
export function createOutput(options: { readonly json: boolean }): Output {
  const { json } = options;
  return {
    json,
    result: (value, prose) =>
      write(process.stdout, json ? printableJson(JSON.stringify(value, jsonValue)) : prose()),
    note: (text) => write(process.stderr, text),
    line: (text = "") => {
      if (!json) write(process.stdout, text);
    },
    status: (text) => {
      if (!json && process.stderr.isTTY) showStatus(text);
    },
    progress: (label, total) => {
      if (json) return SILENT;
      return process.stderr.isTTY ? bar(label, total) : plainProgress(label, total);
    },
    style: (style, text) => styled(process.stdout, [style], text),
  };
}

/** JSON has no NaN and no typed arrays: NaN becomes null, a typed array an array. */
function jsonValue(_key: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Float32Array || value instanceof Float64Array) return Array.from(value);
  return value;
}

function write(stream: NodeJS.WriteStream, text: string): void {
  hideProgress();
  if (stream.writable) stream.write(printable(text.endsWith("\n") ? text : `${text}\n`));
}

/** What is in the terminal's last line for now: a bar, a status or a live table. */
export interface Transient {
  /** Removes it and leaves the cursor at the start of the line; it may be shown again. */
  hide(): void;
}

let current: Transient | undefined;

/** Makes it the only one on the screen. */
export function showsOnScreen(shown: Transient): void {
  if (current === shown) return;
  hideProgress();
  current = shown;
}

/** Removes what is in the last line for now, so that the next text begins on a line of its own. */
export function hideProgress(): void {
  const hidden = current;
  current = undefined;
  hidden?.hide();
}

const CLEAR_LINE = "\r\u001b[K";

function showStatus(text: string): void {
  const status = { hide: () => void process.stderr.write(CLEAR_LINE) };
  showsOnScreen(status);
  const state = { label: text, done: 0, total: 0, note: "", remaining: undefined };
  process.stderr.write(printable(progressLine(state, process.stderr.columns || 80)));
}

/** A line about the program itself, such as a received signal: on stderr, on a separate line. */
export function interruptingLine(text: string): void {
  const isAlone = current === undefined;
  hideProgress();
  if (isAlone && process.stderr.isTTY) write(process.stderr, ""); // the terminal has echoed ^C at the cursor
  write(process.stderr, text);
}

/** Loads the bar's library during the work; until then, the bar is drawn once. */
function bar(label: string, total: number): Progress {
  let Bar: typeof SingleBar | undefined;
  let shown: SingleBar | undefined;
  let stopped = false;
  const lineOf = (done: number, note: string, remaining: number | undefined) =>
    printable(progressLine({ label, total, done, note, remaining }, process.stderr.columns || 80));
  const self: Transient = {
    hide: () => {
      shown?.stop();
      shown = undefined;
      process.stderr.write(CLEAR_LINE);
    },
  };
  const show = (done: number, note: string, remaining: number | undefined) => {
    if (stopped || (Bar === undefined && current === self)) return;
    showsOnScreen(self);
    if (Bar === undefined) process.stderr.write(lineOf(done, note, remaining));
    else if (shown === undefined) {
      process.stderr.write(CLEAR_LINE);
      shown = new Bar({
        format: (_, { value, eta }, payload: { note: string; remaining: number | undefined }) => {
          const pace = total > 0 && value > 0 && Number.isFinite(eta) ? eta : undefined;
          return lineOf(value, payload.note, payload.remaining ?? pace);
        },
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
        gracefulExit: false, // signals are handled in one place
        etaBuffer: 50,
      });
      shown.start(total, done, { note, remaining });
    } else shown.update(done, { note, remaining });
  };
  void import("cli-progress").then((library) => {
    Bar = library.default.SingleBar;
  });
  return {
    update: (done, note = "", remaining = undefined) => show(done, note, remaining),
    note: (text) => write(process.stderr, text),
    stop: () => {
      stopped = true;
      if (current === self) hideProgress();
    },
  };
}

function plainProgress(label: string, total: number): Progress {
  let last = 0; // shows the first update, so that a log says at once that work has started
  let stopped = false;
  return {
    update: (done, note = "", remaining = undefined) => {
      const now = Date.now();
      if (stopped || (now - last < PLAIN_PROGRESS_INTERVAL_MS && done !== total)) return;
      last = now;
      const count = total > 0 ? `${done}/${total}` : done > 0 ? String(done) : "";
      const left = remaining === undefined ? [] : [`${duration(remaining)} left`];
      const said = [...(note === "" ? [] : [note]), ...left].join(", ");
      write(process.stderr, [label, count, said].filter((part) => part !== "").join(" "));
    },
    note: (text) => write(process.stderr, text),
    stop: () => {
      stopped = true;
    },
  };
}

/**
 * A reader that closes the pipe (`relata ... | head`) ends the printing, not the work. A result that cannot be printed for another reason,
 * such as a full disk, ends the program with `data/cannot-write`; notes on stderr that cannot be printed change nothing.
 */
export function guardStandardStreams(json: boolean): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return;
    hideProgress();
    printError(cannotWrite("standard output", error), { json });
    process.exit(ExitCode.workFailed);
  });
  process.stderr.on("error", () => undefined);
}
