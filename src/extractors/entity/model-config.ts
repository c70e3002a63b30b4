// config.json of a trained entity model, I2SRM's or a student of MI2RAGE: everything needed to load it again, validated on reading.
import { z } from "zod";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import type { MnerModelOptions } from "../../models/i2srm/mner.ts";
import type { EntityStudentOptions } from "../../models/mi2rage/entity-student.ts";
import { TagScheme } from "../../models/tagging/tag-scheme.ts";
import { savedVisualSchema } from "../../visual/saved-visual.ts";
import { count, i2srmSchema, readModelConfig } from "../shared/saved-config.ts";

const FORMAT = "relata-entity-model";
const STUDENT_FORMAT = "relata-entity-student-model";
const VERSION = 1;

/** What every entity model says about itself. */
const common = {
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
  visual: savedVisualSchema.nullable(),
};

const schema = z.strictObject({ format: z.literal(FORMAT), ...common, i2srm: i2srmSchema });
const studentSchema = z.strictObject({
  format: z.literal(STUDENT_FORMAT),
  ...common,
  student: z.strictObject({
    fusion: z.strictObject({ width: count, heads: count, dropout: z.number() }),
    promptLength: count.max(1_000),
  }),
});

export type I2srmEntityConfig = z.output<typeof schema>;
export type EntityStudentConfig = z.output<typeof studentSchema>;
/** An entity model is I2SRM's, or a student of MI2RAGE. */
export type EntityModelConfig = I2srmEntityConfig | EntityStudentConfig;

/** The contents of a model folder's config.json. */
export function entityModelConfig(parts: Omit<I2srmEntityConfig, "format" | "version">): I2srmEntityConfig {
  return { format: FORMAT, version: VERSION, ...parts };
}

/** The same for a student. */
export function entityStudentConfig(
  parts: Omit<EntityStudentConfig, "format" | "version">,
): EntityStudentConfig {
  return { format: STUDENT_FORMAT, version: VERSION, ...parts };
}

/**
 * Reads config.json of a model folder.
 *
 * @throws DataError `data/not-a-model`, `data/other-model`
 */
export function readEntityModelConfig(folder: string): Promise<EntityModelConfig> {
  return readModelConfig(folder, z.discriminatedUnion("format", [schema, studentSchema]), "entity");
}

/**
 * Reads config.json of I2SRM's entity model.
 *
 * @throws DataError `data/not-a-model`, `data/other-model`
 */
export function readI2srmEntityConfig(folder: string): Promise<I2srmEntityConfig> {
  return readModelConfig(folder, schema, "entity");
}

/** Returns the tags of a model. */
export function schemeOf({
  entityTypes,
  subwords,
}: Pick<EntityModelConfig, "entityTypes" | "subwords">): TagScheme {
  return new TagScheme(entityTypes, subwords);
}

/** Whether a model reads pictures as views, and so a text equally well without any. */
export function isStudent(config: EntityModelConfig): config is EntityStudentConfig {
  return config.format === STUDENT_FORMAT;
}

/** Prompt positions per picture and crops besides the whole picture that the visual channel must provide. */
export function promptOf(config: EntityModelConfig): {
  readonly promptLength: number;
  readonly objects: number;
  /** Whether it also looks at the whole picture; absent: it does. */
  readonly wholePicture?: boolean;
} {
  return isStudent(config) ? { promptLength: config.student.promptLength, objects: 0 } : config.i2srm.prefix;
}

/** Returns the sizes and switches of the graph. */
export function graphOptions(config: I2srmEntityConfig, encoder: TextEncoderConfig): MnerModelOptions {
  return {
    encoder,
    i2srm: config.i2srm,
    visual: config.visual ? { mapWidth: config.visual.mapWidth, classes: config.visual.classes } : undefined,
    tags: schemeOf(config).tags.length,
    emissionWidth: config.emissionWidth,
  };
}

/** Returns the sizes of a student's graph. */
export function studentGraph(config: EntityStudentConfig, encoder: TextEncoderConfig): EntityStudentOptions {
  const { student, visual, emissionWidth } = config;
  return {
    encoder,
    tags: schemeOf(config).tags.length,
    emissionWidth,
    fusion: student.fusion,
    picture: visual ? { maps: student.promptLength * visual.mapWidth, classes: visual.classes } : undefined,
  };
}
