// Presets for training from one modality: the effect of generated views, their rounds, their number and their selection.
import type { Config } from "../../config/schema.ts";
import { type Plan, type Preset, type PresetOptions, presetError } from "../plan.ts";
import { AUGMENTATION_STORES } from "./augmentation-rows.ts";
import { variant, variantsOf } from "./mi2rage-variants.ts";
import { SELECTIONS, selected, sharedOf } from "./view-pools.ts";
import { MAIN, OTHER, storeNamed } from "./view-stores.ts";
import { type Group, limitsOf, type Setting } from "./view-sweeps.ts";

const STORES =
  "--store main=folder, other=folder, or --plan main=plan.json: stores of views (default: synthesis.store); --evaluate test=file,views=store: views at inference";

/** Selection and its baselines. */
export const mi2rage = preset(
  "mi2rage",
  ["selection"],
  "texts only; one view; and no, random, similarity and teacher selection of views",
);
/** The number of rounds of the chains. */
export const mi2rageRounds = preset(
  "mi2rage-rounds",
  ["rounds"],
  "views of 1 to 3 rounds (K)",
  "--rounds: other K",
);
/** The number of views that an example shows. */
export const mi2rageViews = preset(
  "mi2rage-views",
  ["views"],
  "1 to 10 views in training (N), and the same number at inference for sets with a store",
  "--views: other N",
);
/** Attention over views against the mean of the answers to each single view. */
export const mi2rageAveraging = preset(
  "mi2rage-averaging",
  ["averaging"],
  "views at inference, fused or averaged (test-time augmentation)",
);
/** Views of one generator, selected by teachers of another. */
export const mi2rageGeneratorSwap = preset(
  "mi2rage-generator-swap",
  ["generator-swap"],
  "views of one store, selected by teachers of the other",
);
/** Trained on real pairs. */
export const mi2rageUpperBound = preset(
  "mi2rage-upper-bound",
  ["upper-bound"],
  "trained on real pairs, and on real and generated ones",
);
/** How a student combines its views with the real one, and how far it trusts them. */
export const mi2rageMethod = preset(
  "mi2rage-method",
  ["method", "upper-bound"],
  "views read together with the real view or apart, trusted as trained or as fitted, and real pairs",
);
/** The share of the views that teachers keep. */
export const mi2rageShare = preset(
  "mi2rage-share",
  ["shares"],
  "shares of the views, from the teachers' best (rho)",
  "--values: other shares",
);
/** How much a view may argue against the label. */
export const mi2rageThreshold = preset(
  "mi2rage-threshold",
  ["margins"],
  "views within a margin of the label's log-probability without them (t, nats)",
  "--values: other margins",
);
/** Selections by teachers and their controls. */
export const mi2rageSelection = preset(
  "mi2rage-selection",
  ["selection", "margins", "measured", "upper-bound"],
  "selections by teachers beside no views, all views, a random share and real pairs",
);
/** Generated pictures beside other augmentation of the same texts. */
export const mi2rageAugmentation = preset(
  "mi2rage-augmentation",
  ["augmentation"],
  "texts alone, mixup, changed words, back-translation, another generator, chains with and without teachers, real pairs",
  `--store or --plan with the names ${AUGMENTATION_STORES.join(", ")}: rows of other stores`,
);
/** All of MI2RAGE's other presets in one table, without the sweeps of its selection. */
export const mi2rageAblation = preset(
  "mi2rage-ablation",
  ["selection", "rounds", "views", "averaging", "generator-swap", "upper-bound"],
  "parts, rounds, numbers of views, averaging, generators and real pairs in one table",
);

function preset(name: string, groups: readonly Group[], description: string, more?: string): Preset {
  return {
    name,
    description: `MI2RAGE: ${description}`,
    options: more === undefined ? STORES : `${STORES}; ${more}`,
    plan: (base, options) => planOf(name, groups, base, options),
  };
}

function planOf(name: string, groups: readonly Group[], base: Config, options: PresetOptions): Plan {
  if (base.method !== "mi2rage") {
    throw presetError(
      "experiment/needs-mi2rage",
      `the preset ${name} compares generated views, but method is "${base.method}"`,
      'Set method to "mi2rage" in the configuration.',
      base.method,
    );
  }
  const main = storeNamed(MAIN, base, options);
  if (main === undefined) {
    throw presetError(
      "experiment/needs-store",
      `the preset ${name} needs a store of generated views`,
      "Set synthesis.store, or give --store main=<folder> or --plan main=<plan.json>.",
    );
  }
  if (groups.every((group) => group === "generator-swap") && storeNamed(OTHER, base, options) === undefined) {
    throw presetError(
      "experiment/needs-store",
      `the preset ${name} needs a second store of generated views, on which the other teachers are trained`,
      "Give --store other=<folder> or --plan other=<plan.json>.",
    );
  }
  const { synthesis } = base;
  if (groups.includes("augmentation") && synthesis.real !== "text") {
    throw presetError(
      "config/contradiction",
      `the preset ${name} compares augmentation of texts, but synthesis.real is "${synthesis.real}"`,
      'Set synthesis.real to "text", and name a store that was made from texts.',
      synthesis.real,
    );
  }
  const setting: Setting = {
    base,
    options,
    main,
    rounds: synthesis.rounds ?? main.facts?.rounds ?? 2,
    chains: synthesis.chains ?? main.facts?.chains,
  };
  const { method } = synthesis.selection;
  const reference = variant(
    setting,
    SELECTIONS[method],
    "selection",
    method === "none" ? "all accepted views" : `the share of the views by ${method}`,
    selected(setting),
  );
  const made = groups.flatMap((group) => variantsOf(group, setting));
  // A sweep of K alone compares pools of one size: the configuration's own, which may be larger, is left out.
  const first = groups.every((group) => group === "rounds" || group === "augmentation")
    ? made[0]?.reference
    : undefined;
  const isThere = first !== undefined || made.some(({ name: known }) => known === reference.name);
  const variants = isThere ? made : [reference, ...made];
  const views = groups.includes("augmentation")
    ? "texts, alone, augmented or with generated pictures"
    : `${synthesis.real}s and generated ${synthesis.real === "text" ? "pictures" : "texts"}`;
  return {
    title: name === "mi2rage-ablation" ? "MI2RAGE: the effect of its parts" : `MI2RAGE: ${groups.join(", ")}`,
    description: `Students trained on real ${views}, scored on documents with both.${limitsOf(setting, groups)}`,
    reference: first ?? reference.name,
    variants,
    shared: sharedOf(setting, groups),
  };
}
