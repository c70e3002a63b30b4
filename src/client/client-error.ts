// The errors of the client: what a server answered, or why none answered.
import type { Problem } from "./api-types.ts";

/** Codes of errors without an answer of the server; all others are the server's own. */
export type ClientErrorCode = "client/unreachable" | "client/unreadable-answer" | "client/wrong-option";

/** What an error of the client says. */
export interface ClientErrorDetails {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly place?: string | undefined;
  readonly status?: number | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly problem?: Problem | undefined;
  readonly cause?: unknown;
}

/**
 * A request that failed.
 *
 * @example
 * import { ClientError, createClient } from "relata/client";
 *
 * const client = createClient({ url: "http://127.0.0.1:8080" });
 * try {
 *   await client.extract({ text: "Ada met Bo in Rome" });
 * } catch (error) {
 *   if (!(error instanceof ClientError)) throw error;
 *   console.error(`${error.code}: ${error.message}. ${error.remedy}`);
 * }
 */
export class ClientError extends Error {
  /** The server's code, or a `ClientErrorCode`. */
  readonly code: string;
  /** The field of the request that it is about, or the address that was asked. */
  readonly place: string | undefined;
  readonly remedy: string;
  /** The HTTP status; undefined if no answer arrived. */
  readonly status: number | undefined;
  /** How long the server asks to wait. */
  readonly retryAfterSeconds: number | undefined;
  /** The server's problem document. */
  readonly problem: Problem | undefined;

  constructor(details: ClientErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "ClientError";
    this.code = details.code;
    this.place = details.place;
    this.remedy = details.remedy;
    this.status = details.status;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.problem = details.problem;
  }
}

/** The error that a problem document reports. */
export function errorOfProblem(problem: Problem, retryAfterSeconds?: number): ClientError {
  const { code, detail, place, remedy, status } = problem;
  return new ClientError({ code, message: detail, place, remedy, status, retryAfterSeconds, problem });
}

/** The error of a request that got no answer. */
export function unreachable(address: URL, cause: unknown): ClientError {
  const inner = (cause as { cause?: { code?: unknown; message?: unknown } }).cause;
  const why = inner?.code ?? inner?.message ?? (cause as Error).message;
  return new ClientError({
    code: "client/unreachable",
    message: `no answer from ${address.origin}: ${why}`,
    place: address.href,
    remedy: "Check that the server runs and that the address is right.",
    cause,
  });
}

/** The error of an answer that is not a success, with the text of its body; one without a problem document comes from something in between, such as a proxy. */
export function errorOfResponse(response: Response, text: string): ClientError {
  const { status } = response;
  const retryAfterSeconds = secondsOf(response.headers.get("retry-after"));
  const problem = problemOf(text);
  if (problem !== undefined) return errorOfProblem(problem, retryAfterSeconds);
  return new ClientError({
    code: "client/unreadable-answer",
    message: `the answer with status ${status} is not a problem document: ${JSON.stringify(text.slice(0, 200))}`,
    place: response.url,
    remedy: "Check that the address is that of `relata serve`, and what stands between it and here.",
    status,
    retryAfterSeconds,
  });
}

function problemOf(text: string): Problem | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const isProblem =
    typeof value === "object" &&
    value !== null &&
    ["code", "detail", "remedy"].every(
      (name) => typeof (value as Record<string, unknown>)[name] === "string",
    );
  return isProblem ? (value as Problem) : undefined;
}

/** The seconds of a header `Retry-After`, which is a number or a date. */
function secondsOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}
