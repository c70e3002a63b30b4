// W3C trace context and request ids: checked, passed on to the log and the answer, or made here.
import { randomUUID } from "node:crypto";

/** What identifies a request. */
export interface Trace {
  /** The caller's `x-request-id` if it is safe to repeat, else a new one. */
  readonly requestId: string;
  /** 32 hexadecimal digits: the caller's trace, or a new one. */
  readonly traceId: string;
  /** This server's part of the trace, for the answer and for requests made on the caller's behalf. */
  readonly traceparent: string;
  /** The caller's, passed on unchanged with a valid `traceparent`. */
  readonly tracestate: string | undefined;
}

/** Letters, digits and a few marks: safe in a header, a log and a URI. */
const SAFE_ID = /^[\w.-]{1,128}$/;
/** https://www.w3.org/TR/trace-context/#traceparent-header; later versions may have more fields. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;
const ZEROS = /^0+$/;

interface TraceHeaders {
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly requestId: string | undefined;
}

/** Reads the headers; those that are not valid are ignored, as the standard says. */
export function traceOf({ traceparent, tracestate, requestId }: TraceHeaders): Trace {
  const given = parentOf(traceparent);
  const traceId = given?.traceId ?? hexDigits();
  const span = hexDigits().slice(-16);
  return {
    requestId: requestId !== undefined && SAFE_ID.test(requestId) ? requestId : randomUUID(),
    traceId,
    traceparent: `00-${traceId}-${span}-${given?.flags ?? "00"}`,
    tracestate:
      given !== undefined && tracestate !== undefined && TRACESTATE.test(tracestate) ? tracestate : undefined,
  };
}

/** 32 digits, most of them random. UUIDs come from a store of randomness, which takes a hundredth of the time of asking for bytes. */
function hexDigits(): string {
  return randomUUID().replaceAll("-", "");
}

function parentOf(
  header: string | undefined,
): { readonly traceId: string; readonly flags: string } | undefined {
  const [, version, traceId, parent, flags, rest] = TRACEPARENT.exec(header ?? "") ?? [];
  if (version === undefined || traceId === undefined || parent === undefined || flags === undefined)
    return undefined;
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (ZEROS.test(traceId) || ZEROS.test(parent)) return undefined;
  return { traceId, flags: (Number.parseInt(flags, 16) & 1) === 1 ? "01" : "00" }; // only "sampled" has a meaning
}
