// The model card: README.md with the hub's metadata header, from what is on record about a bundle or a model.

import { counted } from "../../base/counted.ts";
import { packageVersion } from "../../base/package-version.ts";
import { providerWords } from "../../extractors/shared/provider-account.ts";
import type { CardFacts, ModelFacts } from "./card-facts.ts";
import { cardLimits } from "./card-limits.ts";
import { metadataText } from "./card-metadata.ts";
import {
  dataTable,
  fingerprintTable,
  labelTables,
  MODEL_NAMES,
  number,
  scoresTable,
  thresholdTable,
} from "./card-tables.ts";

/** The whole card. */
export function cardText(facts: CardFacts): string {
  const sections = [
    ["How to use it", usage(facts)],
    ["Training data", data(facts)],
    ["Scores", scores(facts)],
    ["Probabilities and thresholds", probabilities(facts)],
    [
      "Limits",
      cardLimits(facts)
        .map((limit) => `- ${limit}`)
        .join("\n"),
    ],
    ["Licence", licence(facts)],
    ["How to repeat it", repeating(facts)],
  ];
  return [
    `---\n${metadataText(facts)}---`,
    `# ${facts.name}`,
    introduction(facts),
    ...sections.map(([title, text]) => `## ${title}\n\n${text}`),
  ]
    .join("\n\n")
    .concat("\n");
}

function introduction({ models, bundle }: CardFacts): string {
  const finds = models.map(({ kind, labels }) => {
    const own = labels.filter((label) => label !== "None");
    const names = own.length > 12 ? "" : ` (${own.join(", ")})`;
    switch (kind) {
      case "entity":
        return `${counted(own.length, "type")} of entities${names}`;
      case "relation":
        return `${counted(own.length, "relation")} between them${names}`;
      case "category":
        return `${counted(own.length, "category", "categories")} of whole posts${names}`;
      default:
        return kind satisfies never;
    }
  });
  const what = bundle === undefined ? "model" : "bundle of models";
  return `A ${what} for relata ${packageVersion()} that finds in posts: ${finds.join("; ")}. It ${models.every(({ visual }) => visual === undefined) ? "reads texts only" : "reads texts and what is posted with them"}.`;
}

function usage({ bundle, models }: CardFacts): string {
  const needsMentions = bundle === undefined && models.every(({ kind }) => kind === "relation");
  return needsMentions
    ? [
        "It relates mentions that you give:",
        "",
        '```sh\nrelata extract <this folder> --text "Ada met Bo" --head Ada --tail Bo\n```',
      ].join("\n")
    : '```sh\nrelata extract <this folder> --text "..."\nrelata serve <this folder>\n```';
}

function data({ models, stated }: CardFacts): string {
  const shared = models.flatMap(({ kind, record }) =>
    record === undefined || record.sharedTexts === 0
      ? []
      : [
          `${counted(record.sharedTexts, "text")} of the validation documents of the ${MODEL_NAMES[kind]} ${record.sharedTexts === 1 ? "is" : "are"} also in its training documents.`,
        ],
  );
  return [
    dataTable(models),
    ...(stated.datasets.length > 0 ? [`Data sets: ${stated.datasets.join(", ")}.`] : []),
    ...shared,
    "The names are those of the files on the machine that trained it. A SHA-256 is of the documents, whatever their file and format; `relata evaluate` knows every training text by its digest, and refuses to score the model on them.",
  ].join("\n\n");
}

function scores(facts: CardFacts): string {
  const { measured } = facts;
  if (measured.length === 0)
    return "None is on record. `relata evaluate <this folder> <file> --record` adds them.";
  const chosen = measured.some(({ split }) => split === "validation");
  return [
    scoresTable(measured),
    "Precision, recall and F1 are pooled over all labels (micro), without thresholds for single models. An interval has 95 % of the F1 of 1,000 resamples of the documents; those that share a text or a picture are drawn together.",
    ...(chosen
      ? ["Validation documents chose the best epoch: on other documents, scores will be lower."]
      : []),
    "### By label",
    ...labelTables(facts),
  ].join("\n\n");
}

function probabilities({ models }: CardFacts): string {
  return models.map(probabilitiesOf).join("\n\n");
}

function probabilitiesOf(model: ModelFacts): string {
  const { kind, calibration } = model;
  const name = MODEL_NAMES[kind];
  const error = calibration?.expectedCalibrationError;
  const table = thresholdTable(model);
  return [
    calibration === undefined
      ? `The ${name} was never calibrated.`
      : `The ${name} was calibrated with temperature ${number(calibration.temperature)} on ${counted(calibration.instances, "prediction")} for its validation documents${error ? `; expected calibration error ${number(error.before)} before and ${number(error.after)} after, on texts that it was not fitted on` : "; there were too few to measure by how much that helps"}.`,
    ...(table === undefined
      ? [`It has no thresholds: whatever it finds is reported with its probability.`]
      : ["", table]),
  ].join(table === undefined ? " " : "\n");
}

function licence({ stated: { license } }: CardFacts): string {
  const own =
    license === "unknown"
      ? "**Unknown: nobody has stated under which terms this model may be used.** Whoever publishes it sets `relata card --license`."
      : `\`${license}\`, as stated by whoever made the model.`;
  return `${own} The text encoder, the picture encoder and the training data have licences of their own, which relata does not know.`;
}

function repeating({ models }: CardFacts): string {
  const settings = models.flatMap(({ kind, record }) =>
    record === undefined
      ? []
      : [
          [
            `<details><summary>Settings of the ${MODEL_NAMES[kind]}</summary>`,
            "",
            `\`\`\`json\n${JSON.stringify(record.configuration, undefined, 2)}\n\`\`\``,
            "",
            "</details>",
          ].join("\n"),
        ],
  );
  const versions = [...new Set(models.flatMap(({ record }) => record?.relata ?? []))];
  return [
    ...(settings.length === 0
      ? ["The training is not on record."]
      : [
          ...models.flatMap(({ kind, record }) =>
            record?.provider === undefined
              ? []
              : [
                  `In the training of the ${MODEL_NAMES[kind]}, the plugin provider ${providerWords(record.provider)}.`,
                ],
          ),
          `Save the settings as \`relata.config.json\` beside the files that they name, and run \`relata train\` of version ${versions.join(" and ")}${models.length > 1 ? " for each model, then `relata export`" : ""}. With the same files, the fingerprints below are the same.`,
          ...settings,
        ]),
    fingerprintTable(models),
  ].join("\n\n");
}
