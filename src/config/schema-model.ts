// The section `model` of the configuration: the parts of I2SRM and of MI2RAGE's student.
import { z } from "zod";
import { openShare, positiveInteger, section, share } from "./schema-fields.ts";

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
  wholePicture: z
    .boolean()
    .default(true)
    .describe(
      "Shows the whole picture in front of its crops. If false, the prefix shows crops only (the semantic loss still uses the whole picture); a document whose picture has no crop then has no prefix. Needs crops: see `model.objects`.",
    ),
});

const relation = section(
  "How the relation model reads a text with several pairs of mentions (`mre`, `i2srm`).",
  {
    pairs: z
      .enum(["separate", "packed"])
      .default("separate")
      .describe(
        "`separate`: the text once for each pair, with markers around its two mentions. `packed`: the text once for all its pairs, with four markers for each pair behind it, which read the text and each other; extraction then takes less time, the more pairs a text has. In training, `batchSize` and `tokenBudget` then count texts with all their pairs. Needs BERT, RoBERTa, XLM-R or DistilBERT. See docs/i2srm.md.",
      ),
  },
);

const tagging = section("The part of the entity model after the encoder (`mner`).", {
  emissionWidth: positiveInteger
    .default(32)
    .describe(
      "Width of a token's feature; published, and the default without attention across samples (so with `mi2rage` too): 150. The attention is `training.maxLength` times as wide, so its number of weights grows with the square: with 80 tokens, 37 million at a width of 32 and 625 million (10 GB of memory in training) at 150. A width below the number of tags (two per entity type, and up to four more) limits which tags the scores can tell apart.",
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

export const model = section(
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
    relation,
    tagging,
    fusion,
  },
);
