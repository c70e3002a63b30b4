// ONNX files with a .json description beside them: reading the description, finding the file, telling whether it changed.
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { z } from "zod";
import { EncoderError } from "../errors.ts";

/** Names that exporters give to the file of weights that do not fit into the ONNX file, after its own name. */
const EXTERNAL_DATA = ["_data", ".data"] as const;

/**
 * A description, checked against `schema`.
 *
 * @param reader the function named in errors
 * @throws EncoderError `encoder/bad-description`
 */
export async function readDescription<Schema extends z.ZodType>(
  place: string,
  schema: Schema,
  reader: string,
): Promise<z.output<Schema>> {
  const bad = (what: string, cause?: unknown) =>
    new EncoderError({
      code: "encoder/bad-description",
      message: `${reader}: ${place} ${what}`,
      place,
      remedy: "docs/your-data.md lists the fields that describe an ONNX file.",
      cause,
    });
  let json: unknown;
  try {
    json = JSON.parse(await readFile(place, "utf8"));
  } catch (cause) {
    throw bad(`cannot be read as JSON (${(cause as Error).message})`, cause);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw bad(
    parsed.error.issues
      .map(({ path, message }) => `${path.length === 0 ? "" : `${path.join(".")}: `}${message}`)
      .join("; "),
  );
}

/**
 * The path of the ONNX file that a description names, relative to the description.
 *
 * @throws EncoderError `encoder/no-model-file`
 */
export function modelOfDescription(place: string, model: string, reader: string): string {
  const path = resolve(dirname(place), model);
  if (existsSync(path)) return path;
  throw new EncoderError({
    code: "encoder/no-model-file",
    message: `${reader}: ${place} names the model ${model}, and there is no ${path}`,
    place,
    value: model,
    remedy: "Paths in the description are relative to it: correct `model`, or put the file there.",
  });
}

/** @throws EncoderError `encoder/no-such-input`, `encoder/no-such-output` when a name is not among those the model has. */
export function requireNames(
  reader: string,
  model: string,
  kind: "input" | "output",
  names: readonly string[],
  known: readonly string[],
): void {
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new EncoderError({
      code: `encoder/no-such-${kind}`,
      message: `${reader}: ${model} has no ${kind} ${JSON.stringify(name)}; it has ${known.join(", ")}`,
      place: model,
      value: name,
      remedy: `Name one of the model's ${kind}s.`,
    });
  }
}

/** sha256 of a file, in hexadecimal. */
export async function fileFingerprint(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** An ONNX file, and the file of its weights where they stand beside it. */
export function onnxFiles(model: string): string[] {
  return [model, ...EXTERNAL_DATA.map((ending) => model + ending).filter((path) => existsSync(path))];
}

/** sha256 of an ONNX file, or, where its weights stand in a file of their own beside it, one over the sums of both. */
export async function onnxFingerprint(model: string): Promise<string> {
  const sums = await Promise.all(onnxFiles(model).map(fileFingerprint));
  return sums.length === 1 ? sums[0]! : combinedFingerprint(sums);
}

/** One sum over several, or over values that JSON can hold; their order counts. */
export function combinedFingerprint(parts: readonly unknown[]): string {
  return createHash("sha256")
    .update(parts.map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join("\n"))
    .digest("hex");
}
