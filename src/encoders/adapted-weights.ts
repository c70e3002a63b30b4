// Weight files of models that were trained with low-rank adapters: the text encoder's own weights stay apart from the adapters, perhaps in a file that
// several models of a bundle share. Readers see ordinary weights, each adapter added to its weight.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { EncoderError } from "../base/errors.ts";
import { readSafetensors, type SafetensorsFile } from "../engine/safetensors.ts";
import { toFloat32 } from "../engine/to-float32.ts";
import { type HostTensor, hostTensor } from "../graph/host-tensor.ts";
import { type AdaptedWeight, adaptedWeights, isAdapter, mergedWeight } from "../nn/low-rank.ts";
import type { LowRankOptions } from "../nn/parameter-scope.ts";
import { WEIGHT_FILE } from "./weight-files.ts";

/** The interface for reading weights; `SafetensorsFile` implements it. */
export type WeightSource = Pick<SafetensorsFile, "path" | "names" | "spec" | "tensor">;

/** Entries in the head of a weight file: the adapters' size, and the SHA-256 of the file with the text encoder's own weights. */
const ADAPTERS = "relata_adapters";
const BASE = "relata_base";
/** Where a bundle keeps shared weights, seen from the folder of a model. */
const SHARED = ["..", "encoders"];
/** Digits of the SHA-256 that name a shared file's folder. */
const NAME_DIGITS = 16;
/** A frozen weight has the name that the PEFT library gives it, so that no reader takes it for the trained one. */
const FROZEN = /^(.*)\.base_layer\.weight$/;
/** Rows of a model's own after those of a shared table. */
const ADDED_ROWS = /^(.*)\.added_rows$/;

const adaptersSchema = z.strictObject({ rank: z.int().positive(), alpha: z.number().positive() });
const sumSchema = z.string().regex(/^[0-9a-f]{64}$/);

/** The size of a model's adapters: products of [out, rank] and [rank, in], which count alpha / rank times. */
type AdapterSize = Pick<LowRankOptions, "rank" | "alpha">;

/** A model's weights before adapters are added. */
export interface UnmergedWeights {
  /** Every weight and every adapter under its name in the graph. */
  readonly source: WeightSource;
  /** Undefined for a model without adapters. */
  readonly adapters: AdapterSize | undefined;
  /** The shared file with the text encoder's own weights; undefined: they are in the model's file. */
  readonly base: SharedBase | undefined;
}

/** A file with a text encoder's own weights, as one of the models sees it. */
interface SharedBase {
  readonly file: SafetensorsFile;
  readonly sha256: string;
  /** The rows that the model adds to a table; undefined for none. */
  addedRows(table: string): HostTensor | undefined;
}

/** The head of a model's weight file. */
export function adapterNotes(adapters: AdapterSize | undefined, base?: string): Record<string, string> {
  const { rank, alpha } = adapters ?? {};
  return {
    ...(adapters ? { [ADAPTERS]: JSON.stringify({ rank, alpha }) } : {}),
    ...(base ? { [BASE]: base } : {}),
  };
}

/** The name in a file of a weight that an adapter is added to: `name` is that of the graph. */
export function frozenName(name: string): string {
  return name.replace(/\.weight$/, ".base_layer.weight");
}

/** The name in a file of the rows that a model adds to a shared table. */
export function addedRowsName(table: string): string {
  return table.replace(/\.weight$/, ".added_rows");
}

/** The folder of a shared file in a bundle, below the bundle. */
export function sharedFolder(sha256: string): string {
  return [...SHARED.slice(1), sha256.slice(0, NAME_DIGITS)].join("/");
}

/**
 * The parts of a model's weight file.
 *
 * @param folder where the file is
 * @throws EncoderError `encoder/bad-adapters`, `encoder/no-base`; EngineError for a damaged file
 */
export async function unmerged(folder: string, file: SafetensorsFile): Promise<UnmergedWeights> {
  const adapters = sizeOf(file);
  const sha256 = file.metadata[BASE];
  if (sha256 === undefined) {
    const source = adapters === undefined ? file : renamed(file);
    return { source, adapters: checked(file, adapters), base: undefined };
  }
  if (!sumSchema.safeParse(sha256).success) throw badAdapters(file, `${BASE} is not a SHA-256`);
  const place = join(folder, SHARED.join("/"), sha256.slice(0, NAME_DIGITS), WEIGHT_FILE);
  if (!existsSync(place)) throw noBase(file, place);
  const base = await readSafetensors(place);
  return {
    source: joined(file, base),
    adapters: checked(file, adapters, base),
    base: {
      ...{ file: base, sha256 },
      addedRows(table) {
        const name = addedRowsName(table);
        return file.has(name) ? file.tensor(name) : undefined;
      },
    },
  };
}

/** Ordinary weights: each adapter is added to the weight that it belongs to, in float64. */
export function mergedWeights({ source, adapters }: UnmergedWeights): WeightSource {
  if (adapters === undefined) return source;
  const adapted = new Map(adaptedWeights(source.names()).map((layer) => [layer.weight, layer]));
  return {
    path: source.path,
    names: () => source.names().filter((name) => !isAdapter(name)),
    spec: (name) => source.spec(name),
    tensor(name) {
      const layer = adapted.get(name);
      const own = source.tensor(name);
      return layer === undefined ? own : sumOf(layer, toFloat32(own), source, adapters);
    },
  };
}

function sumOf(
  { down, up }: AdaptedWeight,
  { shape, data }: HostTensor<"float32">,
  source: WeightSource,
  size: AdapterSize,
): HostTensor {
  const [narrow, wide] = [toFloat32(source.tensor(down)).data, toFloat32(source.tensor(up)).data];
  return hostTensor("float32", shape, mergedWeight(data, narrow, wide, size));
}

function sizeOf(file: SafetensorsFile): AdapterSize | undefined {
  const note = file.metadata[ADAPTERS];
  if (note === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(note);
  } catch (cause) {
    throw badAdapters(file, `${ADAPTERS} is not JSON`, cause);
  }
  const size = adaptersSchema.safeParse(json);
  if (size.success) return size.data;
  throw badAdapters(file, `${ADAPTERS} is not a rank and an alpha`, size.error);
}

/** Checks that every adapter has both matrices, of the stated rank, and a weight of their size. */
function checked(file: SafetensorsFile, size: AdapterSize | undefined, base?: SafetensorsFile) {
  if (size === undefined) return undefined;
  const shapeOf = (name: string): readonly number[] => {
    const holder = base?.has(name) ? base : file;
    return holder.has(name) ? holder.spec(name).shape : [];
  };
  for (const { weight, down, up } of adaptedWeights(file.names())) {
    const [outputs, inputs] = shapeOf(base === undefined ? frozenName(weight) : weight);
    const wanted = [outputs, size.rank, size.rank, inputs];
    if (wanted.join() === [...shapeOf(up), ...shapeOf(down)].join()) continue;
    throw badAdapters(file, `'${up}' and '${down}' do not fit '${weight}' at rank ${size.rank}`);
  }
  return size;
}

/** A file whose frozen weights have the graph's names. */
function renamed(file: SafetensorsFile): WeightSource {
  const inFile = new Map(file.names().map((name) => [name.replace(FROZEN, "$1.weight"), name]));
  const nameOf = (name: string) => inFile.get(name) ?? name;
  return {
    path: file.path,
    names: () => [...inFile.keys()],
    spec: (name) => file.spec(nameOf(name)),
    tensor: (name) => file.tensor(nameOf(name)),
  };
}

/** A model's own weights and the shared ones, with its own rows after those of a shared table. */
function joined(file: SafetensorsFile, base: SafetensorsFile): WeightSource {
  const isRows = (name: string) => ADDED_ROWS.test(name);
  const holder = (name: string) => (base.has(name) ? base : file);
  const rowsOf = (name: string) =>
    base.has(name) && file.has(addedRowsName(name)) ? addedRowsName(name) : undefined;
  return {
    path: file.path,
    names: () => [...base.names(), ...file.names().filter((name) => !isRows(name))],
    spec(name) {
      const { dtype, shape } = holder(name).spec(name);
      const rows = rowsOf(name);
      if (rows === undefined) return { dtype, shape };
      return { dtype, shape: [(shape[0] ?? 0) + (file.spec(rows).shape[0] ?? 0), ...shape.slice(1)] };
    },
    tensor(name) {
      const rows = rowsOf(name);
      const own = holder(name).tensor(name);
      if (rows === undefined) return own;
      const [table, added] = [toFloat32(own), toFloat32(file.tensor(rows))];
      const data = new Float32Array(table.data.length + added.data.length);
      data.set(table.data);
      data.set(added.data, table.data.length);
      return hostTensor("float32", this.spec(name).shape, data);
    },
  };
}

function badAdapters({ path }: SafetensorsFile, what: string, cause?: unknown): EncoderError {
  return new EncoderError({
    code: "encoder/bad-adapters",
    message: `the adapters in ${path} cannot be read: ${what}`,
    place: path,
    remedy: "Restore the model's own file (copy the whole folder again), or train again.",
    cause,
  });
}

function noBase({ path }: SafetensorsFile, place: string): EncoderError {
  return new EncoderError({
    code: "encoder/no-base",
    message: `${path} holds adapters and heads only: its text encoder is in ${place}, which does not exist`,
    place,
    value: place,
    remedy: "Copy the whole bundle, not one folder of it, or name the folder of the model's own training.",
  });
}
