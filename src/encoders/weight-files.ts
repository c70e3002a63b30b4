// Chooses a folder's weight files: by their usual name, or the only ones with another name.
import { EncoderError } from "../base/errors.ts";
import { WEIGHT_INDEX_FILE } from "./weight-index.ts";

/** The weight file of a folder in the Hugging Face layout. */
export const WEIGHT_FILE = "model.safetensors";

/** One file with all weights, or the index of several. */
export interface WeightChoice {
  readonly kind: "file" | "index";
  readonly name: string;
}

/** `model.safetensors.index.json`, and with a variant's name `model.safetensors.index.fp16.json`. */
const INDEX_NAME = /\.safetensors\.index(\.\w+)?\.json$/;
const PART_NAME = /-(\d{5})-of-(\d{5})\./;
/** Adapters from parameter-efficient training: differences to a base model, which is elsewhere. */
const ADAPTER_NAME = /(^|[._-])(adapter|lora)([._-]|$).*\.safetensors$/i;
/** Training state. */
const STATE_NAME = /^(optimizer|scheduler|random_states)\b.*\.safetensors$/;

/** Unsupported weight formats, with a remedy for each. */
const OTHER_FORMATS: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [
    /\.(bin|pt|pth|ckpt)$/,
    `Pickle files (.bin, .pt) are never read, because they can run code. If you trust the file, convert it once in Python: from transformers import AutoModel; AutoModel.from_pretrained("FOLDER").save_pretrained("NEW-FOLDER"). Then copy the other files beside it.`,
  ],
  [
    /\.(h5|msgpack)$/,
    `Convert it once in Python with transformers 4: from transformers import AutoModel; AutoModel.from_pretrained("FOLDER", from_tf=True).save_pretrained("NEW-FOLDER"), with from_flax=True for .msgpack. Then copy the other files beside it.`,
  ],
  [
    /\.onnx$/,
    "An encoder needs safetensors files. A picture encoder may also be an ONNX file, described by a .json file (docs/your-data.md).",
  ],
];
const SAFETENSORS_REMEDY = "Download the model as safetensors.";
export const ADAPTER_REMEDY =
  "An adapter contains only the changes to its base model. Merge the two in Python with merge_and_unload(), save the result and pass that folder.";
const MAX_NAMED_FILES = 12;

/**
 * Chooses the weights among `available`: model.safetensors, its index, or the only other weights.
 *
 * @throws EncoderError `encoder/no-weights`, `encoder/ambiguous-weights`
 */
export function chooseWeights(available: ReadonlySet<string>, place: string): WeightChoice {
  if (available.has(WEIGHT_FILE)) return { kind: "file", name: WEIGHT_FILE };
  if (available.has(WEIGHT_INDEX_FILE)) return { kind: "index", name: WEIGHT_INDEX_FILE };
  const names = [...available].sort();
  const files = names.filter((name) => name.endsWith(".safetensors") && isWhole(name));
  const choices: WeightChoice[] = [
    ...files.map((name): WeightChoice => ({ kind: "file", name })),
    ...names.filter((name) => INDEX_NAME.test(name)).map((name): WeightChoice => ({ kind: "index", name })),
  ];
  const [choice, ...others] = choices;
  if (choice === undefined) throw noWeights(names, place);
  if (others.length === 0) return choice;
  const list = choices.map(({ name }) => name).join(", ");
  throw new EncoderError({
    code: "encoder/ambiguous-weights",
    message: `${place} has no ${WEIGHT_FILE}, but several other weight files: ${list}`,
    place,
    value: choices.map(({ name }) => name),
    remedy: `Make a folder with one of them, renamed to ${WEIGHT_FILE}, and the other files of the model, and pass its path.`,
  });
}

/** A note about weights with an unusual name; undefined for the usual one. */
export function describeChoice(weights: readonly string[], index: string | undefined): string | undefined {
  const name = index ?? weights[0];
  if (name === undefined || name === WEIGHT_FILE || name === WEIGHT_INDEX_FILE) return undefined;
  return `its weights are read from ${name}, because there is no ${WEIGHT_FILE}`;
}

/** Whether a file may contain a whole model: it is not an adapter, training state, or one of several parts. */
function isWhole(name: string): boolean {
  const part = PART_NAME.exec(name);
  if (part !== null && Number(part[2]) !== 1) return false;
  return !ADAPTER_NAME.test(name) && !STATE_NAME.test(name);
}

function noWeights(names: readonly string[], place: string): EncoderError {
  const adapters = names.filter((name) => ADAPTER_NAME.test(name));
  const parts = names.filter((name) => name.endsWith(".safetensors") && PART_NAME.test(name));
  let [found, remedy]: [readonly string[], string] = [[], SAFETENSORS_REMEDY];
  if (adapters.length > 0) {
    found = adapters;
    remedy = ADAPTER_REMEDY;
  } else if (parts.length > 0) {
    found = parts;
    remedy = `Add the index of these parts too (${WEIGHT_INDEX_FILE}).`;
  } else {
    for (const [pattern, advice] of OTHER_FORMATS) {
      found = names.filter((name) => pattern.test(name));
      remedy = `${SAFETENSORS_REMEDY} ${advice}`;
      if (found.length > 0) break;
    }
    if (found.length === 0) [found, remedy] = [names, SAFETENSORS_REMEDY];
  }
  const more = found.length > MAX_NAMED_FILES ? ` and ${found.length - MAX_NAMED_FILES} more` : "";
  const list = found.slice(0, MAX_NAMED_FILES).join(", ") || "nothing";
  return new EncoderError({
    code: "encoder/no-weights",
    message: `${place} has neither ${WEIGHT_FILE} nor ${WEIGHT_INDEX_FILE}; ${found === names ? "it has" : "its weight files are"} ${list}${more}`,
    place,
    value: found,
    remedy,
  });
}
