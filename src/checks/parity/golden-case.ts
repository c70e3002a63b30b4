// Golden cases: folders with a small model, its inputs and PyTorch's results.
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { checkShape, VALUES_SHOWN } from "../../base/schema-issues.ts";
import { readWholeText } from "../../base/whole-file.ts";
import { readSafetensors } from "../../engine/safetensors.ts";
import type { HostTensor } from "../../graph/host-tensor.ts";

/** Every element must fulfil `abs(a - b) <= absolute + relative * abs(b)`. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

export type Tensors = Readonly<Record<string, HostTensor>>;

export interface GoldenCase {
  readonly folder: string;
  /** `encoder` or the name of a relata model. */
  readonly model: string;
  /** The model's sizes: `config` of case.json, or config.json of the Hugging Face layout. */
  readonly config: unknown;
  /** The outputs that an encoder's loss sums over. */
  readonly outputs: readonly string[];
  readonly tolerance: Tolerance;
  readonly weights: Tensors;
  readonly inputs: Tensors;
  readonly expected: Tensors;
}

const CASE_FILE = "case.json";

const caseSchema = z.object({
  model: z.string().min(1),
  config: z.unknown().optional(),
  outputs: z.array(z.string()).default([]),
  tolerance: z.object({ relative: z.number().nonnegative(), absolute: z.number().nonnegative() }),
});

/**
 * The folders at and below `folders` that hold a case, in alphabetical order.
 *
 * @throws DataError `parity/no-such-folder`
 */
export async function findCases(folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(folders.map(casesBelow));
  return [...new Set(found.flat())].sort();
}

async function casesBelow(folder: string): Promise<string[]> {
  let entries: Awaited<ReturnType<typeof listFolder>>;
  try {
    entries = await listFolder(folder);
  } catch (cause) {
    throw new DataError({
      code: "parity/no-such-folder",
      message: `${folder} cannot be read (${(cause as NodeJS.ErrnoException).code})`,
      place: folder,
      remedy: "Name folders that hold golden cases.",
      cause,
    });
  }
  if (entries.some((entry) => entry.name === CASE_FILE)) return [folder];
  const below = entries.filter((entry) => entry.isDirectory());
  return (await Promise.all(below.map((entry) => casesBelow(join(folder, entry.name))))).flat();
}

function listFolder(folder: string) {
  return readdir(folder, { withFileTypes: true });
}

/** Reads a case. @throws DataError `parity/bad-case`, EngineError for a damaged safetensors file. */
export async function readCase(folder: string): Promise<GoldenCase> {
  const described = checked(caseSchema, await readJson(join(folder, CASE_FILE)), folder, "the case");
  const { model, outputs, tolerance } = described;
  const huggingFace = join(folder, "config.json");
  const isEncoder = existsSync(huggingFace);
  const [weights, inputs, expected] = await Promise.all([
    tensorsOf(join(folder, isEncoder ? "model.safetensors" : "weights.safetensors")),
    tensorsOf(join(folder, "inputs.safetensors")),
    tensorsOf(join(folder, "expected.safetensors")),
  ]);
  const config = isEncoder ? await readJson(huggingFace) : described.config;
  return { folder, model, config, outputs, tolerance, weights, inputs, expected };
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readWholeText(path));
  } catch (cause) {
    throw new DataError({
      code: "parity/bad-case",
      message: `${(cause as Error).message}`,
      place: path,
      remedy: "Check that the file is there and is JSON.",
      cause,
    });
  }
}

async function tensorsOf(path: string): Promise<Tensors> {
  const file = await readSafetensors(path);
  return Object.fromEntries(file.names().map((name) => [name, file.tensor(name)]));
}

/** The sizes of a case's model, as its schema reads them. @throws DataError `parity/bad-case` */
export function sizesOf<Schema extends z.ZodType>(golden: GoldenCase, schema: Schema): z.output<Schema> {
  return checked(schema, golden.config, golden.folder, "config");
}

function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  folder: string,
  whole: string,
): z.output<Schema> {
  const found = checkShape(schema, value, { whole, wording: VALUES_SHOWN });
  if (found.success) return found.data;
  throw new DataError({
    code: "parity/bad-case",
    message: found.faults.join("; "),
    place: join(folder, CASE_FILE),
    remedy: "Write model, tolerance and, for relata's own models, config.",
  });
}
