// The configuration of a training run: every field with its default (the published settings) and a line of explanation.
// docs/configuration.md and schema/relata.config.json are generated from here by `node scripts/write-config-docs.mjs`.
import { z } from "zod";
import { FORMATS } from "../data/readers.ts";
import { negativesSchema } from "./negatives.ts";

const positiveInteger = z.int().positive();
const share = z.number().min(0).max(1);
const openShare = z.number().min(0).lt(1);

/** An object that knows all its keys and can be left out: its fields' defaults then apply. */
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
    format: z
      .enum(FORMATS.map(({ name }) => name))
      .default("relata")
      .describe("Form of the data files; docs/data.md describes each."),
    bio: z
      .enum(["conll", "strict", "repair"])
      .default("conll")
      .describe(
        "How a CoNLL file's orphan I- tags are read: `conll` as the start of an entity (conlleval, seqeval), `strict` rejects their text, `repair` see docs/data.md.",
      ),
    imageExtension: z
      .string()
      .default(".jpg")
      .describe("What a CoNLL file's `IMGID` lacks to be the name of a picture."),
    train: z.string().min(1).describe("File of training documents."),
    validation: z.string().min(1).describe("File of validation documents; the best epoch is chosen on it."),
    pictures: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Folder that the documents' `image` names are relative to; used when `visual.kind` is `pictures`.",
      ),
    captions: section("Captions that stand for the pictures, used when `visual.kind` is `captions`.", {
      train: captionsOf("training"),
      validation: captionsOf("validation"),
    }),
    relations: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(2)])
      .optional()
      .describe(
        "The label set of relations: a list, or a JSON file of label to index (`rel2id.json`). Absent: the labels of the training documents, None first.",
      ),
    noneLabel: z
      .string()
      .min(1)
      .optional()
      .describe(
        "The data's own name for no relation (`NA`, `no_relation`, `Other`), in the documents and in `relations`: it is read as `None`. Absent: `None` alone means it.",
      ),
    negatives: negativesSchema
      .default("auto")
      .describe(
        "Which ordered pairs of entities without an annotated relation become `None`, in training, validation and evaluation (`mre`). `typed`: pairs whose types are joined by a relation of the training documents, which are the pairs that extraction asks. `all`: whatever their types. A number: so many `typed` ones for each relation, in training alone. `none`: none of them. `auto`: `typed`, but `none` where the training documents annotate `None` themselves, hold a label that may mean it (`NA`), or are rows of one pair each (`mnre`). See docs/data.md.",
      ),
    entityTypes: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe("The entity types (`mner`). Absent: those of the training documents, sorted."),
  })
  .describe("What is read.");

const visual = section("What stands for the picture.", {
  kind: z
    .enum(["none", "pictures", "features", "captions"])
    .default("none")
    .describe(
      "`none`: text only. `pictures`: maps of `visual.encoder`, computed once per picture and cached. `features`: maps computed elsewhere, from a file. `captions`: the caption is encoded by the frozen text encoder and stands in for the picture as visual prefix; it is not added to the text, and results call it caption-as-vision. See docs/your-data.md.",
    ),
  encoder: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Picture encoder for `pictures`: a ResNet, CLIP or ViT as a folder in the Hugging Face layout or as a hub id (`microsoft/resnet-50`, downloaded once), or a `.json` file that describes an ONNX picture encoder (docs/your-data.md). Published: ResNet-50.",
    ),
  detector: z
    .string()
    .min(1)
    .optional()
    .describe(
      "For `pictures`: a `.json` file that describes an ONNX object detector (docs/your-data.md); its best boxes are cut out and encoded beside the whole picture, `model.objects` at most. Absent: the whole picture alone.",
    ),
  features: z
    .string()
    .min(1)
    .optional()
    .describe(
      "For `features`: a safetensors file with `maps/<image>` [1 + crops, channels, 2, 2] and `logits/<image>` [classes]. For `pictures`: the folder where computed features are cached (default: inside `cache`, or else the run folder).",
    ),
});

const semanticLoss = section("Aligns the picture's distribution with the text's (a KL divergence).", {
  enabled: z.boolean().default(true).describe("Adds the semantic loss."),
  weight: z
    .number()
    .min(0)
    .default(0.5)
    .describe("Its weight in the loss; published: 0.5 for MRE, 1 for MNER (the default there)."),
});

const attention = section("The transformer layer across the samples of a batch (training only).", {
  enabled: z.boolean().default(true).describe("Adds rows that have seen the other rows of the batch."),
  heads: positiveInteger.default(4).describe("Attention heads."),
  ffn: positiveInteger.default(2048).describe("Width of its feed-forward part."),
  dropout: openShare.default(0.2).describe("Its dropout."),
});

const mixup = section("Mixes rows of the batch and their labels (training only).", {
  enabled: z.boolean().default(true).describe("Mixes."),
  delta: share
    .default(0.7)
    .describe("Share of the 2B rows that form the pool to mix, half from each end (delta)."),
  unmixedShare: share
    .default(0.6)
    .describe(
      "Share of the cross-sample rows that stay unmixed; 1 minus it is the share of the pool that is kept (Delta).",
    ),
  alpha: z.number().positive().default(1).describe("The mixing ratio is drawn from Beta(alpha, alpha)."),
});

const prefix = section("The visual prefix before the keys and values of the text layers.", {
  enabled: z
    .boolean()
    .default(true)
    .describe("Shows the picture to the text encoder; off, the picture serves the semantic loss only."),
  layers: z
    .union([z.literal("all"), z.array(z.int().nonnegative()).min(1)])
    .default("all")
    .describe("Which text layers get a prefix: `all` or a list of layer numbers, the lowest is 0."),
});

const tagging = section("The entity model's part behind the encoder (`mner`).", {
  emissionWidth: positiveInteger
    .default(32)
    .describe(
      "Width of a token's feature; published, and the default without attention across samples: 150. The attention is `training.maxLength` times as wide, so that its weights grow with the square: 37 million at 80 tokens and 32, 625 million (10 GB of memory in training) at 150. A width below the number of tags (two for each entity type, and up to four more) limits what the tags' scores can tell apart.",
    ),
  labelMixing: z
    .enum(["pair", "round"])
    .default("pair")
    .describe(
      "What a mixed sentence is trained on: `pair` both tag sequences, weighted; `round` tag ids interpolated and rounded, as published.",
    ),
  subwords: z
    .enum(["x", "inside"])
    .default("x")
    .describe(
      "Tags of a word's further subwords: `x` a tag of their own (and [CLS], [SEP] one each), as published; `inside` the word's own.",
    ),
  constrained: z
    .boolean()
    .default(true)
    .describe(
      "Decodes well-formed sequences only: no I- but inside its own entity, subwords' tags on subwords. Off: the best sequence of all, read as conlleval reads it.",
    ),
});

const fusion = section("How MI2RAGE's student joins the views of the other modality (`mi2rage`).", {
  width: positiveInteger.default(256).describe("Width of a view and of what attention over the views gives."),
  heads: positiveInteger.default(4).describe("Attention heads."),
  dropout: openShare.default(0.1).describe("Its dropout."),
});

const selection = section("Which generated views are trained on.", {
  method: z
    .enum(["none", "random", "similarity", "teacher"])
    .default("teacher")
    .describe(
      "`none`: all accepted views. `random`: a share of them. `similarity`: those nearest to the real view. `teacher`: those under which a teacher that was not trained on the example gives the gold label the highest probability.",
    ),
  share: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe("Share of each example's accepted views that is kept (rho), at least one."),
  when: z
    .enum(["once", "epoch"])
    .default("once")
    .describe(
      "`once`: selected before the student's first epoch. `epoch`: anew for every epoch, by teachers that are as many epochs old.",
    ),
  reads: z
    .enum(["view", "pair"])
    .default("view")
    .describe(
      "What a teacher reads. `view`: the generated view by itself, and of a real text the two mentions. `pair`: the whole real view beside it.",
    ),
  folds: z
    .int()
    .min(2)
    .default(2)
    .describe("Teachers: each scores the part of the examples it was not trained on."),
  epochs: positiveInteger.optional().describe("Epochs of the teachers. Absent: `training.epochs`."),
  teacherStore: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Store whose views the teachers are trained on, to score those of `synthesis.store`. Absent: the same store.",
    ),
  scores: z
    .string()
    .min(1)
    .optional()
    .describe("Folder that `relata score-views` wrote. Absent: the run trains its teachers first."),
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
      "Which modality of the training documents is real; the other one of theirs is not looked at (but see `use`).",
    ),
  rounds: z
    .int()
    .min(0)
    .optional()
    .describe("Only views of rounds up to this one (K); 0: no views. Absent: all rounds of the store."),
  chains: positiveInteger.optional().describe("Only views of so many chains (R). Absent: all of the store."),
  views: positiveInteger
    .default(4)
    .describe("Views that an example shows in a training step (N), drawn from its kept ones."),
  vary: z
    .boolean()
    .default(true)
    .describe(
      "Shows any number of views from one to N, drawn anew for every example and step, so that the model can be used with few views; off: always N.",
    ),
  use: z
    .enum(["synthetic", "real", "both"])
    .default("synthetic")
    .describe(
      "What the views are in training: `synthetic` from the store; `real` the documents' own pictures, for comparison; `both`.",
    ),
  withoutViews: openShare
    .default(0.1)
    .describe(
      "Share of the examples of a step that show no view, so that the model also reads the real one alone.",
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
        "Most crops beside the whole picture; 0 uses the whole picture only. `pictures` has crops where `visual.detector` finds objects, a `features` file the ones it holds; `captions` have none.",
      ),
    semanticLoss,
    attention,
    mixup,
    prefix,
    tagging,
    fusion,
  },
);

const earlyStopping = section("Ends a run that no longer improves.", {
  enabled: z.boolean().default(false).describe("Stops early."),
  patience: positiveInteger.default(3).describe("Evaluations without a better score before the run ends."),
});

const training = section("How the parameters are fitted.", {
  epochs: positiveInteger
    .default(25)
    .describe("Passes over the training documents; published for MNER: 30 (the default there)."),
  batchSize: positiveInteger
    .default(16)
    .describe("Documents per micro-batch; published for MNER: 8 (the default there)."),
  tokenBudget: positiveInteger
    .optional()
    .describe(
      "Most tokens per micro-batch, padding included; in place of `batchSize` as the limit, which then caps the rows.",
    ),
  learningRate: z.number().positive().lt(1).default(3e-5).describe("Peak learning rate of the encoder."),
  headLearningRate: z
    .number()
    .positive()
    .lt(1)
    .optional()
    .describe(
      "Peak learning rate of everything that is not the encoder. Absent: `learningRate`, as published for MRE.",
    ),
  taggerLearningRate: z
    .number()
    .positive()
    .lt(1)
    .optional()
    .describe(
      "Peak learning rate of the entity model's emission layers and CRF (`mner`). Absent: `headLearningRate`; published, and the default for `mner`: 0.05.",
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
    .describe("AdamW's decoupled decay; not on biases and normalisation."),
  accumulation: positiveInteger.default(1).describe("Micro-batches per step."),
  maxGradientNorm: z
    .number()
    .positive()
    .optional()
    .describe("Gradients are scaled down to this norm. Absent: no clipping."),
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
      "Text layers from the bottom, embeddings included, that keep the encoder's weights; their states are computed once, so that training is faster (`mi2rage`).",
    ),
  maxLength: z.int().min(8).default(80).describe("Most subword tokens per text, markers included."),
  truncation: z
    .enum(["report", "error"])
    .default("report")
    .describe("A longer text: cut and counted in the run's record, or the run refuses to start."),
  evaluateEvery: z
    .union([z.literal("epoch"), positiveInteger])
    .default("epoch")
    .describe("When the validation documents are scored: after every epoch or every so many steps."),
  metric: z
    .enum(["micro_f1", "macro_f1", "accuracy"])
    .default("micro_f1")
    .describe(
      "The validation score that chooses the best weights; F1 is over relations other than None, or over entities (which have no accuracy).",
    ),
  earlyStopping,
  seed: z
    .int()
    .nonnegative()
    .default(1234)
    .describe("Start of every random draw: same seed, same machine, same weights."),
  threads: positiveInteger
    .optional()
    .describe("Threads of the runtime. Absent: the number of cores. Part of what makes a run repeatable."),
  device: z.enum(["cpu", "webgpu", "cuda"]).default("cpu").describe("Where the graphs run."),
  library: z
    .string()
    .min(1)
    .optional()
    .describe("An onnxruntime shared library to use in place of the one that onnxruntime-node ships."),
  provider: z
    .strictObject({
      library: z.string().min(1).describe("Shared library of a plugin execution provider."),
      name: z
        .string()
        .min(1)
        .optional()
        .describe("Which of the library's providers; needed where it offers several."),
      options: z
        .record(z.string(), z.string())
        .optional()
        .describe("Options of the provider, in its own words."),
    })
    .optional()
    .describe("A plugin execution provider, which takes the nodes that it can; the device takes the others."),
});

export const configSchema = z
  .strictObject({
    $schema: z.string().optional().describe("Address of the JSON schema, for editors; not read."),
    task: z
      .enum(["mre", "mner"])
      .default("mre")
      .describe("`mre`: the relation between two given mentions. `mner`: the entities of a text."),
    method: z
      .enum(["i2srm", "mi2rage"])
      .default("i2srm")
      .describe(
        "`i2srm`: from texts with their pictures, or texts alone. `mi2rage`: from one real modality and generated views of the other (`mre` only).",
      ),
    encoder: z
      .string()
      .min(1)
      .describe(
        "Text encoder (BERT, RoBERTa, XLM-R): a folder in the Hugging Face layout, or a hub id (`FacebookAI/roberta-base`), which is downloaded once into the Hugging Face cache. Published: roberta-large.",
      ),
    cache: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Folder that keeps what frozen networks computed (features of pictures and captions, states of frozen text layers) for other runs. Absent: pictures' features stay in the run folder, the rest is computed in every run.",
      ),
    data,
    visual,
    synthesis,
    model,
    training,
  })
  .describe("A relata training run.");

/** Settings of a task that differ from the schema's defaults; laid under what the user writes. */
export const TASK_DEFAULTS = {
  mre: {},
  mner: {
    model: { semanticLoss: { weight: 1 } },
    training: { epochs: 30, batchSize: 8, taggerLearningRate: 0.05 },
  },
} as const;

/** The published width of a token's feature: the default wherever no attention across samples grows with its square. */
export const PUBLISHED_EMISSION_WIDTH = 150;

/** What a user writes: everything with a default may be left out. */
export type ConfigInput = z.input<typeof configSchema>;
/** What a run gets: defaults filled in, paths as written until `loadConfig` resolves them. */
export type Config = z.output<typeof configSchema>;

/**
 * Types a configuration in `relata.config.ts`; gives it back unchanged.
 *
 * @example
 * export default defineConfig({
 *   encoder: "./encoders/roberta-base",
 *   data: { train: "train.jsonl", validation: "validation.jsonl" },
 * });
 */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}
