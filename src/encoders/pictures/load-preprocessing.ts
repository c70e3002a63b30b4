// Finds the picture preprocessing of an encoder's folder: in preprocessor_config.json, or, since
// transformers 5, in processor_config.json.
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { EncoderError } from "../../base/errors.ts";
import { isFields } from "../../base/fields.ts";
import { withModelType } from "../config-json.ts";
import { CONFIG_FILE, PREPROCESSOR_FILE, PROCESSOR_FILE } from "../file-names.ts";
import { type JsonFile, readJsonIfThere } from "../json-file.ts";
import type { PicturePreprocessing } from "./preprocess.ts";
import { badPreprocessor, parsePreprocessing } from "./preprocessor-config.ts";

/** Names of the picture processor's settings in processor_config.json, newest first. */
const PICTURE_FIELDS = ["image_processor", "feature_extractor"] as const;

/**
 * Loads the preprocessing of an encoder's folder. If both files describe it, they must agree.
 *
 * @throws EncoderError `encoder/no-preprocessor` when neither file describes it, and the codes of
 * `parsePreprocessing` and of unreadable files
 */
export async function loadPreprocessing(folder: string): Promise<PicturePreprocessing> {
  const config = withModelType((await readJsonIfThere(join(folder, CONFIG_FILE))) ?? {});
  const { model_type: modelType } = config as JsonFile;
  const plainPath = join(folder, PREPROCESSOR_FILE);
  const nestedPath = join(folder, PROCESSOR_FILE);
  const plain = await readJsonIfThere(plainPath);
  const processor = await readJsonIfThere(nestedPath);
  const field = PICTURE_FIELDS.find((name) => isFields(processor?.[name]));
  const nested = field === undefined ? undefined : (processor as JsonFile)[field];
  const ofPlain = plain === undefined ? undefined : parsePreprocessing(plain, plainPath, modelType);
  const ofNested = nested === undefined ? undefined : parsePreprocessing(nested, nestedPath, modelType);
  if (ofPlain && ofNested && !isDeepStrictEqual(ofPlain, ofNested)) {
    const what = `it differs from ${field} of ${PROCESSOR_FILE} in the same folder`;
    throw badPreprocessor(plainPath, what);
  }
  const found = ofPlain ?? ofNested;
  if (found !== undefined) return found;
  const has =
    processor === undefined ? `nor ${PROCESSOR_FILE}` : `and its ${PROCESSOR_FILE} has no image_processor`;
  throw new EncoderError({
    code: "encoder/no-preprocessor",
    message: `${folder} has ${processor === undefined ? "neither" : "no"} ${PREPROCESSOR_FILE} ${has}`,
    place: folder,
    remedy: `Add the file that was saved with the model: ${PREPROCESSOR_FILE}, or ${PROCESSOR_FILE} with image_processor.`,
  });
}
