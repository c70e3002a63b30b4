// config.json of a trained relation model: everything that is needed to load it again, validated when it is read.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import { DataError } from "../../errors.ts";
import type { I2srmConfig, MreModelOptions } from "../../models/i2srm/index.ts";
import type { Config } from "../config/schema.ts";
import type { VisualChannelName } from "../relation-runs.ts";
import { savedVisualSchema } from "../visual/saved-visual.ts";

const FORMAT = "relata-relation-model";
const VERSION = 1;

const count = z.int().positive();
const switched = { enabled: z.boolean() };

const i2srmSchema = z.strictObject({
  prefix: z.strictObject({
    ...switched,
    promptLength: count,
    promptHidden: count,
    layers: z.union([z.literal("all"), z.array(z.int().nonnegative()).readonly()]),
    objects: z.int().nonnegative(),
  }),
  semanticLoss: z.strictObject({ ...switched, weight: z.number() }),
  attention: z.strictObject({ ...switched, heads: count, feedForward: count, dropout: z.number() }),
  mixup: z.strictObject({ ...switched, delta: z.number(), unmixedShare: z.number(), alpha: z.number() }),
});

const schema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  relations: z.array(z.string().min(1)).min(2),
  /** The text encoder's own config.json. */
  encoder: z.record(z.string(), z.unknown()),
  maxLength: count,
  truncation: z.enum(["report", "error"]),
  addedTokens: z.int().nonnegative(),
  i2srm: i2srmSchema,
  visual: savedVisualSchema.nullable(),
});

export type RelationModelConfig = z.output<typeof schema>;

/** What stands for the picture in a model. */
export function visualChannelOf({ visual }: Pick<RelationModelConfig, "visual">): VisualChannelName {
  return visual?.label ?? "text only";
}

/** What goes into config.json of a model folder. */
export function relationModelConfig(
  parts: Omit<RelationModelConfig, "format" | "version">,
): RelationModelConfig {
  return { format: FORMAT, version: VERSION, ...parts };
}

/**
 * Reads config.json of a model folder.
 *
 * @throws DataError `data/not-a-model`
 */
export async function readRelationModelConfig(folder: string): Promise<RelationModelConfig> {
  const place = join(folder, "config.json");
  let json: unknown;
  try {
    json = JSON.parse(await readFile(place, "utf8"));
  } catch (cause) {
    throw notAModel(place, `cannot be read (${(cause as Error).message})`, cause);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw notAModel(
    place,
    `does not describe a trained relation model (${issue.path.join(".")}: ${issue.message})`,
  );
}

function notAModel(place: string, what: string, cause?: unknown): DataError {
  return new DataError({
    code: "data/not-a-model",
    message: `load: ${place} ${what}`,
    place,
    remedy: "Name the model-best or model-last folder of a training run.",
    cause,
  });
}

/** The I2SRM settings of a run's configuration; `objects` is what the visual channel can give. */
export function i2srmOf(model: Config["model"], objects: number): I2srmConfig {
  const { promptLength, promptHidden, prefix, semanticLoss, attention, mixup } = model;
  return {
    prefix: { enabled: prefix.enabled, promptLength, promptHidden, layers: prefix.layers, objects },
    semanticLoss,
    attention: {
      enabled: attention.enabled,
      heads: attention.heads,
      feedForward: attention.ffn,
      dropout: attention.dropout,
    },
    mixup,
  };
}

/** Sizes and switches of the graph. */
export function graphOptions(config: RelationModelConfig, encoder: TextEncoderConfig): MreModelOptions {
  return {
    encoder,
    i2srm: config.i2srm,
    visual: config.visual ? { mapWidth: config.visual.mapWidth, classes: config.visual.classes } : undefined,
    relations: config.relations.length,
    addedTokens: config.addedTokens,
  };
}
