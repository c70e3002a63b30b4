// config.json of a trained student: everything needed to load it again, validated on reading.
import { z } from "zod";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import type { StudentOptions } from "../../models/mi2rage/student.ts";
import { savedVisualSchema } from "../../visual/saved-visual.ts";
import { count, questionsSchema } from "../shared/saved-config.ts";
import type { ReadBeside } from "./student-model.ts";

const FORMAT = "relata-student-model";
const VERSION = 1;

export const studentConfigSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  relations: z.array(z.string().min(1)).min(2),
  /** The text encoder's own config.json. */
  encoder: z.record(z.string(), z.unknown()),
  maxLength: count,
  truncation: z.enum(["report", "error"]),
  addedTokens: z.int().nonnegative(),
  student: z.strictObject({
    real: z.enum(["text", "picture"]),
    fusion: z.strictObject({ width: count, heads: count, dropout: z.number() }),
    promptLength: count.max(1_000),
    /** Trained without views: only the real view is read. */
    blind: z.boolean(),
    /** With `blind` and real pictures: of a document's text, the two mentions are read too. */
    mentions: z.boolean().optional(),
    /** How views are combined with the real view. Absent: "attention". */
    combination: z.literal("product").optional(),
  }),
  visual: savedVisualSchema.nullable(),
  data: questionsSchema.optional(),
});

export type StudentConfig = z.output<typeof studentConfigSchema>;

/** The contents of a model folder's config.json. */
export function studentConfig(parts: Omit<StudentConfig, "format" | "version">): StudentConfig {
  return { format: FORMAT, version: VERSION, ...parts };
}

/** What the model reads beside the real view. */
export function readsOf({ blind, mentions }: StudentConfig["student"]): ReadBeside {
  if (!blind) return "views";
  return mentions ? "mentions" : "nothing";
}

/** Returns the sizes and switches of the graph. */
export function studentGraph(config: StudentConfig, encoder: TextEncoderConfig): StudentOptions {
  const { student, visual, relations, addedTokens } = config;
  return {
    encoder,
    relations: relations.length,
    addedTokens,
    real: student.real,
    fusion: student.fusion,
    picture: visual ? { maps: student.promptLength * visual.mapWidth, classes: visual.classes } : undefined,
  };
}
