// Answers of servers: bodies read up to a limit, JSON parsed and checked, words quoted short and without the key.
import { Buffer } from "node:buffer";
import type { Response } from "undici";
import type { z } from "zod";
import { SynthesisError } from "../../errors.ts";
import type { ApiKey } from "./api-key.ts";

/** A successful answer, read completely. */
export interface HttpAnswer {
  readonly status: number;
  /** Without parameters, in lower case; "" when the server did not say. */
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** Where it came from, for errors: no query, no key. */
  readonly place: string;
}

/** An answer with a status that says no; at most `MAX_COMPLAINT_BYTES` of its body. */
export interface Complaint {
  readonly status: number;
  readonly text: string;
  /** The body as JSON, undefined when it is none. */
  readonly json: unknown;
}

export const MAX_COMPLAINT_BYTES = 65_536;
const MAX_QUOTED = 300;

/** The body's bytes; undefined when there are more than `limit`, and no more of it is read then. */
export async function readUpTo(response: Response, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (response.body === null) return new Uint8Array();
  // Leaving the loop early cancels the body.
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** The first `MAX_COMPLAINT_BYTES` of the body of an answer that says no. */
export async function readComplaint(response: Response): Promise<Complaint> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (response.body !== null) {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= MAX_COMPLAINT_BYTES) break;
    }
  }
  const text = Buffer.concat(chunks, length).subarray(0, MAX_COMPLAINT_BYTES).toString("utf8");
  return { status: response.status, text, json: parsed(text) };
}

/**
 * The answer as JSON of the given shape.
 *
 * @throws SynthesisError `synthesis/not-json`, `synthesis/unexpected-answer` naming the fields that are missing or wrong.
 */
export function readJson<Schema extends z.ZodType>(
  answer: HttpAnswer,
  schema: Schema,
  key: ApiKey | undefined,
): z.output<Schema> {
  const text = Buffer.from(answer.bytes).toString("utf8");
  const json = parsed(text);
  if (json === undefined) {
    throw new SynthesisError({
      code: "synthesis/not-json",
      message: `${answer.place} answered ${answer.status} with something else than JSON: ${quoted(text, key)}`,
      place: answer.place,
      remedy: "Check the address: another server, a proxy or a login page may have answered.",
      fault: "work",
    });
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const faults = result.error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join(".") || "the answer"}: ${message}`);
  throw unexpectedAnswer(answer.place, `${faults.join("; ")}; it said ${quoted(text, key)}`, key);
}

/** `synthesis/unexpected-answer`: the server keeps to HTTP but not to the protocol. */
export function unexpectedAnswer(place: string, what: string, key: ApiKey | undefined): SynthesisError {
  return new SynthesisError({
    code: "synthesis/unexpected-answer",
    message: `${place} did not answer as the protocol says: ${quotable(what, key)}`,
    place,
    remedy: "Check that the address belongs to a server of this kind, and its version.",
    fault: "work",
  });
}

/** What a server said, in quotes, on one line, short, and without the key. */
export function quoted(text: string, key: ApiKey | undefined): string {
  return JSON.stringify(quotable(text, key));
}

function quotable(text: string, key: ApiKey | undefined): string {
  // The key goes first: cut in two it would not be found.
  const clean = (key === undefined ? text : key.redact(text)).replaceAll(/\s+/g, " ").trim();
  return clean.length <= MAX_QUOTED ? clean : `${clean.slice(0, MAX_QUOTED)}...`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
