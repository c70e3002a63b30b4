// The preset that measures the gap between pictures and texts with and without the semantic loss.
import { allSets, type Preset, type PresetOptions, presetError, type Variant } from "../plan.ts";
import { requirePictures } from "./i2srm.ts";

/** What the semantic loss does to the gap: I2SRM with it, without it, and with ten times its weight. */
export const modalityGapPreset: Preset = {
  name: "modality-gap",
  description:
    "the gap between pictures and texts on held-out pairs, with the semantic loss, without it, and with more of it",
  plan(base, options) {
    requirePictures("modality-gap", base);
    if (base.task !== "mre" || base.method !== "i2srm") {
      throw presetError(
        "config/no-modality-gap",
        `the preset modality-gap measures relation models of I2SRM, but task is "${base.task}" and method "${base.method}"`,
        'Set task to "mre" and method to "i2srm".',
      );
    }
    const { weight } = base.model.semanticLoss;
    const loss = (semanticLoss: object) => ({ model: { semanticLoss } });
    const strong = weight > 0 ? 10 * weight : 1;
    return {
      title: "The modality gap",
      description:
        "How far a picture's representation is from that of its own text, beside those of other texts, on the documents of each set.",
      reference: "semantic-loss",
      variants: [
        variant(
          options,
          "semantic-loss",
          `with the semantic loss, weight ${weight}`,
          loss({ enabled: true, weight }),
        ),
        variant(options, "no-semantic-loss", "without the semantic loss", loss({ enabled: false })),
        variant(
          options,
          "strong-semantic-loss",
          `with the weight ${strong}`,
          loss({ enabled: true, weight: strong }),
        ),
      ],
    };
  },
};

function variant(
  options: PresetOptions,
  name: string,
  description: string,
  overrides: Variant["overrides"],
): Variant {
  const evaluations = allSets(options).map(({ name: set }) => ({ set, arguments: ["--modality-gap"] }));
  return { name, description, overrides, evaluations };
}
