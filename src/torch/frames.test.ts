import fc from "fast-check";
import { expect, it } from "vitest";
import { type HostTensor, hostTensor } from "../graph/host-tensor.ts";
import { encodeFrame, type Frame, FrameReader, TensorPacker, unpackTensors } from "./frames.ts";

const frameArbitrary = fc.record({
  header: fc.record({ kind: fc.string(), value: fc.jsonValue() }),
  parts: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }),
});

it("reads the frames that were written, however the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(frameArbitrary, { maxLength: 4 }),
      fc.integer({ min: 1, max: 50 }),
      (frames, size) => {
        const stream = Buffer.concat(frames.flatMap(({ header, parts }) => encodeFrame(header, parts)));
        const reader = new FrameReader();
        const read: Frame[] = [];
        for (let at = 0; at < stream.length; at += size)
          read.push(...reader.push(stream.subarray(at, at + size)));
        expect(read.map(({ header }) => header)).toEqual(
          JSON.parse(JSON.stringify(frames.map(({ header }) => header))),
        );
        expect(read.map(({ payload }) => Buffer.from(payload))).toEqual(
          frames.map(({ parts }) => Buffer.concat(parts)),
        );
      },
    ),
  );
});

it("starts every tensor at a multiple of 64 bytes, which any element type can be read from", () => {
  const packer = new TensorPacker();
  const entries = packer.add({
    flags: hostTensor("bool", [3], Uint8Array.of(1, 0, 1)),
    none: hostTensor("float32", [0, 4], new Float32Array(0)),
    rows: hostTensor("int64", [2], [7, -1]),
  });
  expect(entries.map(([name, , , offset]) => [name, offset])).toEqual([
    ["flags", 0],
    ["none", 64],
    ["rows", 64],
  ]);
  const payload = Buffer.concat(packer.parts);
  expect(payload.length).toBe(packer.bytes);
  expect(payload.readBigInt64LE(64)).toBe(7n);
});

it("takes tensors that follow one another out of a payload", () => {
  const tensors: Record<string, HostTensor> = {
    odd: hostTensor("uint8", [3], Uint8Array.of(1, 2, 3)),
    weights: hostTensor("float32", [2, 1], [0.5, -2]),
  };
  const payload = new Uint8Array(
    Buffer.concat(
      Object.values(tensors).map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
    ),
  );
  const entries = Object.entries(tensors).map(([name, { dtype, shape }]) => [name, dtype, shape] as const);
  expect(unpackTensors(entries, payload)).toEqual(tensors);
});
