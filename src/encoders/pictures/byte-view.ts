// Bytes of a file with the reads that headers need, in Node and in a web page alike. A read beyond the end throws a RangeError.

/** A view of bytes; like `Uint8Array`, its parts are views of the same memory. */
export class ByteView extends Uint8Array<ArrayBuffer> {
  /** The same bytes, not copied. */
  static around(bytes: Uint8Array): ByteView {
    return new ByteView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  }

  /** A copy. */
  static copy(bytes: ArrayLike<number>): ByteView {
    const view = new ByteView(new ArrayBuffer(bytes.length));
    view.set(bytes);
    return view;
  }

  static join(parts: readonly Uint8Array[]): ByteView {
    const whole = new ByteView(new ArrayBuffer(parts.reduce((sum, { length }) => sum + length, 0)));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  readUInt16BE(at: number): number {
    return this.#data.getUint16(at);
  }

  readUInt16LE(at: number): number {
    return this.#data.getUint16(at, true);
  }

  /** Three bytes. */
  readUInt24LE(at: number): number {
    return this.#data.getUint16(at, true) + 0x10000 * this.#data.getUint8(at + 2);
  }

  readUInt32BE(at: number): number {
    return this.#data.getUint32(at);
  }

  readUInt32LE(at: number): number {
    return this.#data.getUint32(at, true);
  }

  readBigUInt64BE(at: number): bigint {
    return this.#data.getBigUint64(at);
  }

  /** The bytes from `from` to `to` as characters of the same number; what is beyond the end is left out. */
  latin1(from: number, to: number): string {
    let text = "";
    for (let at = from; at < Math.min(to, this.length); at++) text += String.fromCharCode(this[at] as number);
    return text;
  }

  writeUInt32LE(value: number, at: number): void {
    this.#data.setUint32(at, value, true);
  }

  writeLatin1(text: string, at: number): void {
    for (let i = 0; i < text.length; i++) this[at + i] = text.charCodeAt(i);
  }

  get #data(): DataView {
    return new DataView(this.buffer, this.byteOffset, this.byteLength);
  }
}
