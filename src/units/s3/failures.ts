// What went wrong at an object store, with the server's own words and what to do.
import { ConfigError, DataError, type RelataError } from "../../base/errors.ts";
import { proxyHint } from "../../base/proxy.ts";
import type { S3Settings } from "./address.ts";
import { elementText } from "./xml.ts";

/** What a server said when it refused. */
export interface Refusal {
  readonly status: number;
  /** S3's code, such as NoSuchKey; empty if there is none, as in answers to HEAD. */
  readonly code: string;
  readonly message: string;
  /** The server's clock. */
  readonly date: string | null;
}

/** Reads an answer that is not a success. */
export function readRefusal(status: number, headers: Headers, body: Uint8Array): Refusal {
  const xml = new TextDecoder().decode(body.subarray(0, MAX_ERROR_BYTES));
  return {
    status,
    code: elementText(xml, "Code") ?? "",
    message: elementText(xml, "Message") ?? "",
    date: headers.get("date"),
  };
}

const MAX_ERROR_BYTES = 65_536;

/** Codes of requests that may succeed when they are repeated; every 5xx, 429 and 409 may, too: two conditional puts of one key meet in a 409. */
const TEMPORARY: ReadonlySet<string> = new Set([
  ...["RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable", "OperationAborted"],
  ...["ConditionalRequestConflict", "BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch"],
]);

/** Whether the same request may succeed later. */
export function isTemporary({ status, code }: Refusal): boolean {
  return (status >= 500 && status !== 501) || [408, 409, 429].includes(status) || TEMPORARY.has(code);
}

/** The bucket is elsewhere, or nowhere. */
const WRONG_PLACE = new Set([
  ...[
    "NoSuchBucket",
    "InvalidBucketName",
    "PermanentRedirect",
    "TemporaryRedirect",
    "AuthorizationHeaderMalformed",
  ],
]);
const CLOCK = new Set(["RequestTimeTooSkewed", "RequestExpired"]);
const KEYS = new Set([
  ...["InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired"],
]);

/** The error for a refused request. */
export function refusedError(
  { place, bucket, region, endpoint }: S3Settings,
  what: string,
  refusal: Refusal,
): RelataError {
  const { status, code, message, date } = refusal;
  const said = [`status ${status}`, code, message].filter((part) => part !== "").join(", ");
  const details = { place, value: { status, code }, message: `${what} ${place}: ${said}` };
  if (CLOCK.has(code)) {
    return new ConfigError({
      ...details,
      code: "units/object-store-denied",
      message: `${details.message}; this machine's clock says ${new Date().toISOString()}${date === null ? "" : `, the server's ${date}`}`,
      remedy: "Set this machine's clock, for instance with NTP, and run the command again.",
    });
  }
  if (WRONG_PLACE.has(code) || (status >= 300 && status < 400)) {
    return new ConfigError({
      ...details,
      code: "units/no-bucket",
      remedy: `Check the bucket (${bucket}), the region (${region}) and the endpoint (${endpoint.origin}); the bucket has to exist.`,
    });
  }
  if (status === 401 || status === 403 || KEYS.has(code)) {
    return new ConfigError({
      ...details,
      code: "units/object-store-denied",
      remedy: KEYS.has(code)
        ? "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; temporary keys may have expired."
        : "Give these keys the rights to get, put, list and delete objects under the prefix. Without the right to list, S3 says 403 for a missing key, too.",
    });
  }
  return new DataError({
    ...details,
    code: "units/object-store-failed",
    remedy: isTemporary(refusal)
      ? "Run the command again later: what is published stays."
      : "The message has the server's words. Check the address and the server.",
    fault: "work",
  });
}

/** The error for a server that cannot be reached, or whose answers break off. */
export function unreachableError({ place, endpoint }: S3Settings, what: string, cause: unknown): DataError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const why = inner instanceof Error ? inner.message : String(inner);
  return new DataError({
    code: "units/object-store-failed",
    message: `${what} ${place}: ${endpoint.origin} gave no whole answer (${why})`,
    place,
    remedy: `Check the address and the network, then run the command again: what is published stays. ${proxyHint(endpoint)}`,
    cause,
    fault: "work",
  });
}
