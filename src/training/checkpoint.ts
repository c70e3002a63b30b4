// Checkpoints: everything a run needs to continue as if it had never stopped, in folders that are complete or absent.
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { TrainingError } from "../base/errors.ts";
import { exists } from "../base/exists.ts";
import { differences, type Json } from "../base/json.ts";
import { readWholeText } from "../base/whole-file.ts";
import { readSafetensors, writeSafetensors } from "../engine/safetensors.ts";
import type { HostTensor } from "../graph/host-tensor.ts";
import { isLeftover, replaceFolder } from "./durable-folder.ts";

const FORMAT = "relata-checkpoint";
const FORMAT_VERSION = 1;
const STATE_FILE = "state.json";
const NAME = /^(\d{6})-step-\d+$/;

export type Tensors = Readonly<Record<string, HostTensor>>;

export interface Checkpoint<State> {
  /** Progress of the run: step, epoch, position, best metric; plain JSON. */
  readonly state: State;
  /** Values that must be equal to resume: options, config, labels, fingerprint of the examples; plain JSON. */
  readonly identity: Json;
  /** Versions and machine, for information. */
  readonly environment: Json;
  /** One file `<name>.safetensors` for each entry, such as `weights` and `optimizer`. */
  readonly tensors: Readonly<Record<string, Tensors>>;
}

/** A checkpoint on the disk: its state has been checked; its tensors are read and checked when they are restored. */
export interface StoredCheckpoint<State> {
  readonly path: string;
  readonly state: State;
  readonly identity: Json;
  readonly environment: Json;
  /**
   * Copies the tensors of one file into the live ones, one at a time.
   *
   * @throws TrainingError `training/checkpoint-mismatch` if names, dtypes or shapes differ (nothing is copied then),
   * `training/corrupt-checkpoint` if the elements differ from the saved ones
   */
  restore(file: string, live: Tensors): Promise<void>;
}

interface Body {
  readonly format: string;
  readonly version: number;
  readonly state: unknown;
  readonly identity: Json;
  readonly environment: Json;
  /** CRC-32 of each tensor file's names, shapes and elements. */
  readonly checksums: Readonly<Record<string, number>>;
}

/** Adds a tensor to a CRC-32. */
function addToChecksum(crc: number, name: string, { dtype, shape, data }: HostTensor): number {
  const head = crc32(JSON.stringify([name, dtype, shape]), crc);
  return crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), head);
}

function checksum(tensors: Tensors): number {
  return Object.keys(tensors)
    .sort()
    .reduce((crc, name) => addToChecksum(crc, name, tensors[name] as HostTensor), 0); // name is one of its keys
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await exists(folder)) ? readdir(folder) : [];
}

/** The checkpoints below `folder`, oldest first. */
async function list(folder: string): Promise<{ serial: number; path: string }[]> {
  return (await namesIn(folder))
    .flatMap((name) => {
      const serial = NAME.exec(name)?.[1];
      return serial === undefined ? [] : [{ serial: Number(serial), path: join(folder, name) }];
    })
    .sort((a, b) => a.serial - b.serial);
}

/**
 * Writes a checkpoint below `folder` and then removes all but the newest `keep`.
 *
 * @returns the checkpoint's folder
 */
export async function saveCheckpoint<State>(
  folder: string,
  checkpoint: Checkpoint<State>,
  options: { readonly step: number; readonly keep?: number },
): Promise<string> {
  const { step, keep = 1 } = options;
  const older = await list(folder);
  const serial = String((older.at(-1)?.serial ?? 0) + 1).padStart(6, "0");
  const path = join(folder, `${serial}-step-${step}`);
  const checksums: Record<string, number> = {};
  for (const [name, tensors] of Object.entries(checkpoint.tensors)) checksums[name] = checksum(tensors);
  const { state, identity, environment } = checkpoint;
  const body: Body = { format: FORMAT, version: FORMAT_VERSION, state, identity, environment, checksums };
  await replaceFolder(path, async (writing) => {
    for (const [name, tensors] of Object.entries(checkpoint.tensors)) {
      await writeSafetensors(join(writing, `${name}.safetensors`), tensors);
    }
    const text = JSON.stringify(body);
    await writeFile(join(writing, STATE_FILE), `${JSON.stringify({ checksum: crc32(text), body })}\n`);
  });
  await removeOutdated(folder, keep);
  return path;
}

/** Removes all but the newest `keep` checkpoints, including those left by a killed process. */
export async function removeOutdated(folder: string, keep = 1): Promise<void> {
  const outdated = (await list(folder)).slice(0, -Math.max(1, keep));
  for (const { path } of outdated) await rm(path, { recursive: true, force: true });
}

function corrupt(path: string, what: string, cause?: unknown): TrainingError {
  return new TrainingError({
    code: "training/corrupt-checkpoint",
    message: what,
    place: path,
    remedy:
      "Delete the folder of this checkpoint to resume from an older one, or start again in a new run folder.",
    cause,
    fault: "work",
  });
}

async function readBody(path: string): Promise<Body> {
  const file = join(path, STATE_FILE);
  let parsed: { checksum?: unknown; body?: Body };
  try {
    parsed = JSON.parse(await readWholeText(file));
  } catch (cause) {
    throw corrupt(file, `${STATE_FILE} cannot be read: ${(cause as Error).message}`, cause);
  }
  const { body } = parsed;
  if (body === undefined || parsed.checksum !== crc32(JSON.stringify(body))) {
    throw corrupt(file, `the content of ${STATE_FILE} does not match its checksum`);
  }
  if (body.format !== FORMAT || body.version !== FORMAT_VERSION) {
    throw new TrainingError({
      code: "training/unknown-checkpoint-version",
      message: `the checkpoint has the format ${body.format} ${body.version}, but this version of relata reads ${FORMAT} ${FORMAT_VERSION}`,
      place: file,
      value: body.version,
      remedy: "Resume with the version of relata that wrote it, or start again in a new run folder.",
    });
  }
  return body;
}

async function restoreTensors(path: string, name: string, expected: number, live: Tensors): Promise<void> {
  const file = join(path, `${name}.safetensors`);
  const reading = async <T>(action: () => T | Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (cause) {
      throw corrupt(file, `${name}.safetensors cannot be read: ${(cause as Error).message}`, cause);
    }
  };
  const source = await reading(() => readSafetensors(file));
  const describe = ({ dtype, shape }: { dtype: string; shape: readonly number[] }): string =>
    `${dtype} [${shape.join(", ")}]`;
  const saved = await reading(() =>
    source.names().map((tensor) => [tensor, describe(source.spec(tensor))] as const),
  );
  const wanted = Object.entries(live).map(
    ([tensor, { dtype, shape }]) => [tensor, describe({ dtype, shape })] as const,
  );
  checkIdentity(file, Object.fromEntries(saved), Object.fromEntries(wanted));
  let crc = 0;
  for (const tensor of Object.keys(live).sort()) {
    const stored = await reading(() => source.tensor(tensor));
    crc = addToChecksum(crc, tensor, stored);
    const target = live[tensor] as HostTensor; // one of its keys; same dtype and size as what is stored: checked above
    (target.data as Float32Array).set(stored.data as Float32Array);
  }
  if (crc !== expected)
    throw corrupt(file, `the elements in ${name}.safetensors do not match their checksum`);
}

/**
 * Opens the newest checkpoint below `folder`; undefined if there is none. Removes leftovers of interrupted writes. A damaged
 * checkpoint is an error: a run never falls back to an older one silently.
 *
 * @throws TrainingError `training/corrupt-checkpoint`, `training/unknown-checkpoint-version`
 */
export async function readCheckpoint<State>(folder: string): Promise<StoredCheckpoint<State> | undefined> {
  const newest = (await list(folder)).at(-1);
  for (const name of await namesIn(folder)) {
    if (isLeftover(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
  if (newest === undefined) return undefined;
  const { path } = newest;
  const { state, identity, environment, checksums } = await readBody(path);
  return {
    path,
    state: state as State,
    identity,
    environment,
    restore: async (file, live) => {
      const expected = checksums[file];
      if (expected === undefined) throw corrupt(path, `it does not contain ${file}.safetensors`);
      await restoreTensors(path, file, expected, live);
    },
  };
}

/**
 * State and identity of the newest checkpoint below `folder`, for a look from outside: nothing is changed. Undefined if there is none.
 *
 * @throws TrainingError `training/corrupt-checkpoint`, `training/unknown-checkpoint-version`
 */
export async function peekCheckpoint(
  folder: string,
): Promise<{ readonly state: unknown; readonly identity: Json } | undefined> {
  const newest = (await list(folder)).at(-1);
  return newest === undefined ? undefined : readBody(newest.path);
}

/**
 * Refuses to resume from a checkpoint of another run.
 *
 * @throws TrainingError `training/checkpoint-mismatch` naming every value that differs
 */
export function checkIdentity(path: string, saved: Json, current: Json): void {
  const found = differences(saved, current);
  if (found.length === 0) return;
  throw new TrainingError({
    code: "training/checkpoint-mismatch",
    message: `the checkpoint belongs to another run: ${found.join("; ")}`,
    place: path,
    value: found,
    remedy: "Resume with the original options, model and data, or use a new run folder.",
  });
}
