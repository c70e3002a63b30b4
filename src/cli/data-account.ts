// What was used of a data file, in words: one line of counts, and one line for each of the first pictures and captions that cannot be used.
import type { DataAccount, TrainingData } from "../experiments/relation-runs.ts";

const MAX_FAULTS_SHOWN = 3; // enough to see what kind of fault it is; --json has all of them

/** What a run works with. */
export function describeData({ visualChannel, train, validation }: TrainingData): string {
  return [
    `visual channel: ${visualChannel}`,
    `training:   ${describeAccount(train)}`,
    `validation: ${describeAccount(validation)}`,
  ].join("\n");
}

export function describeAccount(account: DataAccount): string {
  const { documents, examples, truncated, withoutVisual, brokenPictures, captions, crops, unknownRelations } =
    account;
  const counts = [
    `${examples} examples from ${documents.accepted} documents`,
    ...(documents.rejected > 0 ? [`${documents.rejected} rows rejected (relata validate lists them)`] : []),
    ...(truncated > 0 ? [`${truncated} cut to the greatest length`] : []),
    ...(account.untaggableEntities
      ? [`${account.untaggableEntities} entities that tags cannot say (overlapping, or without a token)`]
      : []),
    ...(withoutVisual > 0 ? [`${withoutVisual} without a usable picture or caption`] : []),
    ...(brokenPictures.length > 0
      ? [`${brokenPictures.length} broken picture ${brokenPictures.length === 1 ? "file" : "files"}`]
      : []),
    ...(crops ? describeCrops(crops) : []),
    ...(captions && captions.rows.rejected > 0 ? [`${captions.rows.rejected} caption rows rejected`] : []),
    ...(captions && captions.truncated > 0
      ? [`${captions.truncated} captions cut to the encoder's greatest length`]
      : []),
    ...Object.entries(unknownRelations).map(([label, count]) => `${count} of the unknown relation ${label}`),
  ].join(", ");
  const faults = [
    ...brokenPictures.map(({ image, code, message }) => `  ${image}: [${code}] ${message}`),
    ...(captions?.rows.defects ?? [])
      .filter(({ severity }) => severity === "error")
      .map(({ place, code, message }) => `  ${place}: [${code}] ${message}`),
  ];
  const shown = faults.slice(0, MAX_FAULTS_SHOWN);
  const rest = faults.length - shown.length;
  return [counts, ...shown, ...(rest > 0 ? [`  and ${rest} more (--json lists all)`] : [])].join("\n");
}

/** How many pictures have how many crops, and what the detector found outside of them. */
function describeCrops({ counts, degenerate }: NonNullable<DataAccount["crops"]>): string[] {
  return [
    ...counts.flatMap((pictures, crops) =>
      pictures > 0
        ? [`${counted(pictures, "picture")} with ${crops === 0 ? "no crop" : counted(crops, "crop")}`]
        : [],
    ),
    ...(degenerate > 0
      ? [`${counted(degenerate, "detected box", "es")} without a pixel of their picture`]
      : []),
  ];
}

function counted(count: number, noun: string, plural = "s"): string {
  return `${count} ${noun}${count === 1 ? "" : plural}`;
}
