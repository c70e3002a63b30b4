// Records that commands write for later ones: a JSON file of a known form, whose every fault becomes one error of the reader's own.
import type { z } from "zod";
import { checkShape } from "./schema-issues.ts";
import { readWholeText } from "./whole-file.ts";

/** Makes an error from what is wrong with a record, for instance "rows[0].id: expected text, got a number". */
type RecordFault = (what: string, cause: unknown) => Error;

/** Reads a record from a file. @throws what `fault` makes, also for a file that cannot be read */
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

/** Reads a record from its text. @throws what `fault` makes */
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
