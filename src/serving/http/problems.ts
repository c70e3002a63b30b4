// Errors as problem documents (RFC 9457): code, place and remedy for the caller, and nothing of the server's insides.
import { explanationOf } from "../../base/codes/dictionary.ts";
import type { ErrorCode } from "../../base/codes/error-code.ts";
import { RelataError } from "../../base/errors.ts";
import type { Problem } from "../../client/api-types.ts";
import { isPictureFault } from "../../encoders/pictures/limits.ts";
import { RequestError, STATUSES } from "./request-error.ts";

/** The media type of problem documents. */
export const PROBLEM_TYPE = "application/problem+json";

export interface ProblemContext {
  /** The request's id. */
  readonly instance?: string | undefined;
  /** The post that the error is about: `posts[3]`; the request itself by default. */
  readonly under?: string | undefined;
}

/** The status of an error's answer. */
export function statusOf(error: unknown): number {
  if (!(error instanceof RelataError)) return 500;
  const known: Partial<Record<ErrorCode, number>> = STATUSES;
  return known[error.code] ?? (isAboutPost(error) ? 422 : 500);
}

/** Whether an error is about what the caller sent, so that its message may be shown. */
function isAboutPost(error: RelataError): boolean {
  return error.fault === "input" && (error.code.startsWith("data/") || isPictureFault(error));
}

/** The problem document of an error. What is this server's own fault keeps its message for the log. */
export function problemOf(error: unknown, { instance, under = "" }: ProblemContext = {}): Problem {
  const status = statusOf(error);
  const shown =
    error instanceof RelataError && (status < 500 || Object.hasOwn(STATUSES, error.code)) ? error : undefined;
  const code = error instanceof RelataError ? error.code : "serving/internal";
  const place = placeUnder(under, shown?.place);
  return {
    type: `urn:relata:error:${code}`,
    title: explanationOf(code)?.means ?? "An error of an extension.",
    status,
    detail: shown?.message ?? "the server failed; its log has the details under this request's id",
    code,
    ...(place === "" ? {} : { place }),
    remedy:
      shown?.remedy ??
      "Send the request again. If it fails again, give the request's id to whoever runs the server.",
    ...(instance === undefined ? {} : { instance }),
    ...(shown instanceof RequestError && shown.faults.length > 1 ? { faults: shown.faults } : {}),
  };
}

/** Headers that go with an error's answer. */
export function problemHeaders(error: unknown): Readonly<Record<string, string>> {
  const seconds = retryAfter(error);
  return {
    ...(seconds === undefined ? {} : { "retry-after": String(seconds) }),
    ...(error instanceof RequestError ? error.headers : {}),
  };
}

const RETRY_SECONDS = 5; // for what does not say itself how long it takes

function retryAfter(error: unknown): number | undefined {
  const status = statusOf(error);
  if (status !== 429 && status !== 503) return undefined;
  const { value } = error as RelataError; // no other error has these statuses
  const said = (value as { readonly retryAfterSeconds?: unknown } | null | undefined)?.retryAfterSeconds;
  return typeof said === "number" && said > 0 ? Math.ceil(said) : RETRY_SECONDS;
}

/** The full name of a field: messages about a post name its fields only. */
function placeUnder(under: string, place: string | undefined): string {
  if (place === undefined || place === "post" || place === "the post") return under;
  if (under === "" || place === under || place.startsWith(`${under}.`) || place.startsWith(`${under}[`))
    return place;
  return place.startsWith("[") ? `${under}${place}` : `${under}.${place}`;
}
