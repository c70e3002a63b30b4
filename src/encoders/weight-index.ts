// model.safetensors.index.json: maps tensors to the shards of a model's weights. Read as untrusted input.
import { EncoderError } from "../base/errors.ts";
import { readJsonFile } from "./json-file.ts";
import { matchWeightNames } from "./weight-names.ts";

export const WEIGHT_INDEX_FILE = "model.safetensors.index.json";

const MAX_TENSORS = 200_000; // a hundred times the number in the largest encoders

/** Tensor name to file name of its shard. */
export type WeightIndex = ReadonlyMap<string, string>;

/**
 * Reads an index. Tensors with a null shard are skipped.
 *
 * @throws EncoderError `encoder/bad-weight-index`, `encoder/bad-file-name`, and the codes of `readJsonFile`
 */
export async function readWeightIndex(path: string): Promise<WeightIndex> {
  const fault = (what: string, cause?: unknown): EncoderError =>
    new EncoderError({
      code: "encoder/bad-weight-index",
      message: `${path} ${what}`,
      place: path,
      cause,
      remedy: "Download the weights again.",
    });
  const { weight_map: map } = await readJsonFile(path).catch((error: unknown) => {
    throw error instanceof EncoderError && error.code === "encoder/not-json"
      ? fault("is not a JSON object", error)
      : error;
  });
  if (typeof map !== "object" || map === null || Array.isArray(map)) throw fault('has no "weight_map"');
  const named = Object.entries(map).filter(([, shard]) => shard !== null);
  if (named.length === 0) throw fault("does not name a shard");
  if (named.length > MAX_TENSORS) throw fault(`names ${named.length} tensors; the limit is ${MAX_TENSORS}`);
  return new Map(named.map(([tensor, shard]) => [tensor, checkFileName(shard)]));
}

/** The part of an index with the `wanted` weights, with any prefix; the whole index if it has none of them. */
export function neededIndex(index: WeightIndex, wanted: readonly string[]): WeightIndex {
  const found = new Set(matchWeightNames(wanted, [...index.keys()]).found.values());
  return found.size === 0 ? index : new Map([...index].filter(([tensor]) => found.has(tensor)));
}

/** The shards' file names, each once, sorted. */
export function shardNames(index: WeightIndex): string[] {
  return [...new Set(index.values())].sort();
}

/**
 * A file name that stays inside its folder: no path, no drive, no dots for parents, under POSIX and Windows rules alike.
 *
 * @throws EncoderError `encoder/bad-file-name`
 */
export function checkFileName(name: unknown): string {
  if (typeof name === "string" && /^[\w][\w.+ -]*$/.test(name) && !name.includes("..")) return name;
  throw new EncoderError({
    code: "encoder/bad-file-name",
    message: `the file name ${JSON.stringify(name)} points outside the encoder's folder`,
    value: name,
    remedy: "Do not use this model, or correct its weight index by hand.",
  });
}
