// Presets for the parts of I2SRM: each part switched off, each constant swept, the prefix on only some layers.
import { counted } from "../../base/counted.ts";
import type { Config } from "../../config/schema.ts";
import {
  type Overrides,
  type Preset,
  type PresetOptions,
  presetError,
  usualEvaluations,
  type Variant,
} from "../plan.ts";

/** Switches a part off. */
export const OFF = { enabled: false };

/** No picture, and no part that mixes samples: the plain encoder with its head. */
export const TEXT_ONLY: Overrides = {
  visual: { kind: "none", encoder: null, stages: null, detector: null, features: null },
  model: { attention: OFF, mixup: OFF, prefix: { wholePicture: null } },
};

/** The parts of I2SRM, each switched off in turn. */
export const i2srmAblation: Preset = {
  name: "i2srm-ablation",
  description:
    "all of I2SRM, and I2SRM without the semantic loss, attention, mixup, both, the visual prefix, the picture",
  plan(base, options) {
    requirePictures("i2srm-ablation", base);
    const variant = variants(options);
    return {
      title: "Parts of I2SRM",
      description: "Every row switches off one or two parts of I2SRM; the last row uses no pictures at all.",
      reference: "full",
      variants: [
        variant("full", "all of I2SRM", {}),
        variant("no-semantic-loss", "without the semantic loss", { model: { semanticLoss: OFF } }),
        variant("no-attention", "without attention across samples", { model: { attention: OFF } }),
        variant("no-mixup", "without mixup", { model: { mixup: OFF } }),
        variant("no-attention-no-mixup", "without attention across samples and without mixup", {
          model: { attention: OFF, mixup: OFF },
        }),
        variant("no-prefix", "without the visual prefix: the picture is used by the semantic loss only", {
          model: { prefix: OFF },
        }),
        variant("text-only", "no picture, no attention across samples, no mixup", TEXT_ONLY),
      ],
    };
  },
};

/** What the two shares of mixup need to have an effect. */
const POOL = { enabled: true, rows: "pool" };

/** A row for a configuration that mixes all rows, which no value of a share equals. */
function mixesAll({ model: { mixup } }: Config): AsIs | undefined {
  return mixup.enabled && mixup.rows === "all"
    ? { name: "all-rows", description: "every row mixed, as the configuration says" }
    : undefined;
}

/** The share of mixed rows. */
export const deltaSweep = sweep({
  name: "delta-sweep",
  quantity: "delta",
  meaning: "the share of rows in the pool to mix",
  values: [0.1, 0.3, 0.5, 0.7, 0.9],
  current: ({ model }) => model.mixup.delta,
  overrides: (delta) => ({ model: { mixup: { ...POOL, delta } } }),
  alsoAsIs: mixesAll,
});

/** The share of cross-sample rows that are not mixed. */
export const unmixedShareSweep = sweep({
  name: "unmixed-share-sweep",
  quantity: "Delta",
  meaning: "the share of the cross-sample rows that stay unmixed",
  values: [0.2, 0.4, 0.6, 0.8, 1],
  current: ({ model }) => model.mixup.unmixedShare,
  overrides: (unmixedShare) => ({ model: { mixup: { ...POOL, unmixedShare } } }),
  alsoAsIs: mixesAll,
});

/** The weight of the semantic loss. */
export const semanticWeightSweep = sweep({
  name: "semantic-weight-sweep",
  quantity: "weight of the semantic loss",
  meaning: "the influence of the semantic loss",
  values: [0, 0.1, 0.25, 0.5, 1, 2],
  current: ({ model }) => model.semanticLoss.weight,
  overrides: (weight) => ({ model: { semanticLoss: { enabled: true, weight } } }),
});

/** As published. */
export const MOST_CROPS = 3;

/** The visual prefix on some layers, and with fewer crops. */
export const prefixLevels: Preset = {
  name: "prefix-levels",
  description:
    "the visual prefix at all layers, the lower half, the upper half or none; 0 to 3 crops if there are crops",
  needsLayers: true,
  plan(base, options) {
    requirePictures("prefix-levels", base);
    const { layers } = options;
    const half = Math.ceil(layers / 2);
    const numbers = Array.from({ length: layers }, (_, layer) => layer);
    const prefix = (value: Overrides) => ({ model: { prefix: { enabled: true, ...value } } });
    const variant = variants(options, "layers");
    const withCrops = hasCrops(base);
    const cropVariant = variants(options, "crops");
    const crops = withCrops ? Array.from({ length: MOST_CROPS + 1 }, (_, count) => count) : [];
    return {
      title: "Levels of the visual prefix",
      description: `The picture in front of the keys and values of some of the ${layers} text layers${withCrops ? ", and different numbers of crops in addition to the whole picture" : ""}.`,
      reference: "all-layers",
      variants: [
        variant("all-layers", "a prefix at every layer", prefix({ layers: "all" })),
        variant(
          "lower-layers",
          `a prefix at layers 0 to ${half - 1}`,
          prefix({ layers: numbers.slice(0, half) }),
        ),
        variant(
          "upper-layers",
          `a prefix at layers ${half} to ${layers - 1}`,
          prefix({ layers: numbers.slice(half) }),
        ),
        variant("no-layer", "no prefix", { model: { prefix: OFF } }),
        ...crops.map((objects) =>
          cropVariant(
            `crops-${objects}`,
            `at most ${counted(objects, "crop")} in addition to the whole picture`,
            {
              model: { objects },
            },
          ),
        ),
      ],
    };
  },
};

interface Sweep {
  readonly name: string;
  readonly quantity: string;
  readonly meaning: string;
  readonly values: readonly number[];
  readonly current: (base: Config) => number;
  readonly overrides: (value: number) => Overrides;
  /** A further row for the configuration itself, if no value stands for it. */
  readonly alsoAsIs?: (base: Config) => AsIs | undefined;
}

type AsIs = Pick<Variant, "name" | "description">;

/** Builds a preset over the values of one field; the base configuration's value is the reference and always included. */
function sweep({ name, quantity, meaning, values, current, overrides, alsoAsIs }: Sweep): Preset {
  return {
    name,
    description: `${quantity}, ${meaning}: ${values.join(", ")}`,
    options: "--values: other values",
    plan(base, options) {
      const reference = current(base);
      const swept = [...new Set([...(options.values ?? values), reference])].sort((a, b) => a - b);
      const variant = variants(options);
      const asIs = alsoAsIs?.(base);
      return {
        title: `Sweep over ${quantity}`,
        description: `${quantity} is ${meaning}; the configuration says ${reference}.`,
        axis: quantity,
        reference: variantName(quantity, reference),
        variants: [
          ...swept.map((value) => ({
            ...variant(variantName(quantity, value), `${quantity} ${value}`, overrides(value)),
            value,
          })),
          ...(asIs === undefined ? [] : [variant(asIs.name, asIs.description, {})]),
        ],
      };
    },
  };
}

function variantName(quantity: string, value: number): string {
  const word = quantity.split(" ")[0] ?? quantity;
  return `${word.toLowerCase()}-${value}`;
}

/** Builds variants with the usual evaluations. */
export function variants(options: PresetOptions, group?: string) {
  return (name: string, description: string, overrides: Overrides): Variant => ({
    name,
    group,
    description,
    overrides,
    evaluations: usualEvaluations(options),
  });
}

/** Whether a configuration names where crops come from. */
export function hasCrops({ visual }: Config): boolean {
  return visual.kind === "features" || (visual.kind === "pictures" && visual.detector !== undefined);
}

/** @throws ConfigError `experiment/needs-pictures` */
export function requirePictures(preset: string, { visual }: Config): void {
  if (visual.kind !== "none") return;
  throw presetError(
    "experiment/needs-pictures",
    `the preset ${preset} measures what pictures contribute, but visual.kind is "none"`,
    "Give a configuration with pictures, features or captions.",
    visual.kind,
  );
}
