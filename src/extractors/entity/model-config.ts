// config.json of a trained entity model: everything needed to load it again, validated on reading.
import { z } from "zod";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import type { MnerModelOptions } from "../../models/i2srm/mner.ts";
import { TagScheme } from "../../models/tagging/tag-scheme.ts";
import { savedVisualSchema } from "../../visual/saved-visual.ts";
import { count, i2srmSchema, readModelConfig } from "../shared/saved-config.ts";

const FORMAT = "relata-entity-model";
const VERSION = 1;

const schema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  entityTypes: z.array(z.string().min(1)).min(1),
  subwords: z.enum(["x", "inside"]),
  /** Whether decoding allows only well-formed sequences, unless the caller says otherwise. */
  constrained: z.boolean(),
  emissionWidth: count,
  /** The text encoder's own config.json. */
  encoder: z.record(z.string(), z.unknown()),
  /** Maximum number of tokens per window of a text. */
  maxLength: count,
  i2srm: i2srmSchema,
  visual: savedVisualSchema.nullable(),
});

export type EntityModelConfig = z.output<typeof schema>;

/** The contents of a model folder's config.json. */
export function entityModelConfig(parts: Omit<EntityModelConfig, "format" | "version">): EntityModelConfig {
  return { format: FORMAT, version: VERSION, ...parts };
}

/**
 * Reads config.json of a model folder.
 *
 * @throws DataError `data/not-a-model`, `data/other-model`
 */
export function readEntityModelConfig(folder: string): Promise<EntityModelConfig> {
  return readModelConfig(folder, schema, "entity");
}

/** Returns the tags of a model. */
export function schemeOf({
  entityTypes,
  subwords,
}: Pick<EntityModelConfig, "entityTypes" | "subwords">): TagScheme {
  return new TagScheme(entityTypes, subwords);
}

/** Returns the sizes and switches of the graph. */
export function graphOptions(config: EntityModelConfig, encoder: TextEncoderConfig): MnerModelOptions {
  return {
    encoder,
    i2srm: config.i2srm,
    visual: config.visual ? { mapWidth: config.visual.mapWidth, classes: config.visual.classes } : undefined,
    tags: schemeOf(config).tags.length,
    emissionWidth: config.emissionWidth,
  };
}
