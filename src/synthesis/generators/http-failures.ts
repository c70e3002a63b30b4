// Which failures of an exchange may pass and which will not, as errors with a remedy.
import { type ErrorDetails, SynthesisError } from "../../errors.ts";
import type { Attempt } from "./retry.ts";

// Nothing that waiting would mend: names that do not exist, certificates that do not fit.
const FINAL_CODES =
  /^(ENOTFOUND|ERR_TLS_.*|CERT_.*|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_.*)$/;

/**
 * The failure of fetch (a TypeError with the system's error as its cause) as an outcome that is tried again.
 *
 * @throws SynthesisError `synthesis/unreachable` when another attempt would end the same way.
 */
export function networkFailure(error: TypeError, place: string): Attempt<never> {
  const reason = reasonOf(error.cause) ?? error.message;
  const details: ErrorDetails = {
    code: "synthesis/unreachable",
    message: `${place} cannot be reached or hung up: ${reason}`,
    place,
    remedy: "Check that the server runs, its address, and the network.",
    fault: "work",
  };
  if (error.cause === undefined) throw error; // none of fetch's: a defect
  const code = (error.cause as { code?: unknown }).code;
  if (typeof code !== "string" || FINAL_CODES.test(code)) throw new SynthesisError(details);
  return { state: "failed", error: details };
}

/** The error for a status that is no success. `said` is the server's text, quoted. */
export function statusFailure(status: number, place: string, said: string, keyless: boolean): ErrorDetails {
  const message = `${place} answered ${status}: ${said}`;
  const base = { message, place, value: status } as const;
  if (status === 401 || status === 403) {
    return {
      ...base,
      code: "synthesis/not-authorised",
      remedy: keyless
        ? "The server wants a key: name the environment variable that holds it in keyFrom."
        : "Check the key in the variable that keyFrom names, and what it may be used for.",
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
  if (status >= 500) {
    return {
      ...base,
      code: "synthesis/server-failed",
      remedy: "Look into the server's log; what was generated so far is kept.",
      fault: "work",
    };
  }
  return {
    ...base,
    code: "synthesis/request-refused",
    remedy: "Check address, model and settings: the server does not take this request.",
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
