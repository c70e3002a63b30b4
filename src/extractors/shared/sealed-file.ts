// Files that are written into a model folder after its manifest, such as its calibration: each names the weights it belongs to, and has its own checksum.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { replaceOwnFile } from "../../base/atomic-file.ts";
import { writingTo } from "../../base/cannot-write.ts";
import { DataError } from "../../base/errors.ts";
import { fileSha256 } from "../../base/file-hash.ts";
import { readRecord } from "../../base/json-record.ts";
import { readWholeText } from "../../base/whole-file.ts";
import { WEIGHT_FILE } from "../../encoders/weight-source.ts";

const integritySchema = z.strictObject({
  /** SHA-256 of the weights it was fitted for. */
  weights: z.string(),
  /** SHA-256 of the rest of the file's content. */
  sha256: z.string(),
});

/** Writes files into a model folder by name, each atomically. @throws DataError `data/cannot-write`, `model/not-a-file` */
export async function writeSealed(folder: string, contents: Readonly<Record<string, object>>): Promise<void> {
  const place = join(folder, WEIGHT_FILE);
  const weights = await weightsSum(place);
  for (const [name, content] of Object.entries(contents)) {
    const integrity: z.output<typeof integritySchema> = { weights, sha256: sumOf(content) };
    const path = join(folder, name);
    const text = JSON.stringify({ ...content, integrity }, undefined, isLong(content) ? undefined : 2);
    await writingTo(path, () => replaceOwnFile(path, `${text}\n`));
  }
}

/** Copies a file that belongs to a model's weights to a folder where the same weights are in another file. @throws DataError `model/changed`, and the codes of `writeSealed` */
export async function copySealed(from: string, folder: string): Promise<void> {
  const content = await readSealed(from, z.record(z.string(), z.unknown()), (what, cause) => {
    const [message, remedy] = [`${from} is not what was written (${what})`, "Restore the model's own file."];
    return new DataError({ code: "model/changed", message, place: from, remedy, cause });
  });
  if (content !== undefined) await writeSealed(folder, { [basename(from)]: content });
}

/** Columns of numbers are not for reading. */
const isLong = (content: object) =>
  Object.values(content).some((one) => Array.isArray(one) && one.length > 1000);

/**
 * Reads a file of a model folder; undefined if it does not exist. Files of earlier versions have no integrity.
 *
 * @throws the error from `failure` for a file that does not have this shape
 */
export async function readSealed<Schema extends z.ZodType>(
  place: string,
  schema: Schema,
  failure: (what: string, cause: unknown) => Error,
): Promise<z.output<Schema> | undefined> {
  if (!existsSync(place)) return undefined;
  return readRecord(
    place,
    z.preprocess((json) => splitIntegrity(json).content, schema),
    failure,
  );
}

/** What a file is checked for. */
export interface SealCheck {
  /** SHA-256 of the weights beside it; undefined if they are unknown. */
  readonly weights: string | undefined;
  /** The file may come from a version that wrote no integrity. */
  readonly mayBeOld?: boolean | undefined;
  readonly remedy: string;
}

/**
 * Checks that a file belongs to the weights beside it and has not been edited; a file that does not exist is fine.
 *
 * @throws DataError `model/changed`
 */
export async function verifySealed(
  place: string,
  { weights, mayBeOld = false, remedy }: SealCheck,
): Promise<void> {
  if (!existsSync(place)) return;
  let json: unknown;
  try {
    json = JSON.parse(await readWholeText(place));
  } catch (error) {
    if (error instanceof SyntaxError) return; // its reader reports what is wrong
    throw error;
  }
  const { integrity, content } = splitIntegrity(json);
  const fault = (problem: string) =>
    new DataError({ code: "model/changed", message: `${place} ${problem}`, place, remedy });
  if (integrity === undefined) {
    if (mayBeOld) return;
    throw fault("does not say which weights it belongs to: it was edited, or belongs to another model");
  }
  if (integrity.sha256 !== sumOf(content)) throw fault("was edited since it was written");
  if (weights !== undefined && integrity.weights !== weights)
    throw fault("belongs to other weights than those in the same folder");
}

/** SHA-256 of a weight file. @throws DataError `model/not-a-file` */
export function weightsSum(place: string): Promise<string> {
  return fileSha256(
    place,
    ({ problem, cause }) =>
      new DataError({
        code: "model/not-a-file",
        message: `${place} ${problem}`,
        place,
        remedy: "Restore the model's own file.",
        cause,
      }),
  );
}

function sumOf(content: unknown): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

function splitIntegrity(json: unknown) {
  if (typeof json !== "object" || json === null) return { content: json, integrity: undefined };
  const { integrity, ...content } = json as Readonly<Record<string, unknown>>;
  return { content, integrity: integritySchema.safeParse(integrity).data };
}
