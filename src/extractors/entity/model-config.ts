// config.json of a trained entity model: everything that is needed to load it again, validated when it is read.
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
  /** Whether decoding is held to well-formed sequences unless a caller says otherwise. */
  constrained: z.boolean(),
  emissionWidth: count,
  /** The text encoder's own config.json. */
  encoder: z.record(z.string(), z.unknown()),
  /** Most tokens per window of a text. */
  maxLength: count,
  i2srm: i2srmSchema,
  visual: savedVisualSchema.nullable(),
});

export type EntityModelConfig = z.output<typeof schema>;

/** What goes into config.json of a model folder. */
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

/** The tags of a model. */
export function schemeOf({
  entityTypes,
  subwords,
}: Pick<EntityModelConfig, "entityTypes" | "subwords">): TagScheme {
  return new TagScheme(entityTypes, subwords);
}

/** Sizes and switches of the graph. */
export function graphOptions(config: EntityModelConfig, encoder: TextEncoderConfig): MnerModelOptions {
  return {
    encoder,
    i2srm: config.i2srm,
    visual: config.visual ? { mapWidth: config.visual.mapWidth, classes: config.visual.classes } : undefined,
    tags: schemeOf(config).tags.length,
    emissionWidth: config.emissionWidth,
  };
}
