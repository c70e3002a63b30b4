// Prints a command's output: its result on stdout (prose or one JSON document), notes and progress on stderr.
import type { SingleBar } from "cli-progress";
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
  if (stream.writable) stream.write(printable(text.endsWith("\n") ? text : `${text}\n`));
}

/** The bar now on the terminal. */
let current: { hide(): void } | undefined;

/** A line about the program itself, such as a received signal: on stderr, on a separate line. */
export function interruptingLine(text: string): void {
  // The terminal has echoed ^C at the cursor.
  if (current !== undefined) current.hide();
  else if (process.stderr.isTTY) write(process.stderr, "");
  write(process.stderr, text);
}

/** Loads the bar's library during the work; updates from before it is loaded are shown afterwards. */
function bar(label: string, total: number): Progress {
  let Bar: typeof SingleBar | undefined;
  let shown: SingleBar | undefined;
  let stopped = false;
  const show = (done: number, note: string, remaining: number | undefined) => {
    if (Bar === undefined || stopped) return;
    if (shown === undefined) {
      shown = new Bar({
        format: (_, { value, eta }, payload: { note: string; remaining: number | undefined }) => {
          const pace = total > 0 && value > 0 && Number.isFinite(eta) ? eta : undefined;
          const state = {
            label,
            total,
            done: value,
            note: payload.note,
            remaining: payload.remaining ?? pace,
          };
          return printable(progressLine(state, process.stderr.columns || 80));
        },
        stream: process.stderr,
        hideCursor: true,
        etaBuffer: 50,
      });
      shown.start(total, done, { note, remaining });
      current = { hide };
    } else shown.update(done, { note, remaining });
  };
  const hide = () => {
    if (shown === undefined) return;
    shown.stop();
    shown = undefined;
    current = undefined;
  };
  void import("cli-progress").then((library) => {
    Bar = library.default.SingleBar;
  });
  return {
    update: (done, note = "", remaining = undefined) => show(done, note, remaining),
    note: (text) => {
      hide();
      write(process.stderr, text);
    },
    stop: () => {
      stopped = true;
      hide();
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

/** A reader that closes the pipe (`relata ... | head`) ends the printing, not the work. */
export function guardAgainstClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}
