// TensorBoard event files: scalars only, in the TFRecord framing that TensorBoard reads.
import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { writingToSync } from "../base/cannot-write.ts";

const CASTAGNOLI = 0x82f6_3b78; // the reversed polynomial of CRC-32C
const MASK_DELTA = 0xa282_ead8; // TFRecord's mask: rotate right by 15, add this

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ CASTAGNOLI : crc >>> 1;
  return crc;
});

/** CRC-32C (Castagnoli) of `bytes`. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8); // the index is below 256
  return ~crc >>> 0;
}

function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

/** One TFRecord: length, its checksum, the data, their checksum; all little-endian. */
function tfRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(16 + data.length);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return record;
}

// Field numbers and wire types of tensorflow.Event, Summary, Summary.Value and SessionLog.
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
const VARINT = 0;
const SESSION_START = 1;

function event(
  wallTimeSeconds: number,
  step: number,
  fill: (writer: BinaryWriter) => BinaryWriter,
): Uint8Array {
  const head = new BinaryWriter().tag(1, FIXED64).double(wallTimeSeconds).tag(2, VARINT).int64(step);
  return tfRecord(fill(head).finish());
}

function summary(scalars: Readonly<Record<string, number>>): Uint8Array {
  const writer = new BinaryWriter();
  for (const [tag, value] of Object.entries(scalars)) {
    const entry = new BinaryWriter().tag(1, BYTES).string(tag).tag(2, FIXED32).float(value).finish();
    writer.tag(1, BYTES).bytes(entry);
  }
  return writer.finish();
}

/** Starts a file numbered by the run's starts so far. */
function createFile(folder: string, now: number): string {
  mkdirSync(folder, { recursive: true });
  const starts = readdirSync(folder).filter((name) => name.includes("tfevents")).length;
  const seconds = String(Math.floor(now / 1000)).padStart(10, "0");
  const path = join(folder, `events.out.tfevents.${seconds}.relata.${String(starts).padStart(4, "0")}`);
  writeFileSync(
    path,
    event(now / 1000, 0, (writer) => writer.tag(3, BYTES).string("brain.Event:2")),
  );
  return path;
}

/** Writes scalars to a new event file of `folder`; one file per start of the run. */
export class EventFile {
  readonly path: string;
  readonly #now: () => number;

  /**
   * @param firstStep makes TensorBoard discard entries of earlier starts at this step or later
   * @param now milliseconds since 1970
   */
  constructor(folder: string, firstStep: number, now: () => number = Date.now) {
    this.#now = now;
    this.path = writingToSync(folder, () => createFile(folder, now()));
    const start = new BinaryWriter().tag(1, VARINT).int32(SESSION_START).finish();
    this.#append(event(now() / 1000, firstStep, (writer) => writer.tag(7, BYTES).bytes(start)));
  }

  /** Appends values of one step; tags with a slash are grouped by their first part. */
  write(step: number, scalars: Readonly<Record<string, number>>): void {
    this.#append(event(this.#now() / 1000, step, (writer) => writer.tag(5, BYTES).bytes(summary(scalars))));
  }

  #append(record: Uint8Array): void {
    writingToSync(this.path, () => appendFileSync(this.path, record));
  }
}
