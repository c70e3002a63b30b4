// Reads and writes weight files in the safetensors format. Tensors are read one at a time, so files can have any size.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { replaceFile } from "../base/atomic-file.ts";
import { writingTo } from "../base/cannot-write.ts";
import { counted } from "../base/counted.ts";
import { openRegularFile } from "../base/regular-file.ts";
import { arrayClass, type DType, elementCount, type HostTensor } from "../graph/host-tensor.ts";
import {
  LENGTH_BYTES,
  MAX_HEADER_BYTES,
  parseHeader,
  type SafetensorsHeader,
  STORED_TYPES,
  type StoredTensor,
  safetensorsError,
} from "./safetensors-header.ts";
import { checkMemory } from "./tensor-checks.ts";

export { toFloat32 } from "./to-float32.ts";

/** Node reads and writes at most 2 GiB at a time. */
const CHUNK_BYTES = 2 ** 28;

/** An opened weight file: the header is in memory, tensors are read on demand. */
export class SafetensorsFile {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #header: SafetensorsHeader;
  readonly #dataStart: number;
  readonly #fileBytes: number;

  /** @internal for `readSafetensors` */
  constructor(path: string, header: SafetensorsHeader, dataStart: number, fileBytes: number) {
    this.path = path;
    this.metadata = header.metadata;
    this.#header = header;
    this.#dataStart = dataStart;
    this.#fileBytes = fileBytes;
  }

  /** Names of all tensors, in the order of the file. */
  names(): readonly string[] {
    return [...this.#header.tensors.keys()];
  }

  /** Whether the file has a tensor with this name. */
  has(name: string): boolean {
    return this.#header.tensors.has(name);
  }

  /**
   * The dtype and shape of a tensor.
   *
   * @throws EngineError `engine/safetensors-no-tensor`, `engine/safetensors-unsupported-dtype`
   */
  spec(name: string): { readonly dtype: DType; readonly shape: readonly number[] } {
    const { dtype, shape } = this.#find(name);
    return { dtype, shape };
  }

  /**
   * Reads a tensor into a new typed array.
   *
   * @throws EngineError `engine/safetensors-no-tensor`, `engine/safetensors-unsupported-dtype`,
   * `engine/safetensors-changed` if the file has changed since it was opened
   */
  tensor(name: string): HostTensor {
    const { dtype, shape, begin, end } = this.#find(name);
    const data = new (arrayClass(dtype) as Float32ArrayConstructor)(elementCount(shape));
    const bytes = new Uint8Array(data.buffer, 0, end - begin);
    const file = openSync(this.path, "r");
    try {
      if (fstatSync(file).size !== this.#fileBytes) {
        throw safetensorsError(
          "engine/safetensors-changed",
          this.path,
          "its size has changed since it was opened",
          {
            tensor: name,
            remedy: "Do not write to weight files while they are in use.",
          },
        );
      }
      readFully(file, bytes, this.#dataStart + begin, this.path);
    } finally {
      closeSync(file);
    }
    return { dtype, shape, data } as HostTensor;
  }

  #find(name: string): StoredTensor & { readonly dtype: DType } {
    const stored = this.#header.tensors.get(name);
    if (stored === undefined) {
      throw safetensorsError(
        "engine/safetensors-no-tensor",
        this.path,
        `it is not in the file, which has ${counted(this.#header.tensors.size, "tensor")}`,
        {
          tensor: name,
          remedy: "Check that the file belongs to the model, and check the prefix of the names.",
        },
      );
    }
    const { dtype } = stored;
    if (dtype === undefined) {
      throw safetensorsError(
        "engine/safetensors-unsupported-dtype",
        this.path,
        `${stored.storedType} elements are not supported`,
        {
          tensor: name,
          value: stored.storedType,
          remedy: "Convert the file to F32, F16 or BF16.",
        },
      );
    }
    return { ...stored, dtype };
  }
}

/**
 * Opens a weight file and checks its header.
 *
 * @throws EngineError `engine/safetensors-` with `no-file`, `git-lfs-pointer`, `truncated`, `header-too-large`, `header-not-json`,
 * `bad-metadata`, `bad-entry`, `unknown-dtype`, `out-of-range`, `wrong-size`, `overlap`, `gap`, `duplicate-name` or
 * `trailing-bytes`
 */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await openRegularFile(path, ({ kind, problem, remedy, cause }) =>
    safetensorsError(
      kind === "git-lfs" ? "engine/safetensors-git-lfs-pointer" : "engine/safetensors-no-file",
      path,
      `it ${problem}`,
      {
        remedy,
        cause,
      },
    ),
  );
  try {
    const fileBytes = (await file.stat()).size;
    if (fileBytes < LENGTH_BYTES) {
      throw safetensorsError(
        "engine/safetensors-truncated",
        path,
        `it has ${counted(fileBytes, "byte")}, but the shortest possible file has 10`,
      );
    }
    const length = new Uint8Array(LENGTH_BYTES);
    readFully(file.fd, length, 0, path);
    const headerBytes = Number(new DataView(length.buffer).getBigUint64(0, true));
    if (headerBytes > MAX_HEADER_BYTES) {
      throw safetensorsError(
        "engine/safetensors-header-too-large",
        path,
        `its header claims ${headerBytes} bytes`,
        {
          value: headerBytes,
          remedy: `At most ${MAX_HEADER_BYTES} are read. The file is probably not a safetensors file.`,
        },
      );
    }
    const dataStart = LENGTH_BYTES + headerBytes;
    if (dataStart > fileBytes) {
      throw safetensorsError(
        "engine/safetensors-truncated",
        path,
        `its header ends at byte ${dataStart}, but the file ends at ${fileBytes}`,
      );
    }
    const text = new Uint8Array(headerBytes);
    readFully(file.fd, text, LENGTH_BYTES, path);
    const header = parseHeader(decodeUtf8(text, path), path);
    checkEnd(header, dataStart, fileBytes, path);
    return new SafetensorsFile(path, header, dataStart, fileBytes);
  } finally {
    await file.close();
  }
}

function decodeUtf8(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw safetensorsError("engine/safetensors-header-not-json", path, "the header is not UTF-8", { cause });
  }
}

function checkEnd(header: SafetensorsHeader, dataStart: number, fileBytes: number, path: string): void {
  const expected = dataStart + header.dataBytes;
  if (fileBytes < expected) {
    const lost = [...header.tensors].find(([, { end }]) => dataStart + end > fileBytes);
    throw safetensorsError(
      "engine/safetensors-truncated",
      path,
      `the file ends at byte ${fileBytes} of ${expected}`,
      {
        ...(lost && { tensor: lost[0] }),
        remedy: "The download or copy was cut off: get the file again.",
      },
    );
  }
  if (fileBytes > expected) {
    throw safetensorsError(
      "engine/safetensors-trailing-bytes",
      path,
      `${counted(fileBytes - expected, "byte")} after the last tensor ${fileBytes - expected === 1 ? "does" : "do"} not belong to any tensor`,
    );
  }
}

function readFully(file: number, into: Uint8Array, position: number, path: string): void {
  let done = 0;
  while (done < into.length) {
    const wanted = Math.min(CHUNK_BYTES, into.length - done);
    const got = readSync(file, into, done, wanted, position + done);
    if (got === 0)
      throw safetensorsError(
        "engine/safetensors-truncated",
        path,
        `the file ends at byte ${position + done}`,
      );
    done += got;
  }
}

/**
 * Writes a weight file atomically: to a temporary file in the same folder, which is flushed to disk, then renamed.
 *
 * @throws EngineError `engine/wrong-element-count` and similar codes for an invalid tensor, `engine/safetensors-reserved-name`
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, HostTensor>>,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, tensor] of Object.entries(tensors)) checkMemory("writeSafetensors", name, tensor);
  const inOrder = Object.entries(tensors).sort(byElementSizeThenName);
  const header = encodeHeader(path, inOrder, metadata);
  await writingTo(path, () =>
    replaceFile(path, async (file) => {
      await writeFully(file, header);
      for (const [, { data }] of inOrder) {
        await writeFully(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      }
    }),
  );
}

const STORED_NAMES = new Map(
  [...STORED_TYPES].flatMap(([name, { dtype }]) => (dtype === undefined ? [] : [[dtype, name] as const])),
);

/** Large elements come first, so that every tensor is aligned in a memory-mapped file. */
function byElementSizeThenName([a, x]: [string, HostTensor], [b, y]: [string, HostTensor]): number {
  return y.data.BYTES_PER_ELEMENT - x.data.BYTES_PER_ELEMENT || (a < b ? -1 : 1);
}

function encodeHeader(
  path: string,
  tensors: readonly (readonly [string, HostTensor])[],
  metadata: Readonly<Record<string, string>> | undefined,
): Uint8Array {
  const entries: [string, unknown][] = metadata === undefined ? [] : [["__metadata__", metadata]];
  let begin = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    if (name === "__metadata__") {
      throw safetensorsError(
        "engine/safetensors-reserved-name",
        path,
        "this name is reserved by the format",
        {
          tensor: name,
          remedy: "Give the tensor another name.",
        },
      );
    }
    const end = begin + data.byteLength;
    entries.push([name, { dtype: STORED_NAMES.get(dtype), shape, data_offsets: [begin, end] }]);
    begin = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const padded = Math.ceil(json.length / 8) * 8; // readers map the data, so it begins at a multiple of 8
  const bytes = new Uint8Array(LENGTH_BYTES + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}

async function writeFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, Math.min(CHUNK_BYTES, bytes.length - done));
    done += bytesWritten;
  }
}
