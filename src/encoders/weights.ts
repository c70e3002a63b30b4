// Loads an encoder's weights from safetensors as float32, with the names and shapes that its graph declares.

import { EncoderError } from "../base/errors.ts";
import { someOf } from "../base/some-of.ts";
import { toFloat32 } from "../engine/safetensors.ts";
import { formatShape } from "../graph/dimension.ts";
import { elementCount, type HostTensor, zeros } from "../graph/host-tensor.ts";
import type { ParameterDeclaration } from "../nn/parameter-scope.ts";
import { matchWeightNames } from "./weight-names.ts";
import type { WeightSource } from "./weight-source.ts";

export { openWeights } from "./weight-source.ts";

const MAX_NAMES_IN_MESSAGE = 5;
const FLOATS = ["float32", "float16", "bfloat16"];

export interface WeightLoadOptions {
  /** A prefix of the declared names that is not in the file, e.g. "text" for `text.encoder.layer.0...`. */
  readonly scopePrefix?: string | undefined;
  /**
   * Extra rows of a table, by declared name, after the rows of the file: for tokens added to a vocabulary.
   */
  readonly newRows?: Readonly<Record<string, Float32Array>> | undefined;
  /** Where to write a weight; by default each gets a new array. */
  readonly into?: ((declaration: ParameterDeclaration) => HostTensor<"float32">) | undefined;
}

export interface LoadedWeights {
  /** By declared name. */
  readonly weights: ReadonlyMap<string, HostTensor<"float32">>;
  /** Tensors of the file that the graph does not use, such as other heads and position buffers. */
  readonly ignored: readonly string[];
}

/**
 * Reads the weights of `declarations` from `file`, converted from F16 and BF16 where needed. Prefixes such as "bert." and
 * "model." and old spellings are matched; heads that are not in the graph are skipped and reported.
 *
 * @throws EncoderError `encoder/missing-weight`, `encoder/wrong-weight-shape`, `encoder/wrong-weight-dtype`, `encoder/weight-not-finite`
 */
export function loadWeights(
  declarations: Iterable<ParameterDeclaration>,
  file: WeightSource,
  options: WeightLoadOptions = {},
): LoadedWeights {
  const { scopePrefix = "" } = options;
  const inScope = scopePrefix === "" ? "" : `${scopePrefix}.`;
  const wanted = new Map<string, ParameterDeclaration>();
  for (const declaration of declarations) {
    if (declaration.name.startsWith(inScope)) wanted.set(declaration.name.slice(inScope.length), declaration);
  }
  const { found, missing, ignored } = matchWeightNames([...wanted.keys()], file.names());
  if (missing.length > 0) throw missingWeights(missing, wanted.size, file);
  const weights = new Map<string, HostTensor<"float32">>();
  for (const [name, declaration] of wanted) {
    weights.set(declaration.name, loadOne(declaration, file, found.get(name) as string, options));
  }
  return { weights, ignored };
}

function loadOne(
  declaration: ParameterDeclaration,
  file: WeightSource,
  nameInFile: string,
  { newRows, into }: WeightLoadOptions,
): HostTensor<"float32"> {
  const { name, shape } = declaration;
  const stored = file.spec(nameInFile);
  if (!FLOATS.includes(stored.dtype)) {
    throw new EncoderError({
      code: "encoder/wrong-weight-dtype",
      message: `'${nameInFile}' in ${file.path} is ${stored.dtype}, but a weight must be ${FLOATS.join(" or ")}`,
      place: `${file.path}: ${nameInFile}`,
      remedy: "Use the model that is not quantised.",
      value: stored.dtype,
    });
  }
  const added = newRows?.[name] ?? new Float32Array(0);
  const addedRows = added.length / elementCount(shape.slice(1));
  const wantedShape = [(shape[0] ?? 1) - addedRows, ...shape.slice(1)];
  const fits =
    shape.length === 0 ? stored.shape.length === 0 : formatShape(stored.shape) === formatShape(wantedShape);
  if (!fits) {
    const rows = addedRows > 0 ? ` and ${addedRows} new rows` : "";
    throw new EncoderError({
      code: "encoder/wrong-weight-shape",
      message: `'${nameInFile}' has the shape ${formatShape(stored.shape)} in the file${rows}, but the model needs '${name}' with ${formatShape(shape)}`,
      place: `${file.path}: ${nameInFile}`,
      remedy: "Use the config.json that was saved with the file.",
      value: stored.shape,
    });
  }
  const converted = toFloat32(file.tensor(nameInFile));
  if (!WORD_TABLE.test(name)) checkFinite(converted.data, nameInFile, file.path);
  if (into === undefined && added.length === 0) return { ...converted, shape };
  const target = into?.(declaration) ?? zeros("float32", shape);
  target.data.set(converted.data);
  target.data.set(added, converted.data.length);
  return target;
}

/** Rows for tokens that were never trained may hold anything; they matter only to texts with such a token. */
const WORD_TABLE = /(?:word|tok|token)_embeddings?\.weight$/;

/** @throws EncoderError `encoder/weight-not-finite` */
function checkFinite(values: Float32Array, name: string, path: string): void {
  // A number times zero is zero, or NaN if it is not finite: one pass without a branch.
  let zero = 0;
  for (const value of values) zero += value * 0;
  if (zero === 0) return;
  const at = values.findIndex((value) => !Number.isFinite(value));
  const count = values.reduce((total, value) => (Number.isFinite(value) ? total : total + 1), 0);
  throw new EncoderError({
    code: "encoder/weight-not-finite",
    message: `'${name}' in ${path} has ${count} of ${values.length} elements that are NaN or infinite; the first is element ${at}`,
    place: `${path}: ${name}`,
    remedy:
      "The model was damaged when it was trained or converted: download it again, or use an earlier checkpoint of it.",
    value: values[at],
  });
}

function missingWeights(missing: readonly string[], wanted: number, file: WeightSource): EncoderError {
  const some = someOf(
    missing.map((name) => `'${name}'`),
    MAX_NAMES_IN_MESSAGE,
  );
  const first = file.names().slice(0, MAX_NAMES_IN_MESSAGE).join(", ");
  return new EncoderError({
    code: "encoder/missing-weight",
    message: `${missing.length} of ${wanted} weights are not in ${file.path}: ${some}`,
    place: file.path,
    remedy: `Use the weights that belong to config.json; the first tensor in this file is ${first}.`,
    value: missing,
  });
}
