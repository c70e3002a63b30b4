// Messages between relata and the program for PyTorch: a header in JSON and bytes, each with its length in front.

import type { DType } from "../graph/host-tensor.ts";
import { arrayClass, elementCount, type HostTensor } from "../graph/host-tensor.ts";

/** The header of a message: its kind and anything else. */
export type Header = { readonly kind: string } & Readonly<Record<string, unknown>>;

export interface Frame {
  readonly header: Header;
  readonly payload: Uint8Array<ArrayBuffer>;
}

const PREFIX_BYTES = 12; // uint32 length of the header, uint64 length of the payload

/** A frame's bytes as chunks to be written one after another; `parts` are not copied. */
export function encodeFrame(header: Header, parts: readonly Uint8Array[] = []): Uint8Array[] {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(PREFIX_BYTES + text.length);
  const view = new DataView(head.buffer);
  view.setUint32(0, text.length, true);
  view.setBigUint64(4, BigInt(parts.reduce((sum, { byteLength }) => sum + byteLength, 0)), true);
  head.set(text, PREFIX_BYTES);
  return [head, ...parts];
}

/** Puts frames together from the chunks of a stream. */
export class FrameReader {
  #wanted: "prefix" | "header" | "payload" = "prefix";
  #buffer = new Uint8Array(PREFIX_BYTES);
  #filled = 0;
  #payloadBytes = 0;
  #header: Header | undefined;

  /** Takes the next chunk of the stream and returns the frames that it completes. */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let at = 0;
    for (;;) {
      const count = Math.min(chunk.length - at, this.#buffer.length - this.#filled);
      this.#buffer.set(chunk.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled < this.#buffer.length) return frames;
      const frame = this.#advance();
      if (frame) frames.push(frame);
    }
  }

  /** Interprets the full buffer and prepares the next one; returns a frame if it was the last part of one. */
  #advance(): Frame | undefined {
    const full = this.#buffer;
    switch (this.#wanted) {
      case "prefix": {
        const view = new DataView(full.buffer);
        this.#payloadBytes = Number(view.getBigUint64(4, true));
        this.#expect("header", view.getUint32(0, true));
        return undefined;
      }
      case "header":
        this.#header = JSON.parse(new TextDecoder().decode(full)) as Header;
        this.#expect("payload", this.#payloadBytes);
        return undefined;
      case "payload": {
        const header = this.#header as Header; // read before the payload
        this.#expect("prefix", PREFIX_BYTES);
        return { header, payload: full };
      }
      default:
        return this.#wanted satisfies never;
    }
  }

  #expect(what: "prefix" | "header" | "payload", bytes: number): void {
    this.#wanted = what;
    this.#buffer = new Uint8Array(bytes);
    this.#filled = 0;
  }
}

/** Name, element type, shape and the offset of the first byte in the payload. */
export type TensorEntry = readonly [name: string, dtype: DType, shape: readonly number[], offset: number];

const ALIGNMENT = 64; // any tensor may start there

/** Tensors one after another in the payload of a message, each aligned to 64 bytes. Their memory is not copied. */
export class TensorPacker {
  readonly parts: Uint8Array[] = [];
  bytes = 0;

  /** Appends tensors and returns where they are. */
  add(tensors: Readonly<Record<string, HostTensor>>): TensorEntry[] {
    return Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
      const offset = this.bytes;
      this.#append(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      const padding = (ALIGNMENT - (this.bytes % ALIGNMENT)) % ALIGNMENT;
      if (padding > 0) this.#append(new Uint8Array(padding));
      return [name, dtype, shape, offset];
    });
  }

  #append(part: Uint8Array): void {
    this.parts.push(part);
    this.bytes += part.byteLength;
  }
}

/** Tensors that follow one another in a payload without gaps. */
export function unpackTensors(
  entries: readonly (readonly [name: string, dtype: DType, shape: readonly number[]])[],
  payload: Uint8Array<ArrayBuffer>,
): Record<string, HostTensor> {
  const tensors: Record<string, HostTensor> = {};
  let offset = 0;
  for (const [name, dtype, shape] of entries) {
    const Class = arrayClass(dtype);
    const end = offset + elementCount(shape) * Class.BYTES_PER_ELEMENT;
    const bytes = payload.slice(offset, end); // a copy is aligned
    tensors[name] = { dtype, shape, data: new Class(bytes.buffer) };
    offset = end;
  }
  return tensors;
}
