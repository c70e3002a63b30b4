// ONNX files with a .json description: reads the description, finds the file, detects changes.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { z } from "zod";
import { EncoderError } from "../base/errors.ts";
import { fileSha256 } from "../base/file-hash.ts";
import { checkShape, VALUES_SHOWN } from "../base/schema-issues.ts";
import { encoderFileFailure, readTextIfThere } from "./json-file.ts";
import { externalWeights } from "./onnx-external.ts";

/**
 * Reads a description and validates it with `schema`.
 *
 * @throws EncoderError `encoder/bad-description`, `encoder/unreadable-file`, `encoder/git-lfs-pointer`
 */
export async function readDescription<Schema extends z.ZodType>(
  place: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const bad = (what: string, cause?: unknown) =>
    new EncoderError({
      code: "encoder/bad-description",
      message: `${place} ${what}`,
      place,
      remedy: "docs/your-data.md lists the fields that describe an ONNX file.",
      cause,
    });
  const text = await readTextIfThere(place);
  if (text === undefined) throw bad("does not exist");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw bad(`cannot be read as JSON (${(cause as Error).message})`, cause);
  }
  const checked = checkShape(schema, json, { whole: "the whole file", wording: VALUES_SHOWN });
  if (checked.success) return checked.data;
  throw bad(checked.faults.join("; "));
}

/**
 * The path of the ONNX file that a description names, relative to the description.
 *
 * @throws EncoderError `encoder/no-model-file`
 */
export function modelOfDescription(place: string, model: string): string {
  const path = resolve(dirname(place), model);
  if (existsSync(path)) return path;
  throw new EncoderError({
    code: "encoder/no-model-file",
    message: `${place} names the model ${model}, but ${path} does not exist`,
    place,
    value: model,
    remedy: "Paths in a description are relative to its folder: correct `model`, or put the file there.",
  });
}

/** @throws EncoderError `encoder/no-such-input`, `encoder/no-such-output` if the model has no such name. */
export function requireNames(
  model: string,
  kind: "input" | "output",
  names: readonly string[],
  known: readonly string[],
): void {
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new EncoderError({
      code: kind === "input" ? "encoder/no-such-input" : "encoder/no-such-output",
      message: `${model} has no ${kind} ${JSON.stringify(name)}; it has ${known.join(", ")}`,
      place: model,
      value: name,
      remedy: `Name one of the model's ${kind}s.`,
    });
  }
}

/** sha256 of a file, in hexadecimal. @throws EncoderError `encoder/unreadable-file`, `encoder/git-lfs-pointer` */
export async function fileFingerprint(path: string): Promise<string> {
  return fileSha256(path, encoderFileFailure(path));
}

/**
 * sha256 of an ONNX file; if it has external weights, sha256 over the hashes of all files.
 *
 * @throws EncoderError the codes of `externalWeights`
 */
export async function onnxFingerprint(model: string): Promise<string> {
  const files = await externalWeights(model);
  const sums = await Promise.all([model, ...files.map(({ path }) => path)].map(fileFingerprint));
  return sums.length === 1 ? sums[0]! : combinedFingerprint(sums);
}

/** One hash over several hashes or JSON values, in order. */
export function combinedFingerprint(parts: readonly unknown[]): string {
  return createHash("sha256")
    .update(parts.map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join("\n"))
    .digest("hex");
}
