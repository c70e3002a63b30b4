// Encodes an entry of the feature cache as bytes: a self-describing head with a checksum, then float32 tensors with another.
// feature-cache.ts does the file access.

import { endianness } from "node:os";
import { crc32 } from "node:zlib";
import { DataError } from "../base/errors.ts";
import { sha256 } from "../base/sha256.ts";
import { quote } from "./defects.ts";
import type { PictureHash } from "./pictures.ts";

/** A float32 tensor, row-major, e.g. maps `[n, channels, 2, 2]` or logits `[n, 1000]`. */
export interface Feature {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** An extractor's tensors for one picture, by name. */
export type Features = Readonly<Record<string, Feature>>;

/** Identifies an entry: sha256 over the picture's hash and the extractor's fingerprint, in hexadecimal. */
export type FeatureKey = string;

/** The position of a record in the data file, in bytes. */
export interface RecordPlace {
  readonly key: FeatureKey;
  readonly offset: number;
  readonly length: number;
}

/*
 * Record, little-endian: 0 magic, 4 length of the description, 8 length of the payload, 16 key, 48 crc32 of the bytes 0-47 and the
 * description, 52 crc32 of the payload, 56 zero, 64 description (JSON padded to 8), payload (padded to 8).
 */
const RECORD_MAGIC = 0x52464c52; // "RLFR"
export const HEAD_BYTES = 64;
const MAX_DESCRIPTION_BYTES = 64 * 1024; // two tensors take 100 bytes
const MAX_PAYLOAD_BYTES = 256 * 1024 * 1024; // maps of 4 pictures, [4, 3840, 2, 2], take 0.25 MB

/* Index entry: 0 key, 32 offset, 40 length, 48 crc32 of the bytes 0-47, 52 zero. */
export const ENTRY_BYTES = 56;

interface Described {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The lengths and checksums in a head; `undefined` if the bytes are not a head. */
export interface RecordHead extends Omit<RecordPlace, "offset"> {
  readonly descriptionBytes: number;
  readonly payloadBytes: number;
}

export function featureKey(picture: PictureHash, extractor: string): FeatureKey {
  return sha256(`${picture}\n${extractor}`);
}

/** @throws DataError `data/bad-features` when names or shapes do not fit the data. */
export function encodeRecord(key: FeatureKey, features: Features): Buffer {
  if (endianness() !== "LE") throw badFeatures("the cache needs a little-endian machine", endianness());
  const entries = Object.entries(features);
  if (entries.length === 0) throw badFeatures("there is no tensor", {});
  for (const [name, { shape, data }] of entries) {
    const fits =
      shape.every((size) => Number.isSafeInteger(size) && size >= 0) && elements(shape) === data.length;
    if (!fits)
      throw badFeatures(`${quote(name)} has shape [${shape.join(", ")}] and ${data.length} elements`, shape);
  }
  const tensors: Described[] = entries.map(([name, { shape }]) => ({ name, shape }));
  const json = Buffer.from(JSON.stringify(tensors));
  const descriptionBytes = padded(json.length);
  const payloadBytes = padded(entries.reduce((sum, [, { data }]) => sum + data.byteLength, 0));
  if (descriptionBytes > MAX_DESCRIPTION_BYTES)
    throw badFeatures("names and shapes take too much space", descriptionBytes);
  if (payloadBytes > MAX_PAYLOAD_BYTES) {
    throw badFeatures(
      `the tensors have ${payloadBytes} bytes; the limit is ${MAX_PAYLOAD_BYTES}`,
      payloadBytes,
    );
  }

  const bytes = Buffer.alloc(HEAD_BYTES + descriptionBytes + payloadBytes);
  bytes.writeUInt32LE(RECORD_MAGIC, 0);
  bytes.writeUInt32LE(descriptionBytes, 4);
  bytes.writeBigUInt64LE(BigInt(payloadBytes), 8);
  bytes.write(key, 16, "hex");
  bytes.fill(" ", HEAD_BYTES, HEAD_BYTES + descriptionBytes);
  json.copy(bytes, HEAD_BYTES);
  let at = HEAD_BYTES + descriptionBytes;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  bytes.writeUInt32LE(headChecksum(bytes, descriptionBytes), 48);
  bytes.writeUInt32LE(crc32(bytes.subarray(HEAD_BYTES + descriptionBytes)), 52);
  return bytes;
}

/** The head at the start of `bytes`, parsed from 64 bytes; its checksum is verified with the whole record. */
export function decodeHead(bytes: Buffer): RecordHead | undefined {
  if (bytes.length < HEAD_BYTES || bytes.readUInt32LE(0) !== RECORD_MAGIC) return undefined;
  const descriptionBytes = bytes.readUInt32LE(4);
  const payloadBytes = Number(bytes.readBigUInt64LE(8));
  if (descriptionBytes > MAX_DESCRIPTION_BYTES || payloadBytes > MAX_PAYLOAD_BYTES) return undefined;
  const length = HEAD_BYTES + descriptionBytes + payloadBytes;
  return { key: bytes.toString("hex", 16, 48), length, descriptionBytes, payloadBytes };
}

/** The features of a whole record; `undefined` if a checksum, a length or the key does not match. */
export function decodeRecord(bytes: Buffer, key: FeatureKey): Features | undefined {
  const head = decodeHead(bytes);
  if (head === undefined || head.key !== key || head.length !== bytes.length) return undefined;
  const { descriptionBytes } = head;
  const payload = bytes.subarray(HEAD_BYTES + descriptionBytes);
  if (bytes.readUInt32LE(48) !== headChecksum(bytes, descriptionBytes)) return undefined;
  if (bytes.readUInt32LE(52) !== crc32(payload)) return undefined;
  // Both checksums fit, so this is what encodeRecord wrote.
  const tensors = JSON.parse(
    bytes.toString("utf8", HEAD_BYTES, HEAD_BYTES + descriptionBytes),
  ) as Described[];
  let at = 0;
  return Object.fromEntries(
    tensors.map(({ name, shape }) => {
      const data = new Float32Array(elements(shape));
      const size = data.byteLength;
      new Uint8Array(data.buffer).set(payload.subarray(at, at + size));
      at += size;
      return [name, { shape, data }];
    }),
  );
}

export function encodeEntry({ key, offset, length }: RecordPlace): Buffer {
  const bytes = Buffer.alloc(ENTRY_BYTES);
  bytes.write(key, 0, "hex");
  bytes.writeBigUInt64LE(BigInt(offset), 32);
  bytes.writeBigUInt64LE(BigInt(length), 40);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 48)), 48);
  return bytes;
}

/** The entry in `bytes`; `undefined` if the checksum does not match. */
export function decodeEntry(bytes: Buffer): RecordPlace | undefined {
  if (bytes.length < ENTRY_BYTES || bytes.readUInt32LE(48) !== crc32(bytes.subarray(0, 48))) return undefined;
  return {
    key: bytes.toString("hex", 0, 32),
    offset: Number(bytes.readBigUInt64LE(32)),
    length: Number(bytes.readBigUInt64LE(40)),
  };
}

function headChecksum(bytes: Buffer, descriptionBytes: number): number {
  return crc32(bytes.subarray(HEAD_BYTES, HEAD_BYTES + descriptionBytes), crc32(bytes.subarray(0, 48)));
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

function badFeatures(what: string, value: unknown): DataError {
  return new DataError({
    code: "data/bad-features",
    message: what,
    value,
    remedy: "Give named float32 tensors whose shapes fit their data.",
  });
}
