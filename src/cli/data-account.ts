// Describes what was used of a data file: one line of counts, and one line for each of the first unusable pictures and captions.
import type { DefectCode } from "../base/codes/data-defects.ts";
import { counted } from "../base/counted.ts";
import { UNIT_NAMES } from "../data/offset-units.ts";
import type { SplitOverlap } from "../data/split-comparison.ts";
import type { DataAccount, TrainingData } from "../extractors/requests.ts";
import { describeAnnotations, describeGuess } from "./file-account.ts";
import { describePairs } from "./pair-account.ts";

/** Decisions about a whole file, reported once, that change what is learnt from it: warnings are probably mistakes of the file. */
const READINGS: ReadonlyMap<string, "warning" | "note"> = new Map<DefectCode, "warning" | "note">([
  ["data/offset-units", "warning"],
  ["data/indices-from-one", "warning"],
  ["data/tag-column", "warning"],
  ["data/no-mention-columns", "warning"],
  ["data/guessed-columns", "note"],
  ["data/row-ids", "note"],
  ["data/token-ends", "note"],
  ["data/offsets-from-content", "note"],
]);

const MAX_FAULTS_SHOWN = 3; // enough to see the kind of fault; --json lists all

/** The parts of a run. */
export function describeData({
  visualChannel,
  train,
  validation,
  overlap = [],
  notes = [],
}: Pick<TrainingData, "visualChannel" | "train" | "validation"> & Partial<TrainingData>): string {
  return [
    `visual channel: ${visualChannel}`,
    `training:   ${describeAccount(train)}`,
    `validation: ${describeAccount(validation)}`,
    ...overlap.flatMap(describeOverlap),
    ...notes,
  ].join("\n");
}

/** What two splits share, in one line; empty if nothing. Shared pictures without shared texts do not inflate a score. */
export function describeOverlap(overlap: SplitOverlap): string[] {
  const { a, b, counts, similarTexts, questions } = overlap;
  const found = [
    [counts.ids, "id"],
    [counts.texts, "text"],
    [
      similarTexts,
      "text that differs only in white space or case",
      "texts that differ only in white space or case",
    ],
    [
      questions,
      "pair of mentions (same text, head and tail)",
      "pairs of mentions (same text, head and tail)",
    ],
    [counts.images, "picture"],
  ] as const;
  const shared = found.filter(([count]) => count > 0).map(([count, one, many]) => counted(count, one, many));
  if (shared.length === 0) return [];
  const differing =
    counts.conflicts > 0 ? `; ${counted(counts.conflicts, "pair")} with different labels` : "";
  const seen = counts.texts + similarTexts + questions > 0 ? `. Scores on ${b} are therefore too high` : "";
  return [`warning: ${a} and ${b} overlap: ${shared.join(", ")} in both${differing}${seen}`];
}

export function describeAccount(account: DataAccount): string {
  const { documents, examples, truncated, withoutVisual, brokenPictures, captions, crops, unknownRelations } =
    account;
  const counts = [
    `${counted(examples, "example")} from ${counted(documents.accepted, "document")}`,
    ...(documents.offsets === undefined || documents.offsets === "utf-16"
      ? []
      : [`offsets read as ${UNIT_NAMES[documents.offsets]}`]),
    ...(documents.rejected > 0
      ? [`${counted(documents.rejected, "row")} rejected (relata validate lists them)`]
      : []),
    ...(documents.leftOut > 0 ? [`${counted(documents.leftOut, "row")} left out`] : []),
    ...(account.unlabelled ? [`${counted(account.unlabelled, "document")} without a category left out`] : []),
    ...(truncated > 0 ? [`${truncated} cut to the maximum length`] : []),
    ...(account.untaggableEntities
      ? [
          `${counted(account.untaggableEntities, "entity", "entities")} that tags cannot represent (overlapping, or without a token)`,
        ]
      : []),
    ...(withoutVisual > 0 ? [`${withoutVisual} without a usable picture or caption`] : []),
    ...(brokenPictures.length > 0 ? [counted(brokenPictures.length, "broken picture file")] : []),
    ...(crops ? describeCrops(crops) : []),
    ...(captions && captions.rows.rejected > 0
      ? [`${counted(captions.rows.rejected, "caption row")} rejected`]
      : []),
    ...(captions && captions.truncated > 0
      ? [`${counted(captions.truncated, "caption")} cut to the encoder's maximum length`]
      : []),
    ...Object.entries(unknownRelations).map(
      ([label, count]) => `${count} with the unknown relation ${label}`,
    ),
  ].join(", ");
  const faults = [
    ...brokenPictures.map(({ image, code, message }) => `  ${image}: [${code}] ${message}`),
    ...(captions?.rows.defects ?? [])
      .filter(({ severity }) => severity === "error")
      .map(({ place, code, message }) => `  ${place}: [${code}] ${message}`),
  ];
  const cut = documents.counts["data/span-cuts-word"] ?? 0;
  const remarks = [
    ...[...describeGuess(documents), ...describeAnnotations(documents)].map((line) => `  ${line}`),
    ...(cut > 0
      ? [
          `  warning: ${counted(cut, "span cuts a word", "spans cut words")} in two (relata validate lists them)`,
        ]
      : []),
    ...documents.defects.flatMap(({ code, place, message }) => {
      const kind = READINGS.get(code);
      return kind === undefined ? [] : [`  ${kind}: ${place}: ${message}`];
    }),
  ];
  const shown = faults.slice(0, MAX_FAULTS_SHOWN);
  const rest = faults.length - shown.length;
  const pairs = account.pairs ? describePairs(account.pairs).map((line) => `  ${line}`) : [];
  const more = rest > 0 ? [`  and ${rest} more (--json lists all)`] : [];
  return [counts, ...remarks, ...pairs, ...shown, ...more].join("\n");
}

/** How many pictures have how many crops, and what the detector found besides them. */
function describeCrops({ counts, degenerate }: NonNullable<DataAccount["crops"]>): string[] {
  return [
    ...counts.flatMap((pictures, crops) =>
      pictures > 0
        ? [`${counted(pictures, "picture")} with ${crops === 0 ? "no crop" : counted(crops, "crop")}`]
        : [],
    ),
    ...(degenerate > 0
      ? [`${counted(degenerate, "detected box", "detected boxes")} outside of the picture`]
      : []),
  ];
}
