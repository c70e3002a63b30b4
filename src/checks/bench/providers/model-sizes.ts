// Reads the sizes of a text encoder from a trained model, a bundle or a configuration, for a random model as large.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readWholeText } from "../../../base/whole-file.ts";
import type { Config } from "../../../config/schema.ts";
import { parseTextConfig } from "../../../encoders/text/table.ts";
import type { TextEncoderConfig } from "../../../encoders/text-config.ts";
import { openTextEncoder } from "../../../encoders/text-encoder.ts";
import { BUNDLE_FILE, BUNDLE_PARTS } from "../../../extractors/shared/bundle-parts.ts";
import { downloadOptions } from "../../../extractors/shared/download-options.ts";
import { modelKindOf } from "../../../extractors/shared/saved-config.ts";
import { MINILM_SIZES } from "../predict.ts";
import type { ModelSizes } from "../random-model.ts";

/** The sizes of a trained model, or of a bundle's relation model. @throws DataError `data/not-a-model`; the codes of `parseTextConfig` */
export async function sizesOfModel(folder: string): Promise<ModelSizes> {
  const model = existsSync(join(folder, BUNDLE_FILE)) ? join(folder, BUNDLE_PARTS.relation) : folder;
  await modelKindOf(model);
  const place = join(model, "config.json");
  const { encoder } = JSON.parse(await readWholeText(place)) as { readonly encoder: Record<string, unknown> };
  return sizesOf(parseTextConfig(encoder, place));
}

/** The sizes of a configuration's text encoder. @throws the codes of `openTextEncoder` */
export async function sizesOfConfig(config: Config, signal?: AbortSignal): Promise<ModelSizes> {
  const { config: encoder } = await openTextEncoder(
    config.encoder,
    downloadOptions(config.encoder, { signal }),
  );
  return sizesOf(encoder);
}

function sizesOf(encoder: TextEncoderConfig): ModelSizes {
  return {
    ...MINILM_SIZES,
    layers: encoder.layers,
    hidden: encoder.hiddenSize,
    heads: encoder.heads,
    ffn: encoder.intermediateSize,
    vocabulary: encoder.vocabSize,
    dropout: encoder.hiddenDropout,
  };
}
