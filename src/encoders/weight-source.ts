// An encoder's weights from one safetensors file, or from several with an index, behind one interface.
import { join } from "node:path";
import { EncoderError } from "../base/errors.ts";
import { readSafetensors, type SafetensorsFile } from "../engine/safetensors.ts";
import { mergedWeights, type UnmergedWeights, unmerged, type WeightSource } from "./adapted-weights.ts";
import { regularFiles } from "./folder-list.ts";
import { chooseWeights } from "./weight-files.ts";
import { readWeightIndex, shardNames } from "./weight-index.ts";
import { matchWeightNames } from "./weight-names.ts";

export type { WeightSource } from "./adapted-weights.ts";
export { WEIGHT_FILE } from "./weight-files.ts";

/**
 * The weight files of a folder: the single file, which takes precedence over an index, or the index and its
 * existing shards. An index may name shards that a model does not need.
 *
 * @throws EncoderError the codes of `chooseWeights` and `readWeightIndex`
 */
export async function weightFiles(folder: string): Promise<readonly string[]> {
  const available = await regularFiles(folder);
  const { kind, name } = chooseWeights(available, folder);
  if (kind === "file") return [name];
  const shards = shardNames(await readWeightIndex(join(folder, name)));
  return [name, ...shards.filter((shard) => available.has(shard))];
}

/**
 * Opens the weights of a folder, with low-rank adapters added to them. Only shards with `wanted` tensors are required; without `wanted`, a
 * missing shard or tensor is an error when it is read.
 *
 * @param wanted names that a graph gives its parameters
 * @throws EncoderError the codes of `chooseWeights` and `readWeightIndex`, `encoder/no-shard`, `encoder/shard-lacks-weight`,
 * `encoder/bad-adapters`, `encoder/no-base`; EngineError for a damaged file
 */
export async function openWeights(folder: string, wanted: readonly string[] = []): Promise<WeightSource> {
  return mergedWeights(await openUnmerged(folder, wanted));
}

/**
 * Opens the weights of a folder before adapters are added to them.
 *
 * @throws the codes of `openWeights`
 */
export async function openUnmerged(folder: string, wanted: readonly string[] = []): Promise<UnmergedWeights> {
  const available = await regularFiles(folder);
  const { kind, name } = chooseWeights(available, folder);
  if (kind === "file") return unmerged(folder, await readSafetensors(join(folder, name)));
  const source = await openShards(folder, name, available);
  for (const tensor of matchWeightNames(wanted, source.names()).found.values()) source.spec(tensor);
  return { source, adapters: undefined, base: undefined };
}

async function openShards(
  folder: string,
  indexFile: string,
  available: ReadonlySet<string>,
): Promise<WeightSource> {
  const place = join(folder, indexFile);
  const index = await readWeightIndex(place);
  const shards = new Map<string, SafetensorsFile>();
  for (const name of shardNames(index)) {
    if (available.has(name)) shards.set(name, await readSafetensors(join(folder, name)));
  }
  const fileOf = (tensor: string): SafetensorsFile => {
    const shard = index.get(tensor) ?? "any shard";
    const file = shards.get(shard);
    if (file === undefined && index.has(tensor)) throw noShard(place, shard, tensor);
    if (!file?.has(tensor)) throw shardLacks(place, shard, tensor);
    return file;
  };
  return {
    path: place,
    names: () => [...index.keys()],
    spec: (tensor) => fileOf(tensor).spec(tensor),
    tensor: (tensor) => fileOf(tensor).tensor(tensor),
  };
}

function noShard(place: string, shard: string, tensor: string): EncoderError {
  return new EncoderError({
    code: "encoder/no-shard",
    message: `${place} says that '${tensor}' is in ${shard}, but this file does not exist`,
    place,
    value: shard,
    remedy: "Download this shard of the model into the folder.",
  });
}

function shardLacks(place: string, shard: string, tensor: string): EncoderError {
  return new EncoderError({
    code: "encoder/shard-lacks-weight",
    message: `${place} says that '${tensor}' is in ${shard}, but it is not there`,
    place: `${place}: ${tensor}`,
    value: tensor,
    remedy: "Index and shards belong to different models: download both again.",
  });
}
