// Loads a model folder or a bundle for extraction.
import { FIELD, requireRequest } from "../base/require-request.ts";
import type { ExtractorOptions } from "../extractors/requests.ts";
import { MODEL_OPTIONS } from "../extractors/shared/model-options.ts";
import type { Extractor } from "./extractor.ts";

interface LoadRequest extends ExtractorOptions {
  readonly folder: string;
}

/**
 * Loads `folder` for extraction: a bundle written by `relata export`, or the model-best or model-last of a training run. A bundle finds
 * entities and relations in a post; an entity model without a relation model finds only entities; a relation model without an entity model needs given mentions; a category model
 * classifies whole posts.
 *
 * Compares every file with its recorded SHA-256 (once per process, unless the file changes); `verify: false` skips this.
 *
 * @throws ConfigError `config/bad-request`; DataError `data/not-a-model`, `data/bad-bundle`, `data/bad-calibration`; for files that differ from their record `model/changed`,
 * `model/missing-file`, `model/not-a-file`, `model/unlisted-file`, `model/outside-path`, `model/bad-manifest`, and the same with `bundle/`;
 * EncoderError for missing weights, and `encoder/changed` when a frozen encoder is not the one of the training run; EngineError for damaged
 * files or a device that is not available; the signal's reason
 * @example
 * import { load } from "relata";
 *
 * await using model = await load("models/posts", { threads: 2 });
 * const { entities, relations } = await model.extract({ text: "Ada met Bo in Rome", image: "photo.jpg" });
 * console.log(entities.length, relations.length);
 */
export async function load(folder: string, options: ExtractorOptions = {}): Promise<Extractor> {
  requireRequest<LoadRequest>(
    { folder: FIELD.text, ...MODEL_OPTIONS },
    { ...options, folder },
    "the call of load",
  );
  const { openExtractor } = await import("./open-extractor.ts"); // a program that never loads a model does not load the engine
  return openExtractor(folder, options);
}
