// Answers of servers: reads bodies up to a limit, validates JSON, and quotes messages short, printable and
// without the key.
import { Buffer } from "node:buffer";
import type { Response } from "undici";
import type { z } from "zod";
import { SynthesisError } from "../../base/errors.ts";
import { checkShape } from "../../base/schema-issues.ts";
import { type JsonReading, jsonOfBytes, jsonOfText } from "./answer-json.ts";
import type { ApiKey } from "./api-key.ts";

/** A successful answer, read completely. */
export class HttpAnswer {
  readonly status: number;
  /** Without parameters, in lower case; "" if the server sent none. */
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** Its source, for errors: without query or key. */
  readonly place: string;
  #json: JsonReading | undefined;

  constructor({
    status,
    mediaType,
    bytes,
    place,
  }: Pick<HttpAnswer, "status" | "mediaType" | "bytes" | "place">) {
    this.status = status;
    this.mediaType = mediaType;
    this.bytes = bytes;
    this.place = place;
  }

  /** The body as JSON; parsed once. */
  get json(): JsonReading {
    this.#json ??= jsonOfBytes(this.bytes);
    return this.#json;
  }

  /** Whether the body begins like a JSON object or list, whatever the server says it is. */
  get looksLikeJson(): boolean {
    const head = Buffer.from(this.bytes.subarray(0, 64)).toString("latin1");
    return /^(\xef\xbb\xbf)?\s*[{[]/.test(head);
  }
}

/** An error answer; at most `MAX_COMPLAINT_BYTES` of its body. */
export interface Complaint {
  readonly status: number;
  readonly text: string;
  /** Undefined when it is none. */
  readonly json: unknown;
}

export const MAX_COMPLAINT_BYTES = 65_536;
const MAX_QUOTED = 300;

/** Reads the body; undefined, without reading the rest, if it exceeds `limit` bytes. */
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
  const bytes = Buffer.concat(chunks, length).subarray(0, MAX_COMPLAINT_BYTES);
  return complaintOf(response.status, bytes);
}

/** A body that says no. */
export function complaintOf(status: number, bytes: Uint8Array): Complaint {
  const text = new TextDecoder().decode(bytes);
  const reading = jsonOfText(text);
  return { status, text, json: reading.state === "json" ? reading.value : undefined };
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
  const { json, place, status } = answer;
  const text = () => new TextDecoder().decode(answer.bytes.subarray(0, MAX_COMPLAINT_BYTES));
  if (json.state === "none") {
    const body = isStream(text())
      ? 'an unrequested stream of events (disable it on the server, or set "extra": {"stream": false})'
      : `a body that ${json.why}`;
    throw notJson(place, `answered ${status} with ${body}: ${quoted(text(), key)}`);
  }
  return fitting(json.value, schema, place, text, key);
}

/** Parses JSON inside a string of an answer. @throws SynthesisError as `readJson` */
export function readInnerJson<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  place: string,
  key: ApiKey | undefined,
): z.output<Schema> {
  const json = jsonOfText(text);
  if (json.state === "json") return fitting(json.value, schema, place, () => text, key);
  throw notJson(place, `answered with a nested text that ${json.why}: ${quoted(text, key)}`);
}

/** Whether a body is an unrequested event stream. */
function isStream(text: string): boolean {
  return /^(?:\ufeff|\s)*(?:data|event): /.test(text);
}

function notJson(place: string, what: string): SynthesisError {
  return new SynthesisError({
    code: "synthesis/not-json",
    message: `${place} ${what}`,
    place,
    remedy: "Check the address: another server, a proxy or a login page may have answered.",
    fault: "work",
  });
}

function fitting<Schema extends z.ZodType>(
  value: unknown,
  schema: Schema,
  place: string,
  text: () => string,
  key: ApiKey | undefined,
): z.output<Schema> {
  const result = checkShape(schema, value, { whole: "the answer" }); // its texts may hold the key
  if (result.success) return result.data;
  throw unexpectedAnswer(
    place,
    `${result.faults.slice(0, 3).join("; ")}; it said ${quoted(text(), key)}`,
    key,
  );
}

/** `synthesis/unexpected-answer`: the server follows HTTP but not the protocol. */
export function unexpectedAnswer(place: string, what: string, key: ApiKey | undefined): SynthesisError {
  return new SynthesisError({
    code: "synthesis/unexpected-answer",
    message: `${place} did not follow the protocol: ${quotable(what, key)}`,
    place,
    remedy: "Check that the address belongs to a server of this kind, and check the server's version.",
    fault: "work",
  });
}

/** What a server said, in quotes, on one line, short, printable, and without the key. */
export function quoted(text: string, key: ApiKey | undefined): string {
  return `"${quotable(text, key).replaceAll('"', "'")}"`;
}

/** The same without quotes. */
function quotable(text: string, key: ApiKey | undefined): string {
  // Removes the key before cutting: half of it would not match.
  const clean = printable(key === undefined ? text : key.redact(text));
  return clean.length <= MAX_QUOTED ? clean : `${clean.slice(0, MAX_QUOTED)}...`;
}

/** On one line, without terminal control sequences or characters that change the reading direction. */
export function printable(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(
      /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    )
    .trim();
}
