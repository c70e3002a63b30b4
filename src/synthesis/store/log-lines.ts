// The lines of a log that may be cut off at any byte: each has a checksum, so torn lines are detected and
// skipped.
import { crc32 } from "node:zlib";

const CHECKSUM_LENGTH = 8;

/** Formats a value as a line of a log, including the line end. */
export function logLine(value: unknown): string {
  const json = JSON.stringify(value);
  return `${checksum(json)} ${json}\n`;
}

export interface LogReading {
  /** The values of the intact lines, in order. */
  readonly values: readonly unknown[];
  /** Number of torn lines: the last one, or more after a power failure. */
  readonly dropped: number;
}

/** Reads the intact lines of a log; counts and skips torn ones, wherever they are. */
export function readLog(text: string): LogReading {
  const values: unknown[] = [];
  let dropped = 0;
  const lines = text.split("\n");
  const rest = lines.pop();
  for (const line of lines) {
    const json = line.slice(CHECKSUM_LENGTH + 1);
    if (line[CHECKSUM_LENGTH] === " " && line.slice(0, CHECKSUM_LENGTH) === checksum(json))
      values.push(JSON.parse(json));
    else dropped++;
  }
  if (rest !== "") dropped++; // a line without its line end is torn
  return { values, dropped };
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(CHECKSUM_LENGTH, "0");
}
