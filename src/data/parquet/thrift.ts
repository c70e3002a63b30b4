// Strict reader for the part of Thrift's compact protocol that Parquet uses: every length is checked against the available bytes.
// hyparquet parses the same bytes without such checks, so footers and page headers are read here first.
// Format: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
import { Malformed } from "./malformed.ts";

export type ThriftValue = boolean | number | bigint | Uint8Array | readonly ThriftValue[] | ThriftStruct;
/** Field values by field id. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;

const MAX_DEPTH = 32; // Parquet's structures nest six deep
const TYPE = {
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  struct: 12,
};

/** The struct that starts at an offset, and the offset after it. @throws Malformed */
export function readThriftStruct(
  bytes: Uint8Array,
  offset = 0,
): { readonly struct: ThriftStruct; readonly end: number } {
  const reader = new CompactReader(bytes, offset);
  const struct = reader.struct(0);
  return { struct, end: reader.offset };
}

class CompactReader {
  readonly #bytes: Uint8Array;
  offset: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.offset = offset;
  }

  struct(depth: number): ThriftStruct {
    if (depth > MAX_DEPTH) throw new Malformed(`structures are nested more than ${MAX_DEPTH} levels deep`);
    const fields = new Map<number, ThriftValue>();
    let id = 0;
    for (;;) {
      const head = this.#byte();
      if ((head & 15) === 0) return fields;
      id = head >> 4 ? id + (head >> 4) : Number(this.#zigzag(5));
      fields.set(id, this.#value(head & 15, depth));
    }
  }

  #value(type: number, depth: number): ThriftValue {
    switch (type) {
      case TYPE.true:
        return true;
      case TYPE.false:
        return false;
      case TYPE.byte:
        return this.#byte();
      case TYPE.i16:
      case TYPE.i32:
        return Number(this.#zigzag(5));
      case TYPE.i64:
        return this.#zigzag(10);
      case TYPE.double:
        this.#take(8);
        return 0; // Parquet has doubles only in geospatial statistics
      case TYPE.binary:
        return this.#take(Number(this.#varint(5)));
      case TYPE.list:
        return this.#list(depth);
      case TYPE.struct:
        return this.struct(depth + 1);
      default:
        throw new Malformed(`a field has the unknown type ${type}`);
    }
  }

  #list(depth: number): readonly ThriftValue[] {
    const head = this.#byte();
    const size = head >> 4 === 15 ? Number(this.#varint(5)) : head >> 4;
    if (size > this.#bytes.length - this.offset) {
      throw new Malformed(`a list claims ${size} elements in ${this.#bytes.length - this.offset} bytes`);
    }
    const type = head & 15;
    const isBoolean = type === TYPE.true || type === TYPE.false; // a byte each, in a list
    return Array.from({ length: size }, () => this.#value(isBoolean ? TYPE.byte : type, depth + 1));
  }

  #take(length: number): Uint8Array {
    const end = this.offset + length;
    if (end > this.#bytes.length)
      throw new Malformed(`a value of ${length} bytes reaches outside its structure`);
    const taken = this.#bytes.subarray(this.offset, end);
    this.offset = end;
    return taken;
  }

  #byte(): number {
    const byte = this.#bytes[this.offset++];
    if (byte === undefined) throw new Malformed("a structure has no end");
    return byte;
  }

  #zigzag(maxBytes: 5 | 10): bigint {
    const folded = this.#varint(maxBytes);
    return (folded >> 1n) ^ -(folded & 1n);
  }

  #varint(maxBytes: 5 | 10): bigint {
    let value = 0n;
    for (let i = 0; i < maxBytes; i++) {
      const byte = this.#byte();
      value |= BigInt(byte & 127) << BigInt(7 * i);
      if (byte >= 128) continue;
      if (value >> (maxBytes === 5 ? 32n : 64n)) break;
      return value;
    }
    throw new Malformed(`a number has more than ${maxBytes === 5 ? 32 : 64} bits`);
  }
}
