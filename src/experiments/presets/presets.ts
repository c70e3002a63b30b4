// The registry of presets.
import { Extensions } from "../../extensions/extension.ts";
import { type Preset, presetError } from "../plan.ts";
import { registeredPresets } from "../registered-presets.ts";
import { batchComposition } from "./batch-composition.ts";
import { deltaSweep, i2srmAblation, prefixLevels, semanticWeightSweep, unmixedShareSweep } from "./i2srm.ts";
import {
  mi2rage,
  mi2rageAblation,
  mi2rageAugmentation,
  mi2rageAveraging,
  mi2rageGeneratorSwap,
  mi2rageMethod,
  mi2rageRounds,
  mi2rageSelection,
  mi2rageShare,
  mi2rageThreshold,
  mi2rageUpperBound,
  mi2rageViews,
} from "./mi2rage.ts";
import { modalityGapPreset } from "./modality-gap.ts";
import { objectsOrPicture, prefixStages } from "./prefix-pictures.ts";
import { publishedDefaults } from "./published-defaults.ts";
import { batchSize, deltaKlGrid, mixupAlpha, pictureEncoders, sweep, textEncoders } from "./sweep.ts";
import { transfer } from "./transfer.ts";
import { unrelatedPictures, unrelatedPicturesSemanticLoss } from "./unrelated-pictures.ts";

/** All of relata's own presets, in the order of their list. */
export const PRESETS: readonly Preset[] = [
  sweep,
  i2srmAblation,
  publishedDefaults,
  deltaSweep,
  unmixedShareSweep,
  semanticWeightSweep,
  modalityGapPreset,
  deltaKlGrid,
  mixupAlpha,
  batchSize,
  textEncoders,
  pictureEncoders,
  prefixLevels,
  prefixStages,
  objectsOrPicture,
  unrelatedPictures,
  unrelatedPicturesSemanticLoss,
  batchComposition,
  transfer,
  mi2rage,
  mi2rageMethod,
  mi2rageSelection,
  mi2rageShare,
  mi2rageThreshold,
  mi2rageRounds,
  mi2rageViews,
  mi2rageAveraging,
  mi2rageGeneratorSwap,
  mi2rageUpperBound,
  mi2rageAugmentation,
  mi2rageAblation,
];

/** Returns relata's presets and registered ones. @throws ExtensionError `extension/name-taken` */
export function presetsWith(extensions: Extensions = Extensions.NONE): readonly Preset[] {
  const names = PRESETS.map(({ name }) => name);
  return [...PRESETS, ...registeredPresets(extensions, names)];
}

/** Returns the preset with a name. @throws ConfigError `experiment/unknown-preset`, naming the known ones; ExtensionError `extension/name-taken` */
export function presetNamed(name: string, extensions?: Extensions): Preset {
  const presets = presetsWith(extensions);
  const preset = presets.find((known) => known.name === name);
  if (preset !== undefined) return preset;
  throw presetError(
    "experiment/unknown-preset",
    `there is no preset "${name}"`,
    `Name one of: ${presets.map((known) => known.name).join(", ")}; one of your own is loaded with --extension <module>.`,
    name,
  );
}
