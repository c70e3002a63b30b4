import { describe, expect, it } from "vitest";
import { decompress } from "./compression.ts";

/** A zstd frame by hand (RFC 8878): magic, single segment of 8 bytes, a raw block "abc" and a last block that repeats "x" five times. */
const FRAME = [
  0x28,
  0xb5,
  0x2f,
  0xfd,
  0x20,
  8,
  (3 << 3) | 0,
  0,
  0,
  0x61,
  0x62,
  0x63,
  (5 << 3) | 3,
  0,
  0,
  0x78,
];

describe("decompress", () => {
  it("reads zstd, whichever way this Node has it", () => {
    expect(Buffer.from(decompress("ZSTD", Uint8Array.from(FRAME), 8)).toString()).toBe("abcxxxxx");
  });

  it("refuses a zstd page of another size than its header says, and one that is cut", () => {
    for (const [bytes, size] of [
      [FRAME, 7],
      [FRAME, 9],
      [FRAME.slice(0, 11), 8],
      [FRAME.slice(4), 8],
    ] as const) {
      expect(() => decompress("ZSTD", Uint8Array.from(bytes), size)).toThrow(/page/);
    }
  });

  it("names a compression that it does not read", () => {
    expect(() => decompress("LZO", new Uint8Array(3), 3)).toThrow("LZO");
  });
});
