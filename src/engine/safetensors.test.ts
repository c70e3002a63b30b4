import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HostTensor, hostTensor, zeros } from "../graph/host-tensor.ts";
import { readSafetensors, toFloat32, writeSafetensors } from "./safetensors.ts";

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "relata-safetensors-"));
  path = join(folder, "model.safetensors");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A file with this header and this many data bytes, valid or not. */
function forge(header: unknown, dataBytes: number, announced?: number): string {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(announced ?? text.length), true);
  bytes.set(text, 8);
  const forged = join(folder, "forged.safetensors");
  writeFileSync(forged, bytes);
  return forged;
}

const refused = (file: string, problem: string, rest: object = {}) =>
  expect(readSafetensors(file)).rejects.toMatchObject({ code: `engine/safetensors-${problem}`, ...rest });
const floats = (shape: number[], begin: number, end: number) => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

describe("writeSafetensors and readSafetensors", () => {
  it("bring back every dtype, shape, name and the metadata", async () => {
    const tensors: Record<string, HostTensor> = {
      "encoder.weight": hostTensor("float32", [2, 2], [1, -2, 3.5, 4]),
      "half/ü": hostTensor("float16", [2], [0x3c00, 0xc000]),
      brain: hostTensor("bfloat16", [1], [0x3fc0]),
      ids: hostTensor("int64", [2], [-5, 7]),
      count: hostTensor("int32", [], [9]),
      bytes: hostTensor("uint8", [3], [0, 1, 255]),
      signed: hostTensor("int8", [1], [-1]),
      mask: hostTensor("bool", [2], [1, 0]),
      empty: zeros("float32", [0, 3]),
    };
    await writeSafetensors(path, tensors, { format: "pt" });
    const file = await readSafetensors(path);
    expect(file.metadata).toEqual({ format: "pt" });
    expect([...file.names()].sort()).toEqual(Object.keys(tensors).sort());
    for (const [name, tensor] of Object.entries(tensors)) expect(file.tensor(name)).toEqual(tensor);
    expect(file.spec("encoder.weight")).toEqual({ dtype: "float32", shape: [2, 2] });
  });

  it("bring back any tensors", async () => {
    const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text !== "__metadata__");
    const values = fc.array(fc.float({ noNaN: true }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, values), async (entries) => {
        const pairs = Object.entries(entries).map(
          ([key, data]) => [key, hostTensor("float32", [data.length], data)] as const,
        );
        await writeSafetensors(path, Object.fromEntries(pairs));
        const file = await readSafetensors(path);
        expect(file.names().length).toBe(pairs.length);
        for (const [key, tensor] of pairs) expect(file.tensor(key)).toEqual(tensor);
      }),
      { numRuns: 50 },
    );
  });

  it("agree with the bytes that the format's specification asks for", async () => {
    await writeSafetensors(path, { b: hostTensor("uint8", [1], [7]), a: hostTensor("float32", [1], [1]) });
    const bytes = readFileSync(path);
    const header =
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}}';
    const length = Number(bytes.readBigUInt64LE(0));
    expect(length % 8).toBe(0);
    expect(bytes.subarray(8, 8 + length).toString()).toBe(header.padEnd(length, " "));
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 128, 63, 7]);
  });

  it("leave the old file whole and no litter when writing fails", async () => {
    await writeSafetensors(path, { a: hostTensor("float32", [1], [1]) });
    const bad = { dtype: "float32", shape: [2], data: new Float32Array(1) } as HostTensor;
    await expect(writeSafetensors(path, { bad })).rejects.toMatchObject({
      code: "engine/wrong-element-count",
    });
    const reserved = writeSafetensors(path, { __metadata__: hostTensor("float32", [1], [1]) });
    await expect(reserved).rejects.toMatchObject({ code: "engine/safetensors-reserved-name" });
    expect((await readSafetensors(path)).tensor("a").data[0]).toBe(1);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("read a tensor that lies beyond 4 GiB of a sparse file", async () => {
    const far = 5 * 2 ** 30;
    const large = join(folder, "large.safetensors");
    const header = JSON.stringify({
      before: { dtype: "U8", shape: [far], data_offsets: [0, far] },
      after: floats([2], far, far + 8),
    });
    const file = await open(large, "w");
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
    await file.write(length, 0, 8, 0);
    await file.write(new TextEncoder().encode(header), 0, header.length, 8);
    const values = new Uint8Array(Float32Array.of(3, 4).buffer);
    await file.write(values, 0, 8, 8 + header.length + far);
    await file.close();
    expect([...(await readSafetensors(large)).tensor("after").data]).toEqual([3, 4]);
    rmSync(large);
  });
});

describe("readSafetensors refuses", () => {
  it("a file that does not exist", () => refused(join(folder, "missing"), "no-file"));

  it("a header that is too long, cut off, or no JSON object", async () => {
    await refused(forge("{}", 0, 2 ** 40), "header-too-large");
    await refused(forge("{}", 0, 500), "truncated");
    writeFileSync(join(folder, "short"), "abc");
    await refused(join(folder, "short"), "truncated");
    for (const text of ["", "nonsense", "[]", "null", '{"a":'])
      await refused(forge(text, 0), "header-not-json");
    await refused(forge({ __metadata__: { a: 1 } }, 0), "bad-metadata");
  });

  it("a file that was cut off, naming the tensor that is lost", async () => {
    await writeSafetensors(path, { first: zeros("float32", [4]), second: zeros("float32", [4]) });
    truncateSync(path, readFileSync(path).length - 1);
    await refused(path, "truncated", { place: `${path}:second` });
  });

  it("bytes behind the last tensor", () => refused(forge({ a: floats([1], 0, 4) }, 5), "trailing-bytes"));

  it("tensors that overlap or leave gaps", async () => {
    await refused(forge({ a: floats([2], 0, 8), b: floats([1], 4, 8) }, 8), "overlap");
    await refused(forge({ a: floats([1], 0, 4), b: floats([1], 8, 12) }, 12), "gap");
    await refused(forge({ a: floats([1], 4, 8) }, 8), "gap");
  });

  it("offsets that are not a range", async () => {
    for (const offsets of [[4, 0], [-4, 0], [0.5, 4.5], [0], [0, 2 ** 60], "0-4", null]) {
      await refused(forge({ a: { dtype: "F32", shape: [1], data_offsets: offsets } }, 4), "out-of-range");
    }
  });

  it("a size that differs from shape times dtype", async () => {
    const forged = forge({ "layer.weight": floats([3], 0, 8) }, 8);
    await refused(forged, "wrong-size", { place: `${forged}:layer.weight` });
    await refused(forge({ a: floats([2 ** 40, 2 ** 40], 0, 8) }, 8), "wrong-size");
  });

  it("entries that are not tensors", async () => {
    await refused(forge({ a: 5 }, 0), "bad-entry");
    await refused(forge({ a: { dtype: "F32", shape: [-1], data_offsets: [0, 4] } }, 4), "bad-entry");
    await refused(forge({ a: { dtype: "F31", shape: [1], data_offsets: [0, 4] } }, 4), "unknown-dtype");
    await refused(forge({ a: { shape: [1], data_offsets: [0, 4] } }, 4), "unknown-dtype");
  });

  it("a name that occurs twice, also when it is spelt with an escape", async () => {
    const entry = JSON.stringify(floats([1], 0, 4));
    await refused(forge(`{"a":${entry},"a":${entry}}`, 4), "duplicate-name");
    await refused(forge(`{ "a" : ${entry} , "\\u0061" : ${entry} }`, 4), "duplicate-name");
    const nested = forge(
      `{"dtype":${JSON.stringify(floats([1], 0, 4))},"shape":${JSON.stringify(floats([1], 4, 8))}}`,
      8,
    );
    expect((await readSafetensors(nested)).names()).toEqual(["dtype", "shape"]);
  });

  it("any damaged file with an error of its own, never with a crash or a wrong tensor", async () => {
    await writeSafetensors(path, { a: hostTensor("float32", [2], [1, 2]), b: hostTensor("int64", [1], [3]) });
    const bytes = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const damaged = Uint8Array.from(bytes);
        damaged[at]! ^= flip; // `at` is within
        const target = join(folder, "damaged.safetensors");
        writeFileSync(target, damaged);
        try {
          const file = await readSafetensors(target);
          for (const name of file.names()) file.tensor(name);
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^engine\/safetensors-/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("a tensor that is not there, of another type, or in a file that has changed", async () => {
    await writeSafetensors(path, { a: zeros("float32", [4]) });
    const file = await readSafetensors(path);
    expect(() => file.tensor("b")).toThrow(/tensor "b": it is not in the file/);
    const doubles = await readSafetensors(
      forge({ d: { dtype: "F64", shape: [1], data_offsets: [0, 8] } }, 8),
    );
    expect(doubles.names()).toEqual(["d"]);
    expect(() => doubles.tensor("d")).toThrow(/F64 elements are not supported/);
    await writeSafetensors(path, { a: zeros("float32", [5]) });
    expect(() => file.tensor("a")).toThrow(/changed since it was opened/);
  });
});

describe("toFloat32", () => {
  it("returns float32 tensors as they are", () => {
    const tensor = hostTensor("float32", [1], [1.5]);
    expect(toFloat32(tensor)).toBe(tensor);
  });

  it("widens halves exactly, with subnormals and infinities", () => {
    const half = hostTensor("float16", [7], [0x3c00, 0xc000, 0x0001, 0x03ff, 0x7bff, 0x7c00, 0xfc00]);
    const expected = [
      1,
      -2,
      2 ** -24,
      1023 * 2 ** -24,
      65504,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ];
    expect([...toFloat32(half).data]).toEqual(expected);
    expect(toFloat32(hostTensor("float16", [1], [0x7e00])).data[0]).toBeNaN();
    expect(Object.is(toFloat32(hostTensor("float16", [1], [0x8000])).data[0], -0)).toBe(true);
    expect([...toFloat32(hostTensor("bfloat16", [2], [0x3fc0, 0xff80])).data]).toEqual([
      1.5,
      Number.NEGATIVE_INFINITY,
    ]);
  });

  it("converts integers and booleans", () => {
    expect([...toFloat32(hostTensor("int64", [2], [-3, 4])).data]).toEqual([-3, 4]);
    expect([...toFloat32(hostTensor("bool", [2], [1, 0])).data]).toEqual([1, 0]);
    expect([...toFloat32(hostTensor("int8", [1], [-128])).data]).toEqual([-128]);
  });
});
