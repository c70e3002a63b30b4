// model.safetensors.index.json: which shard of a model's weights holds which tensor. Read as an untrusted file.
import { EncoderError } from "../errors.ts";

export const WEIGHT_INDEX_FILE = "model.safetensors.index.json";

/**
 * Tensor name to file name of its shard, from the index's text; `place` is named in errors.
 *
 * @throws EncoderError `encoder/bad-weight-index`, `encoder/bad-file-name`
 */
export function parseWeightIndex(text: string, place: string): ReadonlyMap<string, string> {
  const fault = (what: string, cause?: unknown): EncoderError =>
    new EncoderError({
      code: "encoder/bad-weight-index",
      message: `parseWeightIndex: ${WEIGHT_INDEX_FILE} of ${place} ${what}`,
      place,
      cause,
      remedy: "Download the weights again.",
    });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw fault("is not JSON", cause);
  }
  const map = (json as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== "object" || map === null || Array.isArray(map)) throw fault('has no "weight_map"');
  const shards = new Map(Object.entries(map).map(([tensor, shard]) => [tensor, checkFileName(shard)]));
  if (shards.size === 0) throw fault("names no shard");
  return shards;
}

/** The shards' file names, each once, sorted. */
export function shardNames(index: ReadonlyMap<string, string>): string[] {
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
    message: `parseWeightIndex: the file name ${JSON.stringify(name)} could leave the encoder's folder`,
    value: name,
    remedy: "Do not use this model, or correct its weight index by hand.",
  });
}
