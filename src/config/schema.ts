// The configuration of a training run: every field with its default and a line of explanation.
// docs/configuration.md and schema/relata.config.json are generated from here by `node scripts/write-config-docs.mjs`.
import { z } from "zod";
import { ANNOTATOR_POLICIES } from "../data/document-format.ts";
import { OFFSET_UNITS } from "../data/offset-units.ts";
import { formatNames } from "../data/readers.ts";
import { negativesSchema } from "./negatives.ts";
import { secondsOf, TIME_LIMIT } from "./time-limit.ts";

const positiveInteger = z.int().positive();
const share = z.number().min(0).max(1);
const rate = z.number().positive().lt(1);
const openShare = z.number().min(0).lt(1);

/** A name from relata or from a user's extension; `parseConfig` checks it against the loaded ones. */
function named(known: readonly string[]) {
  return z.union([z.enum(known), z.string().min(1)]);
}

/** Named sets of defaults. */
const PRESETS = ["published"] as const;

/** relata's built-in methods. */
export const METHODS = ["i2srm", "mi2rage"] as const;

/** A strict object that can be left out: its fields' defaults then apply. */
function section<Shape extends z.core.$ZodLooseShape>(description: string, shape: Shape) {
  return z
    .strictObject(shape)
    .prefault({} as never)
    .describe(description);
}

const captionsOf = (split: string) =>
  z.string().min(1).optional().describe(`JSONL file of {"image", "caption"} for the ${split} documents.`);

const data = z
  .strictObject({
    format: named(formatNames())
      .default("auto")
      .describe(
        "Format of the data files; docs/data.md describes each one. `auto`: guessed from each file's content. Or the name of a reader from `extensions`.",
      ),
    bio: z
      .enum(["conll", "strict", "repair"])
      .default("conll")
      .describe(
        "How to read orphan I- tags of a CoNLL file. `conll`: as the start of an entity (as conlleval and seqeval do). `strict`: their text is rejected. `repair`: see docs/data.md.",
      ),
    imageExtension: z
      .string()
      .default(".jpg")
      .describe("Extension to add to an `IMGID` of a CoNLL file to get the name of its picture."),
    offsets: z
      .enum(OFFSET_UNITS)
      .optional()
      .describe(
        "What `start` and `end` count in the data files: `utf-16` (code units: JavaScript, Java), `code-point` (Python, most annotation tools) or `utf-8` (bytes: Go, Rust). Absent: what a document says in `meta.offsets`, or UTF-16. For formats with offsets only.",
      ),
    annotators: z
      .enum(ANNOTATOR_POLICIES)
      .optional()
      .describe(
        "Whose annotations to read in an export of an annotation tool if several people annotated a text; docs/importing.md describes each. Absent: `first`.",
      ),
    textField: z
      .string()
      .min(1)
      .optional()
      .describe("The field with the text in such an export, where projects name it. Absent: it is found."),
    imageField: z
      .string()
      .min(1)
      .optional()
      .describe("The field with the picture in such an export. Absent: it is found."),
    train: z.string().min(1).describe("File of training documents."),
    validation: z.string().min(1).describe("File of validation documents, which choose the best epoch."),
    pictures: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Folder to which the documents' `image` names are relative; used when `visual.kind` is `pictures`.",
      ),
    captions: section("Captions to use instead of the pictures when `visual.kind` is `captions`.", {
      train: captionsOf("training"),
      validation: captionsOf("validation"),
    }),
    relations: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(2)])
      .optional()
      .describe(
        "The relation labels: a list, or a JSON file that maps labels to indices (`rel2id.json`). Absent: the labels of the training documents, None first.",
      ),
    noneLabel: z
      .string()
      .min(1)
      .optional()
      .describe(
        "The data's own label for no relation (`NA`, `no_relation`, `Other`), in the documents and in `relations`: it is read as `None`. Absent: only `None` means no relation.",
      ),
    negatives: negativesSchema
      .default("auto")
      .describe(
        "Which ordered pairs of entities without an annotated relation become `None`, in training, validation and evaluation (`mre`). `typed`: pairs whose types are joined by a relation in the training documents; these are the pairs that extraction asks about. `all`: pairs of any types. A number: that many `typed` pairs per relation, in training only. `none`: no pairs. `auto`: `typed`, but `none` if the training documents annotate `None` themselves, have a label that may mean it (`NA`), or have one pair per row (`mnre`). See docs/data.md.",
      ),
    entityTypes: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe("The entity types (`mner`). Absent: those of the training documents, sorted."),
  })
  .describe("What data to read.");

const visual = section("What the model sees of the picture.", {
  kind: z
    .enum(["none", "pictures", "features", "captions"])
    .default("none")
    .describe(
      "`none`: text only. `pictures`: maps of `visual.encoder`, computed once per picture and cached. `features`: maps computed elsewhere, from a file. `captions`: the caption, encoded by the frozen text encoder, replaces the picture in the visual prefix; it is not added to the text, and results call it caption-as-vision. See docs/your-data.md.",
    ),
  encoder: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Picture encoder for `pictures`: a ResNet, CLIP, SigLIP, ViT or DINOv2 as a folder in the Hugging Face layout or as a hub id (`microsoft/resnet-50`, downloaded once), or a `.json` file that describes an ONNX picture encoder (docs/your-data.md), or the name of a picture encoder from `extensions`. Published: ResNet-50.",
    ),
  detector: z
    .string()
    .min(1)
    .optional()
    .describe(
      "For `pictures`: a `.json` file that describes an ONNX object detector (docs/your-data.md). Its best boxes, at most `model.objects`, are cropped and encoded in addition to the whole picture. Absent: only the whole picture.",
    ),
  features: z
    .string()
    .min(1)
    .optional()
    .describe(
      "For `features`: a safetensors file with `maps/<image>` [1 + crops, channels, 2, 2] and `logits/<image>` [classes]. For `pictures`: the folder where computed features are cached (default: inside `cache`, or else in the run folder).",
    ),
});

const semanticLoss = section(
  "The semantic loss: a KL divergence that aligns the picture's distribution with the text's.",
  {
    enabled: z.boolean().default(true).describe("Adds the semantic loss."),
    weight: z
      .number()
      .min(0)
      .default(0.5)
      .describe("Its weight in the loss; published: 0.5 for `mre`, 1 for `mner` (the default there)."),
  },
);

const attention = section("The transformer layer across the samples of a batch (training only).", {
  enabled: z.boolean().default(true).describe("Adds rows that attend to the other rows of the batch."),
  heads: positiveInteger.default(4).describe("Attention heads."),
  ffn: positiveInteger.default(2048).describe("Width of its feed-forward part."),
  dropout: openShare.default(0.2).describe("Its dropout."),
});

const mixup = section("Mixes rows of the batch and their labels (training only).", {
  enabled: z.boolean().default(true).describe("Mixes."),
  rows: z
    .enum(["pool", "all"])
    .default("pool")
    .describe(
      "Which rows are mixed. `pool`: those that `delta` and `unmixedShare` select, as published for `mre`. `all`: every row, and every row is trained unmixed too, as published for `mner` (the default there); `delta` and `unmixedShare` then have no effect and may not be changed.",
    ),
  delta: share
    .default(0.7)
    .describe(
      "Share of the 2B rows that form the pool to mix, half from each end (delta). 0: no row is mixed.",
    ),
  unmixedShare: share
    .default(0.6)
    .describe(
      "Share of the cross-sample rows that stay unmixed (Delta); 1 minus this is the share of the pool that is kept.",
    ),
  alpha: z.number().positive().default(1).describe("The mixing ratio is drawn from Beta(alpha, alpha)."),
});

const prefix = section("The visual prefix before the keys and values of the text layers.", {
  enabled: z
    .boolean()
    .default(true)
    .describe(
      "Shows the picture to the text encoder. If false, the picture is used by the semantic loss only.",
    ),
  layers: z
    .union([z.literal("all"), z.array(z.int().nonnegative()).min(1)])
    .default("all")
    .describe(
      "Which text layers get a prefix: `all`, or a list of layer numbers, counted from 0 at the bottom.",
    ),
});

const tagging = section("The part of the entity model after the encoder (`mner`).", {
  emissionWidth: positiveInteger
    .default(32)
    .describe(
      "Width of a token's feature; published, and the default without attention across samples: 150. The attention is `training.maxLength` times as wide, so its number of weights grows with the square: with 80 tokens, 37 million at a width of 32 and 625 million (10 GB of memory in training) at 150. A width below the number of tags (two per entity type, and up to four more) limits which tags the scores can tell apart.",
    ),
  labelMixing: z
    .enum(["pair", "round"])
    .default("pair")
    .describe(
      "What a mixed sentence is trained on. `pair`: both tag sequences, weighted. `round`: interpolated and rounded tag ids, as published.",
    ),
  subwords: z
    .enum(["x", "inside"])
    .default("x")
    .describe(
      "Tags of the second and further subwords of a word. `x`: a tag of their own (as have [CLS] and [SEP]), as published. `inside`: the tag of the word.",
    ),
  constrained: z
    .boolean()
    .default(true)
    .describe(
      "Decodes only well-formed sequences: I- only inside an entity of the same type, and subword tags only on subwords. If false: the best of all sequences, read as conlleval reads it.",
    ),
});

const fusion = section("How MI2RAGE's student combines the views of the other modality (`mi2rage`).", {
  width: positiveInteger
    .default(256)
    .describe("Width of a view, and of the output of the attention over the views."),
  heads: positiveInteger.default(4).describe("Attention heads."),
  dropout: openShare.default(0.1).describe("Its dropout."),
});

const selection = section("Which generated views to train on.", {
  method: z
    .enum(["none", "random", "similarity", "teacher"])
    .default("teacher")
    .describe(
      "`none`: all accepted views. `random`: a random share of them. `similarity`: those nearest to the real view. `teacher`: those with which a teacher that was not trained on the example gives the gold label the highest probability.",
    ),
  share: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe("Share of each example's accepted views to keep (rho), at least one view."),
  when: z
    .enum(["once", "epoch"])
    .default("once")
    .describe(
      "`once`: select before the student's first epoch. `epoch`: select again in every epoch, by teachers trained for the same number of epochs.",
    ),
  reads: z
    .enum(["view", "pair"])
    .default("view")
    .describe(
      "What a teacher reads. `view`: the generated view by itself and, if the real view is a text, its two mentions. `pair`: the generated view and the whole real view.",
    ),
  folds: z
    .int()
    .min(2)
    .default(2)
    .describe("Number of teachers; each scores the part of the examples it was not trained on."),
  epochs: positiveInteger.optional().describe("Epochs of the teachers. Absent: `training.epochs`."),
  teacherStore: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Store of the views on which the teachers are trained before they score those of `synthesis.store`. Absent: the same store.",
    ),
  scores: z
    .string()
    .min(1)
    .optional()
    .describe("Folder written by `relata score-views`. Absent: the run trains its teachers first."),
});

const synthesis = section("Training from one modality with generated views of the other (`mi2rage`).", {
  store: z
    .string()
    .min(1)
    .optional()
    .describe("Store of generated views of the training documents, made by `relata synthesize`."),
  real: z
    .enum(["text", "picture"])
    .default("text")
    .describe(
      "Which modality of the training documents is real; their other modality is ignored (but see `use`).",
    ),
  rounds: z
    .int()
    .min(0)
    .optional()
    .describe("Use only views of rounds up to this one (K); 0: no views. Absent: all rounds of the store."),
  chains: positiveInteger
    .optional()
    .describe("Use only views of this many chains (R). Absent: all chains of the store."),
  asManyAsRounds: positiveInteger
    .optional()
    .describe(
      "Use as many views of an example as its rounds up to this one have, drawn at random from all of `rounds`. Runs with other `rounds` then select from pools of the same size. Absent: all views.",
    ),
  views: positiveInteger
    .default(4)
    .describe("Number of views of an example in a training step (N), drawn from its kept views."),
  vary: z
    .boolean()
    .default(true)
    .describe(
      "Uses a random number of views from one to N, drawn for every example and step, so that the model also works with few views. If false: always N.",
    ),
  use: z
    .enum(["synthetic", "real", "both"])
    .default("synthetic")
    .describe(
      "Which views to train on. `synthetic`: those from the store. `real`: the documents' own pictures, for comparison. `both`: all of them.",
    ),
  withoutViews: openShare
    .default(0.1)
    .describe(
      "Share of the examples of a step without any view, so that the model also works with the real view alone.",
    ),
  selection,
});

const model = section(
  "The constants and switches of I2SRM; the defaults are those published for relations, and docs/papers.md lists what differs for entities.",
  {
    promptLength: positiveInteger.default(4).describe("Prefix positions per picture (P)."),
    promptHidden: positiveInteger.default(800).describe("Hidden width between visual maps and prefixes."),
    objects: z
      .int()
      .min(0)
      .max(16)
      .default(3)
      .describe(
        "Maximum number of crops in addition to the whole picture; 0: the whole picture only. With `pictures`, crops are the objects that `visual.detector` finds; with `features`, those in the file; with `captions`, there are none.",
      ),
    semanticLoss,
    attention,
    mixup,
    prefix,
    tagging,
    fusion,
  },
);

const earlyStopping = section("Ends a run whose validation score no longer improves.", {
  enabled: z.boolean().default(true).describe("Stops early; published: no."),
  patience: positiveInteger
    .default(6)
    .describe(
      "Number of evaluations without a better score before the run ends. Those before the first score above 0 do not count.",
    ),
});

const training = section("How the parameters are trained.", {
  epochs: positiveInteger
    .default(20)
    .describe(
      "Passes over the training documents, at most: `earlyStopping` ends most runs earlier. Published: 25 for `mre`, 30 for `mner`.",
    ),
  batchSize: positiveInteger
    .default(8)
    .describe("Documents per micro-batch. Published: 16 for `mre`, 8 for `mner`."),
  tokenBudget: positiveInteger
    .optional()
    .describe(
      "Maximum number of tokens per micro-batch, padding included. It then limits the batch; `batchSize` still limits the number of rows.",
    ),
  learningRate: rate
    .optional()
    .describe(
      "Peak learning rate of the encoder. Absent: 2e-4 for an encoder with a hidden width of up to 384, and less for wider ones, 30 / width² (5e-5 at 768, 3e-5 at 1024). Published: 3e-5.",
    ),
  headLearningRate: rate
    .optional()
    .describe(
      "Peak learning rate of everything except the encoder. Absent: 1e-3, or `learningRate` if that is higher. Published: 3e-5.",
    ),
  taggerLearningRate: rate
    .optional()
    .describe(
      "Peak learning rate of the entity model's emission layers and CRF (`mner`). Absent: 5e-3, or `headLearningRate` if that is higher. Published: 0.05.",
    ),
  warmupRatio: openShare
    .default(0.06)
    .describe("Share of the steps in which the learning rate rises from 0."),
  schedule: z
    .enum(["linear", "cosine", "constant"])
    .default("linear")
    .describe("How the learning rate falls after the warm-up."),
  weightDecay: z
    .number()
    .min(0)
    .default(0.01)
    .describe(
      "AdamW's decoupled weight decay of matrices and tables; biases, normalisation weights and other vectors have none.",
    ),
  accumulation: positiveInteger.default(1).describe("Micro-batches per step."),
  maxGradientNorm: z
    .union([z.literal("none"), z.number().positive()])
    .default(1)
    .describe(
      "Gradients with a larger norm are scaled down to this norm. `none`: no clipping, as published.",
    ),
  dropout: openShare
    .optional()
    .describe(
      "Dropout of the text encoder's states and attention. Absent: what the encoder's config.json says.",
    ),
  frozenLayers: z
    .int()
    .min(0)
    .default(0)
    .describe(
      "Number of text layers, from the bottom and including the embeddings, that keep the encoder's weights; their states are computed once, which makes training faster (`mi2rage`).",
    ),
  maxLength: z
    .int()
    .min(8)
    .default(80)
    .describe("Maximum number of subword tokens per text, markers included."),
  truncation: z
    .enum(["report", "error"])
    .default("report")
    .describe(
      "What to do with a longer text: cut it and count it in the run's record, or refuse to start the run.",
    ),
  evaluateEvery: z
    .union([z.literal("epoch"), positiveInteger])
    .default("epoch")
    .describe("When to score the validation documents: after every epoch, or after every n steps."),
  metric: z
    .enum(["micro_f1", "macro_f1", "accuracy"])
    .default("micro_f1")
    .describe(
      "The validation score that chooses the best weights; F1 is over relations other than None, or over entities (for which accuracy is not defined).",
    ),
  earlyStopping,
  timeLimit: z
    .string()
    .regex(TIME_LIMIT, 'expected a number and a unit, such as "90s", "10m" or "1.5h"')
    .refine((limit) => !(secondsOf(limit) <= 0), "expected more than no time")
    .optional()
    .describe(
      "Ends the training in time, for example `10m`. After the first steps, the number of steps and the learning rates are planned for what fits. So the result depends on the machine's speed. Absent: no limit.",
    ),
  keep: z
    .enum(["best", "last", "all"])
    .default("best")
    .describe(
      "What to keep of a run that has ended. `best`: the best model, or the last one if nothing was evaluated. `last`: also the model after the last step. `all`: also the newest checkpoint, with the optimiser's state.",
    ),
  thresholds: z
    .union([z.enum(["none", "best-f1"]), z.number().gt(0).lt(1)])
    .default("none")
    .describe(
      "Which threshold each label gets after the training, on the validation documents: none, the one of its best F1, or, as a number, the lowest with at least this precision.",
    ),
  seed: z
    .int()
    .nonnegative()
    .default(1234)
    .describe("Seed of all random draws: the same seed on the same machine gives the same weights."),
  threads: positiveInteger
    .optional()
    .describe(
      "Threads of the runtime. Absent: the number of cores. Results are repeatable only with the same number of threads.",
    ),
  device: z.enum(["cpu", "webgpu", "cuda"]).default("cpu").describe("Where the graphs run."),
  library: z
    .string()
    .min(1)
    .optional()
    .describe("An onnxruntime shared library to use instead of the one in onnxruntime-node."),
  provider: z
    .strictObject({
      library: z.string().min(1).describe("Shared library of a plugin execution provider."),
      name: z
        .string()
        .min(1)
        .optional()
        .describe("Which of the library's providers to use; needed if it offers several."),
      options: z
        .record(z.string(), z.string())
        .optional()
        .describe("Options of the provider, under the names it defines."),
    })
    .optional()
    .describe(
      "A plugin execution provider, which runs the nodes that it supports; the device runs the others.",
    ),
});

const encoder = z
  .string()
  .min(1)
  .describe(
    "Text encoder (BERT, RoBERTa, XLM-R, DistilBERT, MPNet, DeBERTa-v3, ModernBERT): a folder in the Hugging Face layout, or a hub id (`FacebookAI/roberta-base`) that is downloaded once into the Hugging Face cache. Other families can be registered by `extensions`. Published: roberta-large.",
  );

const method = named(METHODS)
  .default("i2srm")
  .describe(
    "`i2srm`: train on texts with their pictures, or on texts only. `mi2rage`: train on one real modality and generated views of the other (`mre` only). Or the name of a relation reader from `extensions` (`mre` only).",
  );

/** The settings of one model: what a run trains. */
export const runSchema = z
  .strictObject({
    $schema: z.string().optional().describe("Address of the JSON schema, for editors; ignored by relata."),
    task: z.enum(["mre", "mner"]).default("mre"),
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
    .enum(["mre", "mner", "both"])
    .default("mre")
    .describe(
      "`mre`: the relation between two given mentions. `mner`: the entities of a text. `both`: trains a model for each, one after the other, and joins them in a bundle. See docs/training.md.",
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

/** The section of a configuration with the settings of one task alone. */
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
