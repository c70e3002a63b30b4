// Reads JSON records that one command writes for a later one; the caller chooses the error for a record with faults.
import type { z } from "zod";
import { checkShape } from "./schema-issues.ts";
import { readWholeText } from "./whole-file.ts";

/** Makes an error from a description such as "rows[0].id: expected text, got a number". */
type RecordFault = (what: string, cause: unknown) => Error;

/** Reads a record from a file. @throws the error from `fault`, also for an unreadable file */
export async function readRecord<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  fault: RecordFault,
): Promise<z.output<Schema>> {
  let text: string;
  try {
    text = await readWholeText(path);
  } catch (cause) {
    throw fault((cause as Error).message, cause);
  }
  return parseRecord(text, schema, fault);
}

/** Parses a record from text. @throws the error from `fault` */
export function parseRecord<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  fault: RecordFault,
): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw fault((cause as Error).message, cause);
  }
  const checked = checkShape(schema, json, { whole: "the record" });
  if (checked.success) return checked.data;
  throw fault(checked.faults[0], checked.error);
}
