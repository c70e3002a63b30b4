// Writes the text encoder that several models of a bundle were adapted from once: each model then holds its adapters and its heads only.
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import {
  adapterNotes,
  addedRowsName,
  frozenName,
  sharedFolder,
  type UnmergedWeights,
} from "../encoders/adapted-weights.ts";
import { openUnmerged, WEIGHT_FILE } from "../encoders/weight-source.ts";
import { writeSafetensors } from "../engine/safetensors.ts";
import { weightsSum } from "../extractors/shared/sealed-file.ts";
import { WORD_TABLE } from "../extractors/shared/word-table.ts";
import { elementCount, type HostTensor } from "../graph/host-tensor.ts";
import { adaptedWeights, isAdapter } from "../nn/low-rank.ts";

/** Models whose text encoders have the same own weights. */
export interface SharedEncoder {
  /** Below the bundle. */
  readonly folder: string;
  /** SHA-256 of the weight file in it. */
  readonly weights: string;
  /** Folders of the models. */
  readonly models: readonly string[];
  /** Bytes of its weights, which each of the models would hold. */
  readonly bytes: number;
}

/** A model of the bundle to write, with its weights opened. */
export interface OpenedPart {
  /** Its folder in the bundle. */
  readonly into: string;
  readonly weights: UnmergedWeights;
}

/** Models that share an encoder, and why a model with adapters shares none. */
interface SharingPlan {
  readonly groups: readonly (readonly OpenedPart[])[];
  readonly notes: readonly string[];
}

const ENCODER = "encoder.";
const METADATA = { format: "pt" }; // required by transformers

/** Opens the weights of models, by their folders in the bundle. @throws the codes of `openUnmerged` */
export function openParts(
  models: readonly { readonly from: string; readonly into: string }[],
): Promise<OpenedPart[]> {
  return Promise.all(models.map(async ({ from, into }) => ({ into, weights: await openUnmerged(from) })));
}

/** Finds models that can share. Models that were trained without adapters, on a text encoder that stayed as it was, count too. */
export function planSharing(parts: readonly OpenedPart[]): SharingPlan {
  const groups: OpenedPart[][] = [];
  const differences = new Map<OpenedPart, string[]>();
  for (const part of parts) {
    const found = groups.find(([first]) => {
      const difference = first && differenceOf(first.weights, part.weights);
      if (first && difference !== undefined) {
        add(differences, first, `${part.into} has other weights at ${difference}`);
        add(differences, part, `${first.into} has other weights at ${difference}`);
      }
      return difference === undefined;
    });
    if (found) found.push(part);
    else groups.push([part]);
  }
  const alone = groups.flatMap((group) => (group.length === 1 ? group : []));
  return {
    groups: groups.filter((group) => group.length > 1),
    notes: alone
      .filter(({ weights }) => weights.adapters !== undefined)
      .map(
        (part) =>
          `${part.into} was trained with adapters but keeps a text encoder of its own: ${(differences.get(part) ?? []).join(", ")}`,
      ),
  };
}

function add(to: Map<OpenedPart, string[]>, part: OpenedPart, text: string): void {
  to.set(part, [...(to.get(part) ?? []), text]);
}

/** Writes the weights that a group shares into the bundle, and each model's own file into its folder. */
export async function writeShared(bundle: string, group: readonly OpenedPart[]): Promise<SharedEncoder> {
  const [first, ...others] = group as readonly [OpenedPart, ...OpenedPart[]];
  const rows = [first, ...others].reduce(
    (least, { weights }) => Math.min(least, rowsOf(weights)),
    Number.POSITIVE_INFINITY,
  );
  const own = Object.fromEntries(
    encoderNames(first.weights).map((name) => {
      const tensor = first.weights.source.tensor(name);
      return [name, name === WORD_TABLE.parameter ? someRows(tensor, 0, rows) : tensor];
    }),
  );
  const writing = join(bundle, `encoders/writing-${first.into}`);
  await mkdir(writing, { recursive: true });
  await writeSafetensors(join(writing, WEIGHT_FILE), own, METADATA);
  const sum = await weightsSum(join(writing, WEIGHT_FILE));
  const folder = sharedFolder(sum);
  await rename(writing, join(bundle, folder));
  for (const { into, weights } of group) {
    const { source, adapters } = weights;
    const kept = source.names().filter((name) => !(name in own));
    const tensors = Object.fromEntries(kept.map((name) => [name, source.tensor(name)]));
    const table = source.tensor(WORD_TABLE.parameter);
    if ((table.shape[0] ?? 0) > rows)
      tensors[addedRowsName(WORD_TABLE.parameter)] = someRows(table, rows, table.shape[0]);
    await writeSafetensors(join(bundle, into, WEIGHT_FILE), tensors, {
      ...METADATA,
      ...adapterNotes(adapters, sum),
    });
  }
  const bytes = Object.values(own).reduce((total, { data }) => total + data.byteLength, 0);
  return { folder, weights: sum, models: group.map(({ into }) => into), bytes };
}

/** Writes a model that shared an encoder with others as one that holds its own. */
export async function writeWhole(folder: string, { source, adapters }: UnmergedWeights): Promise<void> {
  const adapted = new Set(adaptedWeights(source.names()).map(({ weight }) => weight));
  const tensors = source
    .names()
    .map((name) => [adapted.has(name) ? frozenName(name) : name, source.tensor(name)] as const);
  await writeSafetensors(join(folder, WEIGHT_FILE), Object.fromEntries(tensors), {
    ...METADATA,
    ...adapterNotes(adapters),
  });
}

/** Names of the text encoder's own weights. */
function encoderNames({ source }: UnmergedWeights): string[] {
  return source
    .names()
    .filter((name) => name.startsWith(ENCODER) && !isAdapter(name))
    .toSorted();
}

/** A weight that differs between two models; undefined if their text encoders have the same. Rows that a model has added to the word table do not count. */
function differenceOf(a: UnmergedWeights, b: UnmergedWeights): string | undefined {
  const [names, others] = [encoderNames(a), encoderNames(b)];
  const extra = names.find((name) => !others.includes(name)) ?? others.find((name) => !names.includes(name));
  if (extra !== undefined || !names.includes(WORD_TABLE.parameter)) return extra ?? WORD_TABLE.parameter;
  const rows = Math.min(rowsOf(a), rowsOf(b));
  const shapes = (source: UnmergedWeights["source"], name: string) => {
    const { dtype, shape } = source.spec(name);
    return `${dtype} ${(name === WORD_TABLE.parameter ? shape.slice(1) : shape).join(" x ")}`;
  };
  return (
    names.find((name) => shapes(a.source, name) !== shapes(b.source, name)) ??
    names.find((name) => {
      const [x, y] = [a.source.tensor(name), b.source.tensor(name)];
      const isTable = name === WORD_TABLE.parameter;
      return !bytesOf(isTable ? someRows(x, 0, rows) : x).equals(bytesOf(isTable ? someRows(y, 0, rows) : y));
    })
  );
}

function rowsOf({ source }: UnmergedWeights): number {
  return source.spec(WORD_TABLE.parameter).shape[0] ?? 0;
}

/** Rows `from` to `to` of a table, as a view. */
function someRows(table: HostTensor, from: number, to = 0): HostTensor {
  const width = elementCount(table.shape.slice(1));
  const shape = [to - from, ...table.shape.slice(1)];
  return { ...table, shape, data: table.data.subarray(from * width, to * width) } as HostTensor;
}

function bytesOf({ data }: HostTensor): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
