// The registry of presets.
import { type Preset, presetError } from "../plan.ts";
import { deltaSweep, i2srmAblation, prefixLevels, semanticWeightSweep, unmixedShareSweep } from "./i2srm.ts";
import {
  mi2rage,
  mi2rageAblation,
  mi2rageAveraging,
  mi2rageGeneratorSwap,
  mi2rageRounds,
  mi2rageUpperBound,
  mi2rageViews,
} from "./mi2rage.ts";
import { transfer } from "./transfer.ts";
import { unrelatedPictures } from "./unrelated-pictures.ts";

/** Every preset, in the order in which they are listed. */
export const PRESETS: readonly Preset[] = [
  i2srmAblation,
  deltaSweep,
  unmixedShareSweep,
  semanticWeightSweep,
  prefixLevels,
  unrelatedPictures,
  transfer,
  mi2rage,
  mi2rageRounds,
  mi2rageViews,
  mi2rageAveraging,
  mi2rageGeneratorSwap,
  mi2rageUpperBound,
  mi2rageAblation,
];

/** The preset of a name. @throws ConfigError `experiment/unknown-preset`, naming the known ones. */
export function presetNamed(name: string): Preset {
  const preset = PRESETS.find((known) => known.name === name);
  if (preset !== undefined) return preset;
  throw presetError(
    "experiment/unknown-preset",
    `there is no preset "${name}"`,
    `Name one of: ${PRESETS.map((known) => known.name).join(", ")}.`,
    name,
  );
}
