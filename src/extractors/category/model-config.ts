// config.json of a trained category model: everything needed to load it again, validated on reading.
import { z } from "zod";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import type { ClassificationModelOptions } from "../../models/i2srm/classification.ts";
import { savedVisualSchema } from "../../visual/saved-visual.ts";
import { count, i2srmSchema, readModelConfig } from "../shared/saved-config.ts";

const FORMAT = "relata-category-model";
const VERSION = 1;

const schema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  categories: z.array(z.string().min(1)).min(1),
  /** The text encoder's own config.json. */
  encoder: z.record(z.string(), z.unknown()),
  /** Maximum number of tokens per text. */
  maxLength: count,
  i2srm: i2srmSchema,
  visual: savedVisualSchema.nullable(),
});

export type CategoryModelConfig = z.output<typeof schema>;

/** The contents of a model folder's config.json. */
export function categoryModelConfig(
  parts: Omit<CategoryModelConfig, "format" | "version">,
): CategoryModelConfig {
  return { format: FORMAT, version: VERSION, ...parts };
}

/**
 * Reads config.json of a model folder.
 *
 * @throws DataError `data/not-a-model`, `data/other-model`
 */
export function readCategoryModelConfig(folder: string): Promise<CategoryModelConfig> {
  return readModelConfig(folder, schema, "category");
}

/** Returns the sizes and switches of the graph. */
export function graphOptions(
  config: CategoryModelConfig,
  encoder: TextEncoderConfig,
): ClassificationModelOptions {
  return {
    encoder,
    i2srm: config.i2srm,
    visual: config.visual ? { mapWidth: config.visual.mapWidth, classes: config.visual.classes } : undefined,
    categories: config.categories.length,
  };
}
