// Tests of the run's log: which lines a resumed run keeps, and that TensorBoard can read the event files.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { METRICS_FILE, RunLog } from "./run-log.ts";
import { crc32c, EventFile } from "./tensorboard.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relata-log-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lines = () => readFileSync(join(folder, METRICS_FILE), "utf8");

describe("RunLog", () => {
  test("appends one JSON object per line", () => {
    const log = RunLog.open(folder);
    log.record({ step: 1, event: "train", loss: 0.5 });
    log.record({ step: 2, event: "evaluation", metrics: { f1: 1 } });
    log.flush();
    log.close();
    expect(log.lines).toBe(2);
    expect(lines()).toBe(
      '{"step":1,"event":"train","loss":0.5}\n{"step":2,"event":"evaluation","metrics":{"f1":1}}\n',
    );
  });

  test("cuts off what was written after the checkpoint, a half-written line included", () => {
    writeFileSync(join(folder, METRICS_FILE), '{"step":1}\n{"step":2}\n{"step":3}\n{"ste');
    const log = RunLog.open(folder, { step: 2, lines: 2 });
    log.record({ step: 3, event: "again" });
    log.close();
    expect(lines()).toBe('{"step":1}\n{"step":2}\n{"step":3,"event":"again"}\n');
  });

  test("tells how many lines are left when somebody removed some", () => {
    writeFileSync(join(folder, METRICS_FILE), '{"step":1}\n{"st');
    const log = RunLog.open(folder, { step: 9, lines: 5 });
    expect(log.lines).toBe(1);
    log.close();
    expect(lines()).toBe('{"step":1}\n');
  });

  test("starts a TensorBoard file of its own at every start", () => {
    RunLog.open(folder).close();
    RunLog.open(folder, { step: 4, lines: 0 }).close();
    const names = readdirSync(join(folder, "tensorboard"));
    expect(names.map((name) => name.slice(-5)).sort()).toEqual([".0000", ".0001"]);
  });
});

describe("EventFile", () => {
  test("computes the checksum of RFC 3720", () => {
    expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  });

  test("frames records and encodes scalars as the protocol says", () => {
    const file = new EventFile(folder, 7, () => 1_700_000_000_500);
    file.write(12, { "train/loss": 0.25, "train/learning-rate": 3e-5 });
    const bytes = readFileSync(file.path);
    const events: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = Number(bytes.readBigUInt64LE(at));
      expect(unmask(bytes.readUInt32LE(at + 8))).toBe(crc32c(bytes.subarray(at, at + 8)));
      const data = bytes.subarray(at + 12, at + 12 + length);
      expect(unmask(bytes.readUInt32LE(at + 12 + length))).toBe(crc32c(data));
      events.push(data);
      at += 16 + length;
    }
    expect(events.map(fields)).toEqual([
      { 1: 1_700_000_000.5, 2: 0, 3: Buffer.from("brain.Event:2") },
      { 1: 1_700_000_000.5, 2: 7, 7: Buffer.from([0x08, 1]) }, // SessionLog { status: START }
      { 1: 1_700_000_000.5, 2: 12, 5: expect.anything() },
    ]);
    const summary = fields(events[2] ?? Buffer.alloc(0))[5] as Buffer;
    const reader = new BinaryReader(summary);
    const values: unknown[] = [];
    while (reader.pos < reader.len) {
      expect(reader.tag()).toEqual([1, WireType.LengthDelimited]);
      values.push(fields(Buffer.from(reader.bytes())));
    }
    expect(values).toEqual([
      { 1: Buffer.from("train/loss"), 2: 0.25 },
      { 1: Buffer.from("train/learning-rate"), 2: Math.fround(3e-5) },
    ]);
  });
});

function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

/** The fields of a message by number; length-delimited ones as bytes. */
function fields(message: Buffer): Record<number, unknown> {
  const reader = new BinaryReader(message);
  const found: Record<number, unknown> = {};
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === WireType.Bit64) found[number] = reader.double();
    else if (type === WireType.Bit32) found[number] = reader.float();
    else if (type === WireType.Varint) found[number] = reader.uint32();
    else found[number] = Buffer.from(reader.bytes());
  }
  return found;
}
