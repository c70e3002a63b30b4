// The server's log: one line an event, as text or JSON. Whatever a caller sent is escaped, so that it cannot forge a line or reach a terminal.

/** What an event is about. Undefined fields are left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type LogLevel = "info" | "warning" | "error";

/** Where events go. */
export interface Log {
  /** Writes one line. `event` is a few words of ours; what callers sent belongs in `fields`. */
  write(level: LogLevel, event: string, fields?: LogFields): void;
}

const MAX_VALUE = 2000; // characters of a value: a stack of ours fits, a caller's megabyte does not

/**
 * Returns a log that gives each line to `write`.
 *
 * @example
 * const log = createLog("json", (line) => process.stderr.write(line));
 * log.write("info", "request answered", { status: 200, path: "/v1/extract" });
 */
export function createLog(
  format: "text" | "json",
  write: (line: string) => void,
  now: () => Date = () => new Date(),
): Log {
  return {
    write(level, event, fields = {}) {
      const time = now().toISOString();
      const known = Object.entries(fields).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, shortened(value)] as const],
      );
      if (format === "json") {
        write(`${escaped(JSON.stringify({ time, level, event, ...Object.fromEntries(known) }))}\n`);
        return;
      }
      const shown = known.map(
        ([name, value]) => ` ${name}=${typeof value === "string" ? quoted(value) : value}`,
      );
      write(`${time} ${level} ${event}${shown.join("")}\n`);
    },
  };
}

/** A text as a JSON string of printable ASCII; without quotes if it needs none. */
function quoted(text: string): string {
  return /^[\w./:+-]+$/.test(text) ? text : escaped(JSON.stringify(text));
}

/** JSON with every character outside printable ASCII as `\uXXXX`: control codes of C1, line separators and marks of direction too. */
function escaped(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function shortened<Value extends string | number | boolean>(value: Value): Value | string {
  return typeof value === "string" && value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}...` : value;
}
