// The lines of a log that may be cut off at any byte: each carries the checksum of what it says, so a torn one is known and left out.
import { crc32 } from "node:zlib";

const CHECKSUM_LENGTH = 8;

/** A value as a line of a log, its line end included. */
export function logLine(value: unknown): string {
  const json = JSON.stringify(value);
  return `${checksum(json)} ${json}\n`;
}

export interface LogReading {
  /** What the whole lines say, in their order. */
  readonly values: readonly unknown[];
  /** Lines that are not whole: a torn last one, or more after a power failure. */
  readonly dropped: number;
}

/** The whole lines of a log; what was torn is counted and left out, wherever it stands. */
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
  if (rest !== "") dropped++; // without its line end a line is torn, whatever it says
  return { values, dropped };
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(CHECKSUM_LENGTH, "0");
}
