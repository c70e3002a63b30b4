// Turns what a hub or the network says into errors that tell what to do.

import { HubApiError } from "@huggingface/hub";
import type { KnownErrorCode } from "../base/codes/error-code.ts";
import { DataError, RelataError } from "../base/errors.ts";
import { proxyHint } from "../base/proxy.ts";
import { HubStatus, type HubTransport } from "../encoders/hub-transport.ts";

/** What was being done, for messages. */
interface Deed {
  /** "push" or "pull". */
  readonly what: "push" | "pull";
  readonly id: string;
}

const NEXT: Readonly<Record<Deed["what"], string>> = {
  push: "Run the same command again: large files that arrived are not sent again, and nothing is visible in the repository before all have arrived.",
  pull: "Run the same command again: it continues where it stopped.",
};

/** Returns the error to throw for a failed push or pull; errors of relata are unchanged. */
export function hubFailure(cause: unknown, hub: HubTransport, { what, id }: Deed): unknown {
  if (cause instanceof RelataError) return cause;
  if (cause instanceof HubStatus) return statusFailure(cause.status, cause.words, hub, { what, id });
  if (cause instanceof HubApiError) {
    const words = serverWords(cause);
    return statusFailure(cause.statusCode, words && `: ${hub.redact(words)}`, hub, { what, id }, cause);
  }
  return new DataError({
    code: "hub/interrupted",
    message: `the ${what} of ${id} was interrupted: ${hub.address} ${hub.redact(describeNetwork(cause))}`,
    place: id,
    cause,
    remedy: `${NEXT[what]} ${proxyHint(hub.address)}`,
    fault: "work",
  });
}

const MAX_WORDS = 300;

/** The server's own explanation: the library appends the address, which may be signed. */
function serverWords({ message }: HubApiError): string {
  const [words = ""] = message.split(". URL: ");
  return words.startsWith("Api error with status") ? "" : JSON.stringify(words.slice(0, MAX_WORDS));
}

interface Answer {
  readonly code: KnownErrorCode;
  readonly remedy: string;
  /** Whether the command was wrong, or the work failed. */
  readonly fault: "input" | "work";
}

function answerTo(status: number, what: Deed["what"]): Answer {
  switch (status) {
    case 401:
    case 403:
      return {
        code: "hub/refused",
        remedy:
          what === "push"
            ? "Set HF_TOKEN to a token that may write to this repository, or name one of your own (owner/name)."
            : "Set HF_TOKEN to a token that may read this repository.",
        fault: "input",
      };
    case 404:
      return {
        code: "hub/no-such-repository",
        remedy:
          "Check the name and the revision. The hub also answers so for a private repository: it needs a token with access in HF_TOKEN.",
        fault: "input",
      };
    case 409:
    case 412:
      return {
        code: "hub/conflict",
        remedy: "Look at what was changed there, then run the command again.",
        fault: "work",
      };
    case 402:
    case 413:
    case 429:
    case 507:
      return {
        code: "hub/limit",
        remedy: "Free space or wait, as the hub's words say, then run the command again.",
        fault: "work",
      };
    default:
      return { code: "hub/failed", remedy: `Try again later. ${NEXT[what]}`, fault: "work" };
  }
}

function statusFailure(
  status: number,
  words: string,
  hub: HubTransport,
  { what, id }: Deed,
  cause?: unknown,
): DataError {
  return new DataError({
    ...answerTo(status, what),
    message: `${hub.address} answered the ${what} of ${id} with status ${status}${words}`,
    place: id,
    value: status,
    cause,
  });
}

function describeNetwork(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const { code, message } = inner as NodeJS.ErrnoException;
  return `failed (${[code, message].filter((one) => one !== undefined && one !== "").join(": ")})`;
}
