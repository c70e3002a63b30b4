// The common parts of every trained model's config.json: how to read it, and its I2SRM settings.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { checkShape } from "../../base/schema-issues.ts";
import { readWholeText } from "../../base/whole-file.ts";
import { negativesSchema } from "../../config/negatives.ts";
import type { Config } from "../../config/schema.ts";
import type { I2srmConfig } from "../../models/i2srm/config.ts";
import { BEST_MODEL_FOLDER, LAST_MODEL_FOLDER } from "../../training/trainer.ts";

/** A size in a model's config.json; it shapes graphs and inputs, so every size has an upper bound. */
export const count = z.int().positive().max(10_000_000);
/** Positions, crops and layers have a low bound: inputs are allocated for each. */
const MOST = 1_000;
const switched = { enabled: z.boolean() };

export const i2srmSchema = z.strictObject({
  prefix: z.strictObject({
    ...switched,
    promptLength: z.int().positive().max(MOST),
    promptHidden: count,
    layers: z.union([z.literal("all"), z.array(z.int().nonnegative().max(MOST)).max(MOST).readonly()]),
    objects: z.int().nonnegative().max(MOST),
    wholePicture: z.boolean().default(true), // absent from older models
  }),
  semanticLoss: z.strictObject({ ...switched, weight: z.number() }),
  attention: z.strictObject({ ...switched, heads: count, feedForward: count, dropout: z.number() }),
  mixup: z.strictObject({
    ...switched,
    rows: z.enum(["pool", "all"]).default("pool"), // absent from older models; only training uses it
    delta: z.number(),
    unmixedShare: z.number(),
    alpha: z.number(),
  }),
});

/** How a relation model's training documents were read; absent from older models. */
export const questionsSchema = z.strictObject({
  /** Which unannotated pairs were to become "None". */
  negatives: negativesSchema,
  /** The data's own name for "None". */
  noneLabel: z.string().min(1).nullable(),
});

/** The kinds of trained models, by the `format` of their config.json. */
const FORMATS = {
  "relata-relation-model": "relation",
  "relata-student-model": "relation",
  "relata-registered-relation-model": "relation",
  "relata-entity-model": "entity",
  "relata-entity-student-model": "entity",
  "relata-category-model": "category",
} as const;
export type ModelKind = (typeof FORMATS)[keyof typeof FORMATS];
const NAMES: Readonly<Record<ModelKind, string>> = {
  entity: "an entity",
  relation: "a relation",
  category: "a category",
};
/** The task that makes each kind. */
const TASKS: Readonly<Record<ModelKind, Config["task"]>> = {
  entity: "mner",
  relation: "mre",
  category: "classification",
};

/**
 * Tells which kind of model a folder contains.
 *
 * @throws DataError `data/not-a-model`
 */
export async function modelKindOf(folder: string): Promise<ModelKind> {
  const { place, json } = await readJson(folder);
  const format = (json as { readonly format?: unknown } | null)?.format;
  const known = Object.entries(FORMATS).find(([name]) => name === format);
  if (known !== undefined) return known[1];
  throw notAModel(place, `does not describe a trained model (format: ${JSON.stringify(format) ?? "absent"})`);
}

/**
 * Reads config.json of a model folder.
 *
 * @throws DataError `data/not-a-model`, `data/other-model` for a model of another task
 */
export async function readModelConfig<Schema extends z.ZodType>(
  folder: string,
  schema: Schema,
  kind: ModelKind,
): Promise<z.output<Schema>> {
  const { place, json } = await readJson(folder);
  const parsed = checkShape(schema, json, { whole: "the file" });
  if (parsed.success) return parsed.data;
  const actual = await modelKindOf(folder);
  if (actual !== kind) {
    throw new DataError({
      code: "data/other-model",
      message: `${folder} is ${NAMES[actual]} model, but ${NAMES[kind]} model is needed`,
      place,
      value: actual,
      remedy: `Name the folder of a model that was trained with --task ${TASKS[kind]}.${kind === "category" ? "" : " relata export takes the entity model first."}`,
    });
  }
  throw notAModel(place, `does not describe a trained ${kind} model (${parsed.faults[0]})`);
}

async function readJson(folder: string): Promise<{ readonly place: string; readonly json: unknown }> {
  const place = join(folder, "config.json");
  try {
    return { place, json: JSON.parse(await readWholeText(place)) };
  } catch (cause) {
    if (!existsSync(folder)) throw notAModel(folder, "does not exist: no such folder", cause);
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw notAModel(
        folder,
        "is not the folder of a model: it has no config.json",
        cause,
        modelInside(folder),
      );
    }
    throw notAModel(place, `cannot be read (${(cause as Error).message})`, cause);
  }
}

function notAModel(
  place: string,
  what: string,
  cause?: unknown,
  remedy = "Name the folder of a bundle (relata export), or the model-best or model-last folder of a training run.",
): DataError {
  return new DataError({
    code: "data/not-a-model",
    message: `${place} ${what}`,
    place,
    remedy,
    cause,
  });
}

/** The folders of a training run that hold what can be used, the likeliest first. */
const MODELS_OF_A_RUN = [
  "bundle/bundle.json",
  `${BEST_MODEL_FOLDER}/config.json`,
  `${LAST_MODEL_FOLDER}/config.json`,
];

/** What to name instead of a run's folder; undefined for other folders. */
function modelInside(folder: string): string | undefined {
  const found = MODELS_OF_A_RUN.find((file) => existsSync(join(folder, file)));
  return found && `It is the folder of a training run: name ${join(folder, dirname(found))} inside it.`;
}

/** Returns the I2SRM settings of a run's configuration; `objects` is what the visual channel can provide. */
export function i2srmOf(model: Config["model"], objects: number): I2srmConfig {
  const { promptLength, promptHidden, prefix, semanticLoss, attention, mixup } = model;
  return {
    prefix: { ...prefix, promptLength, promptHidden, objects },
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
