// The configuration of a training run: every field with its default and a line of explanation.
// docs/configuration.md and schema/relata.config.json are generated from here by `node scripts/write-config-docs.mjs`.
import { z } from "zod";
import { named } from "./schema-fields.ts";
import { data, visual } from "./schema-inputs.ts";
import { model } from "./schema-model.ts";
import { synthesis } from "./schema-synthesis.ts";
import { training } from "./schema-training.ts";

/** Named sets of defaults. */
const PRESETS = ["published"] as const;

/** What one model can learn. */
export const TASKS = ["mre", "mner", "classification"] as const;

/** relata's built-in methods. */
export const METHODS = ["i2srm", "mi2rage"] as const;

const encoder = z
  .string()
  .min(1)
  .describe(
    "Text encoder (BERT, RoBERTa, XLM-R, DistilBERT, MPNet, DeBERTa-v3, ModernBERT): a folder in the Hugging Face layout, or a hub id (`FacebookAI/roberta-base`) that is downloaded once into the Hugging Face cache. Other families can be registered by `extensions`. Published: roberta-large.",
  );

const method = named(METHODS)
  .default("i2srm")
  .describe(
    "`i2srm`: train on texts with their pictures, or on texts only. `mi2rage`: train on one real modality and generated views of the other (`mner`: on real texts only). Or the name of a relation reader from `extensions` (`mre` only).",
  );

/** The settings of one model: what a run trains. */
export const runSchema = z
  .strictObject({
    $schema: z.string().optional().describe("Address of the JSON schema, for editors; ignored by relata."),
    task: z.enum(TASKS).default("mre"),
    preset: z
      .enum(PRESETS)
      .optional()
      .describe(
        "Defaults for the fields that you leave out. `published`: the values of I2SRM's code (docs/papers.md lists them). Absent: values that suit some hundreds of documents.",
      ),
    extensions: z
      .array(z.string().min(1))
      .optional()
      .describe(
        "Modules with readers, encoders and other extensions of your own: paths (`./my-reader.ts`) or packages. Their code is run. See docs/extending.md.",
      ),
    method,
    encoder,
    from: z
      .string()
      .min(1)
      .optional()
      .describe(
        "A trained model of the same task to start from: a model folder or a bundle (`i2srm` only). Its labels come first, and labels that only the training documents have are added. `encoder` may then be absent. See docs/training.md.",
      ),
    cache: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Folder where results of frozen networks (features of pictures and captions, states of frozen text layers) are kept for other runs. Absent: features of pictures are kept in the run folder, and everything else is computed again in every run (with `both`: once for both models, in the run folder).",
      ),
    data,
    visual,
    synthesis,
    model,
    training,
  })
  .describe("A relata training run.");

const ofOneTask = { encoder: encoder.optional(), visual, model, training };

/** What a user writes: the settings of a run, and those that hold for one of its tasks only. */
export const configSchema = runSchema.extend({
  task: z
    .enum([...TASKS, "both"])
    .default("mre")
    .describe(
      "`mre`: the relation between two given mentions. `mner`: the entities of a text. `classification`: the category of a whole post. `both`: trains a model for entities and one for relations, one after the other, and joins them in a bundle. See docs/training.md.",
    ),
  entities: z
    .strictObject(ofOneTask)
    .partial()
    .optional()
    .describe(
      "Settings of the entity model alone (`both` or `mner`): any field of `training` and `model`, `encoder`, and `visual`, which replaces the other `visual` as a whole.",
    ),
  relations: z
    .strictObject({ ...ofOneTask, method, synthesis })
    .partial()
    .optional()
    .describe(
      "Settings of the relation model alone (`both` or `mre`): as `entities`, and also `method` and `synthesis`.",
    ),
});

/** Settings of a task that differ from the schema's defaults; the user's settings override them. */
export const TASK_DEFAULTS = {
  mre: {},
  mner: { model: { semanticLoss: { weight: 1 }, mixup: { rows: "all" } } },
  classification: {},
} as const;

/** The published width of a token's feature: the default without attention across samples, whose cost is quadratic in it. */
export const PUBLISHED_EMISSION_WIDTH = 150;

/** A configuration as the user writes it: fields with a default may be left out. */
export type ConfigInput = z.input<typeof configSchema>;
/** The settings of one model with defaults filled in; paths are unchanged until `loadConfig` resolves them. */
export type Config = z.output<typeof runSchema>;

/** The settings of the two models that the task `both` trains. */
export interface BothConfig {
  readonly task: "both";
  readonly entities: Config;
  readonly relations: Config;
}

/** The section of a configuration with the settings of one task alone, for the tasks of `both`. */
export const TASK_SECTIONS = { mner: "entities", mre: "relations" } as const;

/**
 * Returns a configuration unchanged; it gives types to `relata.config.ts`.
 *
 * @example
 * import { defineConfig } from "relata";
 *
 * export default defineConfig({
 *   encoder: "./encoders/roberta-base",
 *   data: { train: "train.jsonl", validation: "validation.jsonl" },
 * });
 */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}
