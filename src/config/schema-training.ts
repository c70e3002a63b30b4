// The section `training` of the configuration.
import { z } from "zod";
import { openShare, positiveInteger, rate, section } from "./schema-fields.ts";
import { secondsOf, TIME_LIMIT } from "./time-limit.ts";

const earlyStopping = section("Ends a run whose validation score no longer improves.", {
  enabled: z.boolean().default(true).describe("Stops early; published: no."),
  patience: positiveInteger
    .default(6)
    .describe(
      "Number of evaluations without a better score before the run ends. Those before the first score above 0 do not count.",
    ),
});

export const training = section("How the parameters are trained.", {
  epochs: positiveInteger
    .default(20)
    .describe(
      "Passes over the training documents, at most: `earlyStopping` ends most runs earlier. Published: 25 for `mre`, 30 for `mner`.",
    ),
  batchSize: positiveInteger
    .default(8)
    .describe("Documents per micro-batch. Published: 16 for `mre`, 8 for `mner`."),
  batches: z
    .enum(["random", "homogeneous", "stratified"])
    .default("random")
    .describe(
      "Which documents share a batch, by label (`mre`, `classification`) or by the type of most of their entities (`mner`); always of similar length. `random`: any, as published. `homogeneous`: those with one label, as far as they fill a batch. `stratified`: every batch has the labels in the proportions of all documents. The log has the entropy of the labels in a batch (`metrics.jsonl`, event `epoch`).",
    ),
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
      "Number of text layers, from the bottom and including the embeddings, that keep the encoder's weights. Their states are computed once, without dropout, which makes training faster; a visual prefix then reaches the other layers only. Not for registered readers. See docs/training.md.",
    ),
  adapters: z
    .strictObject({
      rank: positiveInteger.default(8).describe("Width of the narrow side of every adapter."),
      alpha: z
        .number()
        .positive()
        .optional()
        .describe("The product of an adapter counts alpha / rank times. Absent: twice the rank."),
      targets: z
        .union([z.enum(["all", "attention"]), z.array(z.string().min(1)).min(1)])
        .default("all")
        .describe(
          "Which linear layers of the text encoder get one: `all`, those of the `attention`, or a list of names as they end in the encoder's own files, such as `query` or `attention.output.dense`.",
        ),
    })
    .optional()
    .describe(
      "Low-rank adapters (LoRA): the text encoder keeps its weights, and the product of two narrow matrices beside each of its linear layers is trained, with `headLearningRate`. The saved model keeps them beside the weights, is read as the sums, and is like any other; models of one bundle that were adapted from the same encoder share it. Absent: the encoder is trained itself. Not for registered readers. See docs/training.md.",
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
  labelWeights: z
    .enum(["none", "probability"])
    .default("none")
    .describe(
      "How much a training label counts. `none`: as much as any other. `probability`: its `probability`, divided by the mean over the training examples; a text's entities count together, by their mean; a label without a probability counts as certain. Not for registered readers. See docs/training.md.",
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
  engine: z
    .enum(["onnxruntime", "torch"])
    .optional()
    .describe(
      "What runs the training steps; absent: onnxruntime. `torch`: PyTorch, in one or more processes that torchrun starts. Validation documents are scored by onnxruntime either way. A run can be resumed with the other engine. See docs/torch.md.",
    ),
  torch: z
    .strictObject({
      processes: positiveInteger
        .optional()
        .describe(
          "Processes on each machine, default 1. Micro-batch i of a step runs in process i modulo their number, so `accumulation` must be at least the number of all processes.",
        ),
      nodes: positiveInteger.optional().describe("Machines, default 1."),
      rendezvous: z
        .string()
        .regex(/^[^:\s]+:\d+$|^\[[^\]\s]+\]:\d+$/, 'expected a host and a port, such as "10.0.0.1:29500"')
        .optional()
        .describe(
          "Host and free port of the first machine, where the processes meet; needed for several machines.",
        ),
      python: z
        .string()
        .min(1)
        .optional()
        .describe("Python interpreter with PyTorch. Absent: `RELATA_PYTHON`, then `python3`."),
      precision: z
        .enum(["fp32", "tf32", "bf16"])
        .optional()
        .describe(
          "Arithmetic of matrix products, default `fp32`; everything else is float32. `tf32` shortens the factors to 11 significant bits on NVIDIA GPUs, `bf16` to 8 on any device.",
        ),
      compile: z.boolean().optional().describe("Compiles the step's graph with torch.compile, default no."),
    })
    .optional()
    .describe("How `engine: torch` runs."),
  device: z.enum(["cpu", "webgpu", "cuda"]).default("cpu").describe("Where the graphs run."),
  library: z
    .string()
    .min(1)
    .optional()
    .describe("An onnxruntime shared library to use instead of the one in onnxruntime-node."),
  provider: z
    .strictObject({
      library: z
        .string()
        .min(1)
        .optional()
        .describe(
          "Shared library of a plugin execution provider. Absent: that of the provider that relata knows by `name`, which it looks for.",
        ),
      name: z
        .string()
        .min(1)
        .optional()
        .describe(
          "`openvino`, or with `library` which of its providers to use; needed there if it offers several.",
        ),
      precision: z
        .enum(["fp32", "bf16"])
        .optional()
        .describe(
          "Arithmetic of matrix products under `openvino`, default `fp32`. `bf16` keeps 8 significant bits of each factor and needs a processor with AMX or AVX-512 BF16.",
        ),
      options: z
        .record(z.string(), z.string())
        .optional()
        .describe("Options of the provider, under the names it defines."),
    })
    .refine(({ library, name }) => library !== undefined || name !== undefined, {
      message: "needs a library or a name",
    })
    .optional()
    .describe(
      "A plugin execution provider, which runs the nodes that it supports; the device runs the others.",
    ),
});
