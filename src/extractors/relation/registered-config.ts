// config.json of a model trained with a registered relation reader.
import { z } from "zod";
import { stampSchema } from "../../extensions/stamp-schema.ts";
import { savedVisualSchema } from "../../visual/saved-visual.ts";
import { count, questionsSchema } from "../shared/saved-config.ts";

const FORMAT = "relata-registered-relation-model";
const VERSION = 1;

export const registeredConfigSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  /** The user's extension that reads relations. */
  reader: stampSchema,
  relations: z.array(z.string().min(1)).min(1),
  /** The text encoder's own config.json. */
  encoder: z.record(z.string(), z.unknown()),
  maxLength: count,
  truncation: z.enum(["report", "error"]),
  addedTokens: z.int().nonnegative(),
  promptLength: count,
  visual: savedVisualSchema.nullable(),
  data: questionsSchema.optional(),
});

export type RegisteredRelationConfig = z.output<typeof registeredConfigSchema>;

/** The contents of a model folder's config.json. */
export function registeredConfig(
  parts: Omit<RegisteredRelationConfig, "format" | "version">,
): RegisteredRelationConfig {
  return { format: FORMAT, version: VERSION, ...parts };
}
