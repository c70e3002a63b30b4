// Classifies HTTP failures as temporary or permanent, as errors with a remedy.
import type { ErrorDetails } from "../../base/errors.ts";
import type { Attempt } from "./retry.ts";

// Permanent failures: unknown host names, invalid certificates.
const FINAL_CODES =
  /^(ENOTFOUND|ERR_TLS_.*|CERT_.*|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_.*)$/;

// Before a connection stands nothing is sent. (A proxy that refuses aborts the request: UND_ERR_ABORTED.)
const NOT_ASKED_CODES =
  /^(ECONNREFUSED|EAI_AGAIN|EAI_.*|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|UND_ERR_ABORTED)$/;

/**
 * The failure of fetch (a TypeError with the system's error as its cause) as an outcome; final when another attempt would end the same way.
 *
 * @param hint what to look at besides: the proxy
 * @param proxy the proxy that may stand between, in words
 */
export function networkFailure(
  error: TypeError,
  place: string,
  hint: string,
  proxy?: string,
): Attempt<never> {
  const reason = reasonOf(error.cause) ?? error.message;
  const details: ErrorDetails = {
    code: "synthesis/unreachable",
    message: `${place} cannot be reached or closed the connection: ${reason}${proxy === undefined ? "" : ` (${proxy})`}`,
    place,
    remedy: `Check that the server is running, its address, and the network. ${hint}`,
    fault: "work",
  };
  if (error.cause === undefined) throw error; // none of fetch's: a defect
  const { code, syscall } = error.cause as { code?: unknown; syscall?: unknown };
  const isFinal = typeof code !== "string" || FINAL_CODES.test(code);
  const isNotAsked =
    typeof code === "string" &&
    (FINAL_CODES.test(code) || NOT_ASKED_CODES.test(code) || syscall === "connect");
  return { state: "failed", error: details, isFinal, isNotAsked };
}

/** A server's error answer. */
export interface StatusFailure {
  /** Of HTTP, in the message. */
  readonly answered: number;
  /** The one that counts: that of HTTP, or what an error inside a successful answer means; undefined when that cannot be known. */
  readonly status: number | undefined;
  readonly place: string;
  /** The server's words, quoted. */
  readonly said: string;
  /** Whether the request carried no key. */
  readonly keyless: boolean;
}

/** The error for a server's error answer. */
export function statusFailure({ answered, status, place, said, keyless }: StatusFailure): ErrorDetails {
  const how =
    answered === status
      ? `${answered}`
      : `${answered} with an error inside${status === undefined ? "" : ` that means ${status}`}`;
  const message = `${place} answered ${how}: ${said}`;
  const base = { message, place, value: status } as const;
  if (status === 401 || status === 403) {
    return {
      ...base,
      code: "synthesis/not-authorised",
      remedy: keyless
        ? "The server needs a key: set keyFrom to the name of the environment variable that contains it."
        : "Check the key in the variable named by keyFrom, and what it may be used for.",
      fault: "input",
    };
  }
  if (status === 429) {
    return {
      ...base,
      code: "synthesis/rate-limited",
      remedy: "Lower requestsPerMinute and concurrency, raise retry.times, or check the quota.",
      fault: "work",
    };
  }
  if (status === undefined || status >= 500) {
    return {
      ...base,
      code: "synthesis/server-failed",
      remedy: "Check the server's log. What was generated so far is kept.",
      fault: "work",
    };
  }
  return {
    ...base,
    code: "synthesis/request-refused",
    remedy: "Check address, model and settings: the server does not accept this request.",
    // Other statuses may be about this one prompt or picture; these are about the address or the model.
    fault: status === 404 || status === 405 ? "input" : "work",
  };
}

function reasonOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { code } = cause as NodeJS.ErrnoException;
  // Several addresses were tried (IPv6, IPv4): the first failure stands for all.
  if (cause instanceof AggregateError) return reasonOf(cause.errors[0]) ?? code;
  return code !== undefined && !cause.message.includes(code) ? `${cause.message} (${code})` : cause.message;
}
