// A JSON body, checked against its schema; every fault is named with its place and, for an unknown field, the nearest known one.
import type { z } from "zod";
import { withoutNulls } from "../../../base/json.ts";
import { checkShape, fieldName } from "../../../base/schema-issues.ts";
import { inTurns } from "../../../base/turns.ts";
import type { RequestFault } from "../../../client/api-types.ts";
import type { ServingContext } from "../dependencies.ts";
import { RequestError } from "../request-error.ts";
import { readBody } from "./read-body.ts";
import { notJson, scanJson } from "./scan-json.ts";

/** A parsed body. */
export interface ReadJson {
  /** Fields that are null count as absent. */
  readonly value: unknown;
  /** The bytes of the base64 text that a string stands for; undefined for a string that is itself. */
  readonly taken: (text: string) => Buffer | undefined;
}

/**
 * Reads a body as JSON and checks it.
 *
 * @throws RequestError `serving/media-type`, `serving/not-json`, `serving/duplicate-field`, `serving/bad-request`, and those of `readBody`
 * @example
 * const { text } = await readJson(c, z.strictObject({ text: z.string() }));
 */
export async function readJson<Schema extends z.ZodType>(
  c: ServingContext,
  schema: Schema,
): Promise<z.output<Schema>> {
  requireJson(c.req.header("content-type"));
  const { value } = await parseJson(await readBody(c));
  return checkRequest(schema, value);
}

/** @throws RequestError `serving/media-type` */
export function requireJson(contentType: string | undefined): void {
  const [type = "", ...parameters] = (contentType ?? "").toLowerCase().split(";");
  if (type.trim() !== "application/json")
    throw mediaType(
      contentType === undefined ? "the request has no Content-Type" : "the body is not application/json",
    );
  const charset = parameters.map((one) => /^\s*charset="?([^"\s]*)"?\s*$/.exec(one)?.[1]).find(Boolean);
  if (charset !== undefined && charset !== "utf-8" && charset !== "utf8")
    throw mediaType("JSON is always in UTF-8, and the request says another charset");
}

/** @throws RequestError `serving/not-json`, `serving/duplicate-field` */
export async function parseJson(body: Buffer, name = "the body"): Promise<ReadJson> {
  const { rest, taken } = await inTurns(scanJson(body));
  return { value: withoutNulls(parsed(decoded(rest, name), name)), taken };
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

function decoded(bytes: Buffer, name: string): string {
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    throw notJson(`${name} is not valid UTF-8`, error);
  }
}

function parsed(text: string, name: string): unknown {
  if (text.trim() === "") throw notJson(`${name} is empty`);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw notJson(`${name} is not JSON: ${error.message}`, error);
  }
}

const MAX_FAULTS = 20; // more help nobody

/**
 * Checks a part of a request.
 *
 * @param whole what the value is called in messages
 * @param under the place of the value in the request
 * @throws RequestError `serving/bad-request` that names every fault
 */
export function checkRequest<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  whole = "the body",
  under: readonly PropertyKey[] = [],
): z.output<Schema> {
  const checked = checkShape(schema, value, { whole, under });
  if (checked.success) return checked.data;
  const faults = checked.error.issues.slice(0, MAX_FAULTS).map((issue, i): RequestFault => {
    const unknown = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
    const place = fieldName([...under, ...issue.path, ...unknown], whole);
    return { place, detail: checked.faults[i] ?? issue.message };
  });
  const more = checked.faults.length - faults.length;
  const [first] = faults;
  throw new RequestError({
    code: "serving/bad-request",
    message: faults.map(({ detail }) => detail).join("; ") + (more > 0 ? `; and ${more} more` : ""),
    ...(first === undefined || first.place === whole ? {} : { place: first.place }),
    faults,
  });
}

function mediaType(message: string): RequestError {
  return new RequestError({
    code: "serving/media-type",
    message,
    place: "Content-Type",
    headers: { accept: "application/json, multipart/form-data" },
  });
}
