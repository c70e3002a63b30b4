// Finds the external weight files of an ONNX file: any initializer, including those of subgraphs and
// attributes, may name one. Walks the file field by field and skips irrelevant fields, so that its size
// does not matter.

import { readSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { ErrorCode } from "../base/codes/error-code.ts";
import { EncoderError } from "../base/errors.ts";
import { openRegularFile, statRegularFile } from "../base/regular-file.ts";
import { encoderFileFailure } from "./json-file.ts";

/** An external weight file of an ONNX file. */
export interface ExternalWeights {
  /** As the ONNX file writes it, relative to its folder. */
  readonly location: string;
  readonly path: string;
}

/** By message, the fields that lead to tensors; field numbers of the ONNX format. */
const FIELDS = {
  model: { 7: "graph", 20: "training", 25: "function" },
  training: { 1: "graph", 2: "graph" },
  function: { 7: "node", 11: "attribute" },
  graph: { 1: "node", 5: "tensor", 15: "sparse" },
  node: { 5: "attribute" },
  attribute: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse" },
  sparse: { 1: "tensor", 2: "tensor" },
  tensor: { 8: "name", 13: "entry", 14: "place" },
  entry: { 1: "key", 2: "value" },
} as const satisfies Record<string, Record<number, string>>;
type Message = keyof typeof FIELDS;

const MAX_DEPTH = 100;
/** Maximum length of names and entries; a longer one is not a path. */
const MAX_TEXT_BYTES = 4096;
const WINDOW_BYTES = 2 ** 16;
const EXTERNAL = 1; // TensorProto.DataLocation

/** Location of one tensor's data. */
interface TensorPlace {
  name: string;
  isExternal: boolean;
  readonly entries: Map<string, string>;
}

/**
 * Lists the external weight files of an ONNX file, each once, by location; empty if all weights are in the
 * file itself.
 *
 * @throws EncoderError `encoder/broken-onnx`, `encoder/external-weights-outside` (a location outside the
 * file's folder),
 * `encoder/no-external-weights` (naming all that are missing), `encoder/external-weights-too-short`, and
 * the codes of unreadable files
 */
export async function externalWeights(model: string): Promise<readonly ExternalWeights[]> {
  const tensors = await externalTensors(model);
  const needs = new Map<string, number>();
  for (const { name, entries } of tensors) {
    const location = checkLocation(entries.get("location"), name, model);
    const [offset, length] = ["offset", "length"].map((key) => byteCount(entries.get(key), key, name, model));
    needs.set(location, Math.max(needs.get(location) ?? 0, (offset ?? 0) + (length ?? 0)));
  }
  const files = [...needs.keys()]
    .sort()
    .map((location) => ({ location, path: resolve(dirname(model), location) }));
  const absent: string[] = [];
  for (const { location, path } of files) {
    const { size } = await statRegularFile(path, (fault) => {
      if (fault.kind === "absent") return new Absent();
      return encoderFileFailure(path)(fault);
    }).catch((error: unknown) => {
      if (!(error instanceof Absent)) throw error;
      absent.push(location);
      return { size: Number.POSITIVE_INFINITY };
    });
    const needed = needs.get(location) ?? 0;
    if (size < needed) {
      throw broken(
        "encoder/external-weights-too-short",
        model,
        `${path} has ${size} bytes, but ${model} needs weights up to byte ${needed}`,
      );
    }
  }
  if (absent.length > 0) {
    throw new EncoderError({
      code: "encoder/no-external-weights",
      message: `${model} keeps weights in ${absent.join(", ")}, which its folder does not contain`,
      place: model,
      value: absent,
      remedy: "Put the files where the ONNX file names them, relative to its folder, under these names.",
    });
  }
  return files;
}

class Absent extends Error {}

/** The tensors of a model with external data. */
async function externalTensors(model: string): Promise<readonly TensorPlace[]> {
  const file = await openRegularFile(model, encoderFileFailure(model));
  try {
    const { size } = await file.stat();
    const walk = new Walk(file.fd, size, () =>
      broken("encoder/broken-onnx", model, `${model} is not a complete ONNX file`),
    );
    walk.message("model", 0, size, 0);
    return walk.external;
  } finally {
    await file.close();
  }
}

/** Reads the messages of a file by position. */
class Walk {
  readonly external: TensorPlace[] = [];
  readonly #file: number;
  readonly #size: number;
  readonly #fault: () => EncoderError;
  readonly #window = Buffer.alloc(WINDOW_BYTES);
  #windowStart = 0;
  #windowLength = 0;
  #at = 0;

  constructor(file: number, size: number, fault: () => EncoderError) {
    this.#file = file;
    this.#size = size;
    this.#fault = fault;
  }

  message(kind: Message, start: number, end: number, depth: number, tensor?: TensorPlace): void {
    if (depth > MAX_DEPTH) throw this.#fault();
    const place =
      kind === "tensor" ? { name: "", isExternal: false, entries: new Map<string, string>() } : tensor;
    const texts: Record<string, string> = {};
    this.#at = start;
    while (this.#at < end) {
      const tag = this.#varint();
      const field = (FIELDS[kind] as Readonly<Record<number, string>>)[Math.floor(tag / 8)];
      const type = tag % 8;
      if (type === 0) {
        const value = this.#varint();
        if (field === "place" && place) place.isExternal = value === EXTERNAL;
      } else if (type === 1) this.#at += 8;
      else if (type === 5) this.#at += 4;
      else if (type === 2) {
        const length = this.#varint();
        const from = this.#at;
        const to = from + length;
        if (to > end) throw this.#fault();
        if (field !== undefined && field in FIELDS)
          this.message(field as Message, from, to, depth + 1, place);
        else if (field !== undefined) texts[field] = this.#text(from, length);
        this.#at = to;
      } else throw this.#fault(); // groups are not used by the format
    }
    if (this.#at !== end) throw this.#fault();
    if (kind === "entry") tensor?.entries.set(texts.key ?? "", texts.value ?? "");
    if (kind === "tensor" && place?.isExternal) this.external.push({ ...place, name: texts.name ?? "" });
  }

  #varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 63; factor *= 128) {
      const byte = this.#byte();
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
    throw this.#fault();
  }

  #byte(): number {
    const inWindow = this.#at - this.#windowStart;
    if (inWindow < 0 || inWindow >= this.#windowLength) {
      if (this.#at >= this.#size) throw this.#fault();
      this.#windowStart = this.#at;
      this.#windowLength = readSync(this.#file, this.#window, 0, WINDOW_BYTES, this.#at);
      if (this.#windowLength === 0) throw this.#fault();
      return this.#byte();
    }
    this.#at++;
    return this.#window[inWindow] as number;
  }

  #text(from: number, length: number): string {
    const bytes = Buffer.alloc(Math.min(length, MAX_TEXT_BYTES));
    this.#at = from;
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#byte();
    return bytes.toString("utf8");
  }
}

function checkLocation(location: string | undefined, tensor: string, model: string): string {
  const parts = location?.split(/[\\/]/) ?? [];
  const isInside =
    location !== undefined &&
    location !== "" &&
    !location.includes("\0") &&
    !/^([\\/]|[A-Za-z]:)/.test(location) &&
    !parts.includes("..");
  if (isInside) return location;
  throw new EncoderError({
    code: "encoder/external-weights-outside",
    message: `${model} keeps the weights ${JSON.stringify(tensor)} in ${JSON.stringify(location ?? "")}, which is not a path below its folder`,
    place: model,
    value: location,
    remedy: "Do not use this file, or save it again with its weights in the same folder.",
  });
}

function byteCount(text: string | undefined, key: string, tensor: string, model: string): number | undefined {
  if (text === undefined || text === "") return undefined;
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw broken(
    "encoder/broken-onnx",
    model,
    `the ${key} ${JSON.stringify(text)} of the weights ${JSON.stringify(tensor)} in ${model} is not a number of bytes`,
  );
}

function broken(code: ErrorCode, model: string, message: string): EncoderError {
  return new EncoderError({
    code,
    message,
    place: model,
    remedy: "Download or export the model again, with all of its files.",
  });
}
