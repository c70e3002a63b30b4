// Rows of MI2RAGE's preset that compares generated pictures with other augmentation of texts: mixup, other words, other generators.
import type { Config } from "../../config/schema.ts";
import { joinOverrides } from "../overrides.ts";
import type { Overrides, PresetOptions } from "../plan.ts";
import { storeNamed } from "./view-stores.ts";

/** A student that reads only the real texts. */
export const TEXT_ONLY: Overrides = {
  visual: { kind: "none", encoder: null, stages: null, features: null },
  synthesis: { store: null, rounds: 0, selection: { method: "none", scores: null } },
};

/** Stores of texts made from the real texts, by the names that the preset knows. */
const TEXTS = {
  eda: "texts with some words changed, in place of the real ones",
  "back-translation": "texts translated there and back, in place of the real ones",
} as const;
const VAE = "vae";

/** The names of the stores besides the main one. */
export const AUGMENTATION_STORES: readonly string[] = [...Object.keys(TEXTS), VAE];

/** Half of the texts of a step are augmented ones. */
const SHARE = 0.5;
/** Small, as published for images: most mixtures are nearly one of the two. */
const ALPHA = 0.2;

/** A row: what it changes of the configuration. */
export interface AugmentationRow {
  readonly name: string;
  readonly description: string;
  readonly overrides: Overrides;
}

/** Texts alone, and augmentation that no chain of generators makes. A row whose store is not named is left out. */
export function augmentationRows(base: Config, options: PresetOptions): readonly AugmentationRow[] {
  const alpha = base.synthesis.mixupAlpha ?? ALPHA;
  const ofStore = (name: string, description: string, more: Overrides): AugmentationRow[] => {
    const store = storeNamed(name, base, options);
    if (store === undefined) return [];
    const plain = { rounds: null, chains: null, selection: { method: "none", scores: null } };
    const views = joinOverrides(more, joinOverrides({ synthesis: plain }, store.overrides));
    return [{ name, description, overrides: joinOverrides(NOT_MIXED, views) }];
  };
  return [
    {
      name: "text-only",
      description: "no views at all (K = 0): a student that reads only texts",
      overrides: joinOverrides(TEXT_ONLY, NOT_MIXED),
    },
    {
      name: "mixup",
      description: `texts alone, with mixup of representations and labels (alpha ${alpha})`,
      overrides: joinOverrides(TEXT_ONLY, { synthesis: { mixupAlpha: alpha } }),
    },
    ...Object.entries(TEXTS).flatMap(([name, description]) =>
      ofStore(name, description, {
        visual: TEXT_ONLY.visual,
        synthesis: { augmentedShare: SHARE, asManyAsRounds: null, selection: { reads: "view" } },
      }),
    ),
    ...ofStore(VAE, "all pictures of the store vae, a generator of one round", {}),
  ];
}

const NOT_MIXED: Overrides = { synthesis: { mixupAlpha: null } };
