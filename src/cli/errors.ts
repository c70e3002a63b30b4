// Prints errors: one format on stderr, one exit code per kind.
import type { ErrorCode } from "../base/codes/error-code.ts";
import { RelataError } from "../base/errors.ts";
import { printable, printableJson } from "./printable.ts";
import { styled } from "./style.ts";

/** Exit codes of every command. A run ended by a signal exits with 128 + the signal's number. */
export const ExitCode = { done: 0, workFailed: 1, wrongInput: 2 } as const;

const REPORT_ADDRESS = "the project's issue tracker";

/** Returns 2 for what the user can fix in data, options or files; 1 for everything else. */
export function exitCodeOf(error: unknown): number {
  return error instanceof RelataError && error.fault === "input" ? ExitCode.wrongInput : ExitCode.workFailed;
}

export interface PrintErrorOptions {
  /** One JSON object on one line instead of prose. */
  readonly json: boolean;
  /** Adds the stack to expected errors too. */
  readonly debug?: boolean | undefined;
}

/** Prints `error[code]: message`, the place and the remedy on stderr; an unexpected error with its stack. */
export function printError(error: unknown, options: PrintErrorOptions): void {
  process.stderr.write(
    options.json
      ? `${printableJson(JSON.stringify({ error: errorObject(error) }))}\n`
      : printable(prose(error, options)),
  );
}

function prose(error: unknown, options: PrintErrorOptions): string {
  const red = (text: string) => styled(process.stderr, ["red", "bold"], text);
  if (!(error instanceof RelataError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return (
      `${red("error[cli/unexpected]")}: ${stack}\n` +
      `  This is a bug in relata, not an error in your input. Please report it to ${REPORT_ADDRESS} with the text above and the command you ran.\n`
    );
  }
  const lines = [`${red(`error[${error.code}]`)}: ${error.message}`];
  if (error.place !== undefined) lines.push(`  at ${error.place}`);
  lines.push(`  ${error.remedy}`);
  if (options.debug === true && error.stack !== undefined) lines.push(error.stack);
  for (const cause of causesOf(error)) lines.push(`  caused by: ${cause}`);
  if (isExplained(error.code)) {
    lines.push(styled(process.stderr, ["dim"], `  more: relata explain ${error.code}`));
  }
  return `${lines.join("\n")}\n`;
}

/** `relata explain` does not know codes of users' own readers and generators, and its own errors need no hint to it. */
function isExplained(code: string): boolean {
  return !code.startsWith("own/") && code !== "cli/unknown-code";
}

/** Returns the chain of causes of an error, one line each. */
function causesOf(error: Error): string[] {
  const lines: string[] = [];
  let cause = error.cause;
  while (cause !== undefined && cause !== null && lines.length < 5) {
    const line = cause instanceof RelataError ? `[${cause.code}] ${cause.message}` : firstLine(cause);
    const isQuoted = error.message.includes(line); // most messages quote the system's error
    const saysNothing = !/\p{L}/u.test(line); // "[", the first line of a message that is JSON
    if (!isQuoted && !saysNothing) lines.push(line);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines;
}

function firstLine(value: unknown): string {
  return (value instanceof Error ? value.message : String(value)).split("\n", 1)[0] ?? "";
}

function errorObject(error: unknown): Record<string, unknown> {
  if (error instanceof RelataError) {
    const { code, message, place, remedy, fault } = error;
    return {
      code,
      message,
      place,
      remedy,
      fault,
      causes: causesOf(error),
    };
  }
  return {
    code: "cli/unexpected" satisfies ErrorCode,
    message: error instanceof Error ? error.message : String(error),
    stack: error instanceof Error ? error.stack : undefined,
    remedy: `This is a bug in relata. Please report it to ${REPORT_ADDRESS}.`,
    fault: "work",
  };
}
