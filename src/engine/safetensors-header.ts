// The header of a safetensors file: the names and places of its tensors, checked so that an inconsistent file is refused with a reason.
import type { ErrorCode } from "../base/codes/error-code.ts";
import { EngineError } from "../base/errors.ts";
import { isFields } from "../base/fields.ts";
import type { DType } from "../graph/host-tensor.ts";

/** Larger headers are refused unread; a model of 100,000 tensors needs 11 MB. */
export const MAX_HEADER_BYTES = 25_000_000;
/** The file begins with the header's length, 64 bits little-endian. */
export const LENGTH_BYTES = 8;

interface StoredType {
  readonly bits: number;
  /** Absent for element types that relata does not handle; such tensors can be listed but not read. */
  readonly dtype?: DType;
}

export const STORED_TYPES: ReadonlyMap<string, StoredType> = new Map<string, StoredType>([
  ["F32", { bits: 32, dtype: "float32" }],
  ["F16", { bits: 16, dtype: "float16" }],
  ["BF16", { bits: 16, dtype: "bfloat16" }],
  ["I64", { bits: 64, dtype: "int64" }],
  ["I32", { bits: 32, dtype: "int32" }],
  ["I8", { bits: 8, dtype: "int8" }],
  ["U8", { bits: 8, dtype: "uint8" }],
  ["BOOL", { bits: 8, dtype: "bool" }],
  ["F64", { bits: 64 }],
  ["I16", { bits: 16 }],
  ["U16", { bits: 16 }],
  ["U32", { bits: 32 }],
  ["U64", { bits: 64 }],
  ["F8_E5M2", { bits: 8 }],
  ["F8_E4M3", { bits: 8 }],
  ["F8_E8M0", { bits: 8 }],
  ["F6_E2M3", { bits: 6 }],
  ["F6_E3M2", { bits: 6 }],
  ["F4", { bits: 4 }],
  ["C64", { bits: 64 }],
]);

export interface StoredTensor {
  readonly storedType: string;
  readonly dtype: DType | undefined;
  readonly shape: readonly number[];
  /** Bytes from the start of the data section, half-open. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Length of the data section, which the tensors cover without gaps. */
  readonly dataBytes: number;
}

type SafetensorsCode = Extract<ErrorCode, `engine/safetensors-${string}`>;

/** The error for a file, or for a tensor in it. */
export function safetensorsError(
  code: SafetensorsCode,
  file: string,
  message: string,
  details: { tensor?: string; remedy?: string; value?: unknown; cause?: unknown } = {},
): EngineError {
  const { tensor, remedy, value, cause } = details;
  return new EngineError({
    code,
    message: `${file}${tensor === undefined ? "" : `: tensor "${tensor}"`}: ${message}`,
    place: tensor === undefined ? file : `${file}:${tensor}`,
    value,
    remedy:
      remedy ??
      "The file is damaged or was not written by a safetensors library: download or export it again.",
    cause,
  });
}

/** Parses and checks the header's text. */
export function parseHeader(text: string, file: string): SafetensorsHeader {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw safetensorsError("engine/safetensors-header-not-json", file, "the header is not JSON", { cause });
  }
  if (!isFields(json))
    throw safetensorsError("engine/safetensors-header-not-json", file, "the header is not a JSON object");
  checkDuplicates(text, file);
  const tensors = new Map<string, StoredTensor>();
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, entry] of Object.entries(json)) {
    if (name === "__metadata__") metadata = checkMetadata(entry, file);
    else tensors.set(name, parseEntry(entry, name, file));
  }
  return { tensors, metadata, dataBytes: checkLayout(tensors, file) };
}

function checkMetadata(value: unknown, file: string): Readonly<Record<string, string>> {
  if (isFields(value) && Object.values(value).every((text) => typeof text === "string")) {
    return value as Record<string, string>;
  }
  throw safetensorsError(
    "engine/safetensors-bad-metadata",
    file,
    "__metadata__ is not a map from strings to strings",
  );
}

function parseEntry(entry: unknown, name: string, file: string): StoredTensor {
  const fault = (code: SafetensorsCode, message: string, value: unknown): EngineError =>
    safetensorsError(code, file, message, { tensor: name, value });
  if (!isFields(entry))
    throw fault("engine/safetensors-bad-entry", "its header entry is not an object", entry);
  const { dtype, shape, data_offsets: offsets } = entry;
  const type = typeof dtype === "string" ? STORED_TYPES.get(dtype) : undefined;
  if (typeof dtype !== "string" || type === undefined) {
    throw fault("engine/safetensors-unknown-dtype", `its dtype ${JSON.stringify(dtype)} is unknown`, dtype);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw fault(
      "engine/safetensors-bad-entry",
      `its shape ${JSON.stringify(shape)} is not a list of sizes`,
      shape,
    );
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize) || offsets[0] > offsets[1]) {
    throw fault(
      "engine/safetensors-out-of-range",
      `its data_offsets ${JSON.stringify(offsets)} are not a range`,
      offsets,
    );
  }
  const [begin, end] = offsets as [number, number];
  const bits = (shape as number[]).reduce((product, size) => product * size, type.bits);
  if (bits !== (end - begin) * 8) {
    const needed = bits / 8;
    throw fault(
      "engine/safetensors-wrong-size",
      `${dtype} [${shape.join(", ")}] takes ${needed} bytes, but its data_offsets say ${end - begin}`,
      end - begin,
    );
  }
  return { storedType: dtype, dtype: type.dtype, shape: shape as number[], begin, end };
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Throws unless the tensors cover the data section once, without gaps; returns its length. */
function checkLayout(tensors: ReadonlyMap<string, StoredTensor>, file: string): number {
  let covered = 0;
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  for (const [name, { begin, end }] of inOrder) {
    if (begin < covered) {
      throw safetensorsError(
        "engine/safetensors-overlap",
        file,
        `it begins at byte ${begin}, but the tensor before it ends at ${covered}`,
        {
          tensor: name,
          value: begin,
        },
      );
    }
    if (begin > covered) {
      throw safetensorsError(
        "engine/safetensors-gap",
        file,
        `the bytes ${covered} to ${begin} before it do not belong to any tensor`,
        {
          tensor: name,
          value: begin,
        },
      );
    }
    covered = end;
  }
  return covered;
}

/** Finds duplicate names: JSON.parse silently keeps only the last, and the other tensor would be lost. */
function checkDuplicates(text: string, file: string): void {
  const seen = new Set<string>();
  let depth = 0;
  let expectName = false; // the next string at depth 1 is a name
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') {
      const start = i++;
      while (text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
      if (depth === 1 && expectName) {
        const name = JSON.parse(text.slice(start, i + 1)) as string;
        if (seen.has(name)) {
          throw safetensorsError(
            "engine/safetensors-duplicate-name",
            file,
            "its name occurs twice in the header",
            {
              tensor: name,
            },
          );
        }
        seen.add(name);
        expectName = false;
      }
    } else if (c === "{" || c === "[") {
      depth++;
      if (depth === 1) expectName = true;
    } else if (c === "}" || c === "]") depth--;
    else if (c === "," && depth === 1) expectName = true;
  }
}
