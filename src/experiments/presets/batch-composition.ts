// The preset that puts together batches in different ways, with and without the parts of I2SRM that mix the samples of a batch.
import type { Preset } from "../plan.ts";
import { OFF, variants } from "./i2srm.ts";

const COMPOSITIONS = [
  ["random", "any documents"],
  ["homogeneous", "documents of one label"],
  ["stratified", "the labels in the proportions of all documents"],
] as const;

/** Homogeneous against mixed batches. */
export const batchComposition: Preset = {
  name: "batch-composition",
  description:
    "batches of any documents, of documents with one label, and with all labels in proportion, each with and without attention across samples and mixup",
  plan(_base, options) {
    const variant = variants(options);
    const plain = variants(options, "without attention across samples and mixup");
    const without = (name: string) => `${name}-no-attention-no-mixup`;
    return {
      title: "Homogeneous and mixed batches",
      description:
        "A batch holds any documents, documents of one label (of one dominating entity type), or all labels in proportion. Attention across samples and mixup join the documents of a batch; rows without them show what the order of the documents does on its own, and are compared with random batches without them.",
      reference: "random",
      variants: [
        ...COMPOSITIONS.map(([batches, description]) =>
          variant(batches, `batches of ${description}`, {
            training: { batches },
            model: { attention: { enabled: true }, mixup: { enabled: true } },
          }),
        ),
        ...COMPOSITIONS.map(([batches, description]) => ({
          ...plain(
            without(batches),
            `batches of ${description}, without attention across samples and mixup`,
            {
              training: { batches },
              model: { attention: OFF, mixup: OFF },
            },
          ),
          ...(batches === "random" ? {} : { reference: without("random") }),
        })),
      ],
    };
  },
};
