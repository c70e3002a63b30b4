// The table of checks: a new check is one file and one entry here. The order is that in which they see documents.

import { labelBalance } from "./balance/label-balance.ts";
import type { CheckEntry } from "./check.ts";
import { duplicatePictures } from "./duplicates/duplicate-pictures.ts";
import { duplicateTexts } from "./duplicates/duplicate-texts.ts";
import { labelErrors } from "./label-errors/label-error-check.ts";
import { conflictingLabels } from "./leaks/conflicts.ts";
import { overlappingSpans } from "./leaks/overlapping-spans.ts";
import { seenInTraining } from "./leaks/seen-in-training.ts";
import { sharedIds } from "./leaks/shared-ids.ts";
import { pictureQuality } from "./pictures/picture-quality.ts";
import { unrelatedPictures } from "./pictures/unrelated-pictures.ts";
import { sideFeatures } from "./side/side-features.ts";
import { lengths } from "./texts/lengths.ts";
import { textQuality } from "./texts/text-quality.ts";

/** All checks of `relata audit`. */
export const CHECKS: readonly CheckEntry[] = [
  sideFeatures,
  sharedIds,
  duplicateTexts,
  duplicatePictures,
  seenInTraining,
  conflictingLabels,
  overlappingSpans,
  labelErrors,
  labelBalance,
  textQuality,
  lengths,
  pictureQuality,
  unrelatedPictures,
];
