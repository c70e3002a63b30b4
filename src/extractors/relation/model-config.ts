// config.json of a trained relation model: everything needed to load it again, validated on reading.
import { z } from "zod";
import type { Config } from "../../config/schema.ts";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import type { MreModelOptions, PairReading } from "../../models/i2srm/mre.ts";
import { savedVisualSchema } from "../../visual/saved-visual.ts";
import { count, i2srmSchema, questionsSchema, readModelConfig } from "../shared/saved-config.ts";
import { type StudentConfig, studentConfigSchema } from "../student/model-config.ts";
import { type RegisteredRelationConfig, registeredConfigSchema } from "./registered-config.ts";

const FORMAT = "relata-relation-model";
const VERSION = 1;

const schema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  relations: z.array(z.string().min(1)).min(1),
  /** The text encoder's own config.json. */
  encoder: z.record(z.string(), z.unknown()),
  maxLength: count,
  truncation: z.enum(["report", "error"]),
  addedTokens: z.int().nonnegative(),
  i2srm: i2srmSchema,
  /** How pairs of mentions are read; absent: each with a text of its own. */
  pairs: z.literal("packed").optional(),
  visual: savedVisualSchema.nullable(),
  data: questionsSchema.optional(),
});

export type I2srmRelationConfig = z.output<typeof schema>;
/** A relation model is I2SRM's, a student of MI2RAGE, or a registered reader's. methods.ts says what each can do. */
export type RelationModelConfig = I2srmRelationConfig | StudentConfig | RegisteredRelationConfig;

/** The contents of a model folder's config.json. */
export function relationModelConfig(
  parts: Omit<I2srmRelationConfig, "format" | "version">,
): I2srmRelationConfig {
  return { format: FORMAT, version: VERSION, ...parts };
}

/**
 * Reads config.json of a model folder.
 *
 * @throws DataError `data/not-a-model`
 */
export function readRelationModelConfig(folder: string): Promise<RelationModelConfig> {
  return readModelConfig(
    folder,
    z.discriminatedUnion("format", [schema, studentConfigSchema, registeredConfigSchema]),
    "relation",
  );
}

/**
 * Reads config.json of I2SRM's own relation model.
 *
 * @throws DataError `data/not-a-model`, `data/other-model`
 */
export function readI2srmRelationConfig(folder: string): Promise<I2srmRelationConfig> {
  return readModelConfig(folder, schema, "relation");
}

/** Records in config.json how the training documents were read. */
export function questionsOf({ negatives, noneLabel }: Config["data"]): z.output<typeof questionsSchema> {
  return { negatives, noneLabel: noneLabel ?? null };
}

/** Returns the sizes and switches of the graph. */
export function graphOptions(config: I2srmRelationConfig, encoder: TextEncoderConfig): MreModelOptions {
  return {
    encoder,
    i2srm: config.i2srm,
    visual: config.visual ? { mapWidth: config.visual.mapWidth, classes: config.visual.classes } : undefined,
    relations: config.relations.length,
    addedTokens: config.addedTokens,
    pairs: config.pairs,
  };
}

/** How a model reads pairs of mentions. */
export function pairReadingOf(config: RelationModelConfig): PairReading {
  return config.format === FORMAT ? (config.pairs ?? "separate") : "separate";
}
