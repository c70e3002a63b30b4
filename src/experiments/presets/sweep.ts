// The preset for any field of the configuration, and presets for fields that the papers ask about.
import type { Config } from "../../config/schema.ts";
import { type Preset, presetError } from "../plan.ts";
import { planFieldSweep } from "../sweep/field-sweep.ts";
import { fieldPreset } from "./field-preset.ts";
import { requirePictures } from "./i2srm.ts";

/** Any field of the configuration. */
export const sweep: Preset = {
  name: "sweep",
  description: "values of any field of the configuration, each field alone or all combinations",
  options:
    "--field <field> --values <value...>, once or more; --cross: all combinations; --dataset name=config.json: on several data sets",
  sweeps: "any",
  plan(base, options) {
    const { fields = [], cross = false } = options;
    const names = fields.map(({ field }) => field).join(cross ? " x " : ", ");
    return planFieldSweep({ title: `Sweep over ${names}`, base, options, fields, cross });
  },
};

/** Text encoders, each with the learning rates for its width. */
export const textEncoders: Preset = fieldPreset({
  name: "text-encoders",
  description:
    "text encoders: BERT-base, RoBERTa-base and RoBERTa-large, or others, each with the learning rates for its width",
  title: "Text encoders",
  question: ({ preset }) =>
    preset === "published"
      ? "Does a larger text encoder score higher? All rows have the published learning rates."
      : "Does a larger text encoder score higher? All rows leave out the configuration's learning rates, so that each encoder has the defaults for its width.",
  fields: [
    {
      field: "encoder",
      values: ["google-bert/bert-base-uncased", "FacebookAI/roberta-base", "FacebookAI/roberta-large"],
    },
  ],
  always: () => ({
    training: { learningRate: null, headLearningRate: null, taggerLearningRate: null },
  }),
});

/** Picture encoders, such as ResNets of different depths. */
export const pictureEncoders: Preset = fieldPreset({
  name: "picture-encoders",
  description: "picture encoders: ResNets of 50, 101 and 152 layers, or others",
  title: "Picture encoders",
  question: "Does a deeper picture encoder help?",
  fields: [
    {
      field: "visual.encoder",
      values: ["microsoft/resnet-50", "microsoft/resnet-101", "microsoft/resnet-152"],
    },
  ],
  requires: (name, base) => {
    requirePictures(name, base);
    if (base.visual.kind === "pictures") return;
    throw presetError(
      "experiment/needs-pictures",
      `the preset ${name} compares encoders of pixels, but visual.kind is "${base.visual.kind}"`,
      'Give a configuration with visual.kind "pictures".',
      base.visual.kind,
    );
  },
});

/** Small batches have few other samples to attend to and to mix with. */
export const batchSize: Preset = fieldPreset({
  name: "batch-size",
  description: "the batch size: with small batches, attention across samples and mixup see few other samples",
  title: "Batch size",
  question: "How many other samples do attention across samples and mixup need?",
  fields: [{ field: "training.batchSize", values: [1, 2, 4, 8, 16] }],
});

/** The distribution of the mixing ratio. */
export const mixupAlpha: Preset = fieldPreset({
  name: "mixup-alpha",
  description: "alpha of mixup's Beta(alpha, alpha): mostly one of the two rows (small), or halves (large)",
  title: "Alpha of mixup",
  question: "How strongly should two rows be mixed?",
  fields: [{ field: "model.mixup.alpha", values: [0.2, 0.5, 1, 2, 4] }],
  always: () => ({ model: { mixup: { enabled: true } } }),
});

/** Whether the best Delta depends on the weight of the semantic loss. */
export const deltaKlGrid: Preset = fieldPreset({
  name: "delta-kl-grid",
  description: "Delta (model.mixup.unmixedShare) and the weight of the semantic loss, in all combinations",
  title: "Delta and the weight of the semantic loss",
  question: "Does the best Delta depend on the weight of the semantic loss?",
  fields: [
    { field: "model.mixup.unmixedShare", values: [0.2, 0.6, 1] },
    { field: "model.semanticLoss.weight", values: [0, 0.5, 1] },
  ],
  cross: true,
  always: mixesAPool,
  requires: requirePictures,
});

/** What Delta and the semantic loss need to have an effect. */
function mixesAPool(_base: Config) {
  return { model: { mixup: { enabled: true, rows: "pool" }, semanticLoss: { enabled: true } } };
}
