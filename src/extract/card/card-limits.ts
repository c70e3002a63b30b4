// What a model card must warn of: what was not tested, what the models cannot read, and which labels rest on too little.

import { counted } from "../../base/counted.ts";
import type { Measurement } from "../../extractors/shared/measured-scores.ts";
import type { CardFacts, ModelFacts } from "./card-facts.ts";
import { MODEL_NAMES, trainingCounts } from "./card-tables.ts";

/** With fewer training examples, a label is learned from single cases. */
const FEW_EXAMPLES = 50;
/** With fewer gold instances, a label's F1 has an interval of half the scale or more. */
const FEW_GOLD = 20;
/** A script with a smaller share of the letters is in names and jokes, not in texts. */
const SOME_SHARE = 0.01;
const NAMES_SHOWN = 15;

/** The limits of a bundle or a model, one sentence or two each. */
export function cardLimits(facts: CardFacts): string[] {
  const { models, measured, bundle } = facts;
  return [
    ...untested(measured),
    ...seeds(models),
    ...models.flatMap(readingLimits),
    ...scripts(facts),
    ...(bundle?.typeConstraints == null
      ? []
      : [
          `Relations are sought only between types that a relation of ${bundle.typeConstraints.learntFrom.source} joins; others are never found.`,
        ]),
    ...models.flatMap((model) => rareLabels(model, models)),
    ...uncertainLabels(measured),
    ...models.flatMap(({ kind, calibration }) =>
      calibration === undefined
        ? [
            `The probabilities of the ${MODEL_NAMES[kind]} were never calibrated: they do not say how often it is right.`,
          ]
        : [],
    ),
  ];
}

function untested(measured: readonly Measurement[]): string[] {
  const tested = measured.filter(({ split }) => split === "test");
  if (measured.length === 0)
    return ["**No score is on record.** Measure it on documents of your own before you rely on it."];
  if (tested.length === 0)
    return [
      "**It was not tested on documents that neither trained it nor chose its best epoch.** On other documents, scores will be lower than the ones above.",
    ];
  const leaking = tested.filter(({ trained }) => trained !== null && trained > 0);
  return [
    `It was tested on ${tested.map(({ data }) => data.source).join(", ")} only. Posts of another place, time or topic were not tested.`,
    ...leaking.map(
      ({ data, trained }) =>
        `It was trained on the texts of ${trained} of the ${counted(data.documents, "document")} of ${data.source}: that score is too high.`,
    ),
    ...tested
      .filter(({ trained }) => trained === null)
      .map(({ data }) => `Whether it was trained on documents of ${data.source} could not be checked.`),
  ];
}

function seeds(models: readonly ModelFacts[]): string[] {
  const used = models.flatMap(({ record }) => {
    const training = record?.configuration.training as { readonly seed?: unknown } | undefined;
    return training?.seed === undefined ? [] : [String(training.seed)];
  });
  return used.length === 0
    ? []
    : [
        `Each model was trained once (seed ${[...new Set(used)].join(", ")}): how much another seed changes the scores was not measured. The intervals are those of the documents alone.`,
      ];
}

function readingLimits({ kind, visual, maxLength, record }: ModelFacts): string[] {
  const name = MODEL_NAMES[kind];
  const cut = record === undefined ? 0 : record.train.truncated;
  return [
    visual === undefined
      ? `The ${name} reads texts only and ignores pictures.`
      : `The ${name} also reads ${visual === "caption-as-vision" ? "captions in place of pictures" : visual === "pixels" ? "the pictures of posts" : "precomputed features, which new posts do not have: of them it reads the text"}.`,
    kind === "entity"
      ? `The ${name} reads ${maxLength} subword tokens at once; longer texts are read in overlapping windows, and nothing across windows was tested.`
      : `The ${name} reads ${maxLength} subword tokens; longer texts are cut${cut > 0 ? `, as were ${counted(cut, "training example")}` : ""}.`,
  ];
}

function scripts({ models, stated }: CardFacts): string[] {
  const shares = models.flatMap(({ record }) => Object.entries(record?.scripts ?? {}));
  const seen = [...new Set(shares.filter(([, share]) => share >= SOME_SHARE).map(([name]) => name))];
  const least = (script: string) =>
    `${(100 * Math.min(...models.map(({ record }) => record?.scripts[script] ?? 1))).toFixed(1)} %`;
  return [
    ...(seen.length === 0
      ? []
      : [
          `The training texts are in ${seen.join(", ")} letters (${least(seen[0]!)} ${seen[0]}); other scripts were not trained or tested.`,
        ]),
    ...(stated.languages.length === 0
      ? ["Nobody has stated which languages it reads; `relata card --language` does."]
      : []),
  ];
}

function rareLabels({ kind, labels, record }: ModelFacts, models: readonly ModelFacts[]): string[] {
  if (record === undefined) return [];
  const of = kind === "entity" ? "entities" : kind === "category" ? "categories" : "relations";
  const counts = trainingCounts(models, of) ?? {};
  const rare = labels
    .filter((label) => label !== "None")
    .map((label) => [label, Object.hasOwn(counts, label) ? (counts[label] ?? 0) : 0] as const)
    .filter(([, count]) => count < FEW_EXAMPLES)
    .sort(([, a], [, b]) => a - b);
  return rare.length === 0
    ? []
    : [
        `${counted(rare.length, "label")} of the ${MODEL_NAMES[kind]} had fewer than ${FEW_EXAMPLES} training examples: ${listed(rare.map(([label, count]) => `${label} ${count}`))}.`,
      ];
}

function uncertainLabels(measured: readonly Measurement[]): string[] {
  const tables = measured.flatMap(({ data, scores }) => scores.map((table) => ({ data, table })));
  return tables.flatMap(({ data, table }) => {
    const few = table.labels.filter(({ gold }) => gold > 0 && gold < FEW_GOLD);
    const never = table.labels.filter(({ gold, predicted }) => gold > 0 && predicted === 0);
    return [
      ...(few.length > 0
        ? [
            `${counted(few.length, "label")} of ${table.of} occur fewer than ${FEW_GOLD} times in ${data.source}, so that their scores are little more than chance: ${listed(few.map(({ label, gold }) => `${label} ${gold}`))}.`,
          ]
        : []),
      ...(never.length > 0
        ? [`Never found in ${data.source}, although they occur: ${listed(never.map(({ label }) => label))}.`]
        : []),
    ];
  });
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN;
  return [...names.slice(0, NAMES_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join(", ");
}
