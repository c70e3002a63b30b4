// The section `synthesis` of the configuration: generated views, and the selection among them.
import { z } from "zod";
import { MAX_TRUST } from "../base/trust-range.ts";
import { openShare, positiveInteger, section } from "./schema-fields.ts";

const selection = section("Which generated views to train on.", {
  method: z
    .enum(["none", "random", "similarity", "teacher", "threshold"])
    .default("teacher")
    .describe(
      "`none`: all accepted views. `random`: a random share of them. `similarity`: those nearest to the real view. `teacher`: those with which a teacher that was not trained on the example gives the gold label the highest probability. `threshold`: those with which such a teacher gives it about the probability that it has without a view, or more (`margin`); an example may keep none.",
    ),
  share: z
    .union([z.number().gt(0).max(1), z.literal("match")])
    .default(0.5)
    .describe(
      "Share of each example's accepted views to keep (rho), at least one view. `match` (for `teacher`): the largest share at which teachers name the label from the kept views as often as from the validation documents' real pictures or texts.",
    ),
  margin: z
    .number()
    .min(-20)
    .max(20)
    .default(0)
    .describe(
      "For `threshold`: by how many nats a kept view may lower the gold label's log-probability (t). 0: not at all. Below 0: it must raise it by as much.",
    ),
  embedder: z
    .string()
    .min(1)
    .optional()
    .describe(
      "For `similarity`: what compares a view with the real one, a folder or a hub id. A text encoder or the folder of a trained model (real texts), or a picture encoder or the folder of a relation model that was trained with pictures (real pictures), compares what the view was turned back into. A CLIP model compares the view with the real view itself. Absent: `encoder`, or `visual.encoder`.",
    ),
  gate: section("Whether to select at all (for `teacher` and `threshold`); all views are kept otherwise.", {
    enabled: z
      .boolean()
      .default(false)
      .describe(
        "Trains two teachers for each fold, on separate halves of the other folds. The second measures how much more an example's views say about its label than those of other examples do. If that is clearly above `margin`, both teachers select; otherwise all views are kept.",
      ),
    margin: z
      .number()
      .min(0)
      .max(20)
      .default(0.03)
      .describe("What the lower end of that gain's 95 % interval must exceed, in nats."),
  }),
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
      "What a teacher reads. `view`: the generated view by itself and, if the real view is a text, its two mentions (`mner`: all of them). `pair`: the generated view and the whole real view.",
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

export const synthesis = section(
  "Training from one modality with generated views of the other (`mi2rage`).",
  {
    store: z
      .string()
      .min(1)
      .optional()
      .describe("Store of generated views of the training documents, made by `relata synthesize`."),
    real: z
      .enum(["text", "picture"])
      .default("text")
      .describe(
        "Which modality of the training documents is real; their other modality is ignored (but see `use`). `picture`: `mre` only.",
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
    augmentedShare: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe(
        "For a store of texts made from the real texts (`textToText` in its plan): share of the examples of a step that show one of their kept texts in place of the real one, with its label. Needs `visual.kind` `none`. Absent: the store holds views of the other modality.",
      ),
    mixupAlpha: z
      .number()
      .positive()
      .max(100)
      .optional()
      .describe(
        "Mixes the representations that the student classifies, and their labels, with those of other examples of the batch; the ratio of a step is drawn from Beta(alpha, alpha). Absent: nothing is mixed. (`model.mixup` is for `i2srm`.)",
      ),
    combination: z
      .enum(["attention", "product"])
      .default("product")
      .describe(
        "How views are combined with the real view. `attention`: the student reads them together. `product`: a product of two experts; the student reads the real view by itself, and the views with no more of a real text than its two mentions, and the log-probabilities are added. Entities (`mner`) are found with `attention`, which is their default.",
      ),
    trust: z
      .union([z.literal("fit"), z.number().min(0).max(MAX_TRUST)])
      .default("fit")
      .describe(
        `How far scores move with views: log p without views + trust × (log p with views - log p without). \`fit\`: the trust that suits the validation documents' own pictures or texts, or 1 where no other is significantly better. A number from 0 to ${MAX_TRUST} is used as it is; 1: views count as trained, as they always do for entities.`,
      ),
    selection,
  },
);
