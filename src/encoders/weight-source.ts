// Where an encoder's weights come from: one safetensors file, or several that an index joins. Readers see one file either way.
import { existsSync, readdirSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { readSafetensors, type SafetensorsFile } from "../engine/index.ts";
import { EncoderError } from "../errors.ts";
import { parseWeightIndex, shardNames, WEIGHT_INDEX_FILE } from "./weight-index.ts";

/** The weight file of a folder in the Hugging Face layout. */
export const WEIGHT_FILE = "model.safetensors";
const MAX_INDEX_BYTES = 25_000_000; // an index of 100 000 tensors takes 10 MB

/** What is read of a weight file; `SafetensorsFile` is one. */
export type WeightSource = Pick<SafetensorsFile, "path" | "names" | "spec" | "tensor">;

/**
 * The weight files of a folder: the one file, which goes first when there is an index as well, or the index and its shards.
 *
 * @throws EncoderError `encoder/no-weights` when the folder has neither (naming what it has instead), and the index's codes
 */
export async function weightFiles(folder: string): Promise<readonly string[]> {
  if (existsSync(join(folder, WEIGHT_FILE))) return [WEIGHT_FILE];
  if (!existsSync(join(folder, WEIGHT_INDEX_FILE))) throw noWeights(folder);
  return [WEIGHT_INDEX_FILE, ...shardNames(await readIndex(folder))];
}

/**
 * Opens the weights of a folder.
 *
 * @throws EncoderError `encoder/no-weights`, `encoder/bad-weight-index`, `encoder/bad-file-name`, `encoder/no-shard`,
 * `encoder/shard-lacks-weight`; EngineError for a damaged file
 */
export async function openWeights(folder: string): Promise<WeightSource> {
  const [first] = await weightFiles(folder);
  return first === WEIGHT_FILE ? readSafetensors(join(folder, WEIGHT_FILE)) : openShards(folder);
}

async function openShards(folder: string): Promise<WeightSource> {
  const place = join(folder, WEIGHT_INDEX_FILE);
  const index = await readIndex(folder);
  const shards = new Map<string, SafetensorsFile>();
  for (const name of shardNames(index)) {
    const path = join(folder, name);
    if (!existsSync(path)) throw noShard(place, name);
    shards.set(name, await readSafetensors(path));
  }
  const files = new Map<string, SafetensorsFile>();
  for (const [tensor, shard] of index) {
    const file = shards.get(shard) as SafetensorsFile; // opened above: shardNames gives every value of the index
    if (!file.has(tensor)) throw shardLacks(place, shard, tensor);
    files.set(tensor, file);
  }
  const fileOf = (tensor: string): SafetensorsFile => {
    const file = files.get(tensor);
    if (file === undefined) throw shardLacks(place, "any shard", tensor);
    return file;
  };
  return {
    path: place,
    names: () => [...files.keys()],
    spec: (tensor) => fileOf(tensor).spec(tensor),
    tensor: (tensor) => fileOf(tensor).tensor(tensor),
  };
}

async function readIndex(folder: string): Promise<ReadonlyMap<string, string>> {
  const place = join(folder, WEIGHT_INDEX_FILE);
  const { size } = await stat(place);
  if (size > MAX_INDEX_BYTES) {
    throw new EncoderError({
      code: "encoder/bad-weight-index",
      message: `openWeights: ${place} has ${size} bytes, at most ${MAX_INDEX_BYTES} are read`,
      place,
      value: size,
      remedy: "This is no index of weights: download it again.",
    });
  }
  return parseWeightIndex(await readFile(place, "utf8"), folder);
}

function noWeights(folder: string): EncoderError {
  const others = existsSync(folder)
    ? readdirSync(folder).filter((name) => /\.(bin|pt|index\.json|h5)$/.test(name))
    : [];
  const instead = others.length > 0 ? `, only ${others.join(", ")}` : "";
  return new EncoderError({
    code: "encoder/no-weights",
    message: `openWeights: ${folder} has neither ${WEIGHT_FILE} nor ${WEIGHT_INDEX_FILE}${instead}`,
    place: folder,
    remedy:
      "Get the model as safetensors; pickled files (.bin, .pt) are never read, because they can run code.",
  });
}

function noShard(place: string, shard: string): EncoderError {
  return new EncoderError({
    code: "encoder/no-shard",
    message: `openWeights: ${place} names ${shard}, and there is no such file beside it`,
    place,
    value: shard,
    remedy: "Download all shards of the model into the folder.",
  });
}

function shardLacks(place: string, shard: string, tensor: string): EncoderError {
  return new EncoderError({
    code: "encoder/shard-lacks-weight",
    message: `openWeights: ${place} looks for '${tensor}' in ${shard}, which does not hold it`,
    place: `${place}: ${tensor}`,
    value: tensor,
    remedy: "Index and shards are not of one model: download both again.",
  });
}
