// `relata quickstart`: a first run that needs no data and takes minutes; ends with one table, a page to look at, and what to try next.
import { join, relative } from "node:path";
import { Command } from "commander";
import type { ComparisonRow } from "../../experiments/quickstart/comparison.ts";
import type { QuickstartResult } from "../../experiments/quickstart/result.ts";
import type { CommandContext } from "../context.ts";
import { parseCount } from "../option-parsers.ts";
import type { Output } from "../output.ts";
import { formatTable } from "../table.ts";
import { trainingProgress } from "../training-progress.ts";

interface Options {
  readonly folder: string;
  readonly seed: number;
}

const DEFAULT_SEED = 7;

export function quickstartCommand(context: CommandContext): Command {
  return new Command("quickstart")
    .description(
      "train small extractors on the embedded corpus (texts only, with pictures, with generated pictures) and compare them",
    )
    .option("--folder <folder>", "folder for all results", join("runs", "quickstart"))
    .option(
      "--seed <number>",
      "random seed; another seed gives other posts and other weights",
      parseCount,
      DEFAULT_SEED,
    )
    .action((options: Options) => run(options, context));
}

async function run({ folder, seed }: Options, { output, signal }: CommandContext): Promise<void> {
  const { quickstart } = await import("../../experiments/quickstart/quickstart.ts");
  const { comparisonOf } = await import("../../experiments/quickstart/comparison.ts");
  let progress = trainingProgress(output);
  let result: QuickstartResult;
  try {
    result = await quickstart({
      folder,
      seed,
      signal,
      onStage: (stage) => {
        progress.stop();
        progress = trainingProgress(output); // a run's scores must not be shown with the next run
        output.line(output.style("bold", stage));
      },
      onPreparation: (event) => progress.onPreparation(event),
      onProgress: (event) => progress.onTraining(event),
    });
  } finally {
    progress.stop();
  }
  const table = comparisonOf(result);
  output.result({ ...result, table }, () => describe(result, table, output));
}

function describe(result: QuickstartResult, rows: readonly ComparisonRow[], output: Output): string {
  const { splits, example, entities, views, runs, corpus } = result;
  const { documents, needsPicture } = splits.test;
  const { all } = views.selection;
  const share = (part: number, whole: number) => `${((100 * part) / Math.max(1, whole)).toFixed(0)} %`;
  const here = (path: string) => relative("", path) || ".";
  const i2srm = runs.find(({ name }) => name === "i2srm");
  const page = here(result.report);
  return `
Scores on ${documents} test posts with their own pictures. In ${share(needsPicture, documents)} of them the text leaves the relation open.

${formatTable(
  ["model", "accuracy", "micro F1", "accuracy where it is open"],
  rows.map(({ title, accuracy, microF1, openAccuracy }) => [title, accuracy, microF1, openAccuracy ?? ""]),
  { digits: 3 },
)}

The posts and pictures are made up and the encoders started from random weights: this shows that the parts work and what they add, not how
well they do on real posts. MI2RAGE was trained without real pictures. Of ${all.views} generated pictures, ${share(all.bearing, all.views)} show the relation of their
post; of the ${all.kept} that its teachers kept, ${share(all.keptBearing, all.kept)} do.

The entity model finds the names with a micro F1 of ${entities.microF1.toFixed(3)}. Together, the two models read a raw post in which nothing is marked:

"${example.text}" with ${here(example.picture)}
${describeFound(example)}
  gold: ${example.head} -> ${example.gold} -> ${example.tail}${triedText(example)}

${output.style("bold", `To see the results, open ${page} in a browser`)} (it needs no network), for example with
  ${opener()} ${page}
${output.style("bold", "Next, with what was just made:")}
  relata extract ${here(result.bundle)} --text ${shellQuoted(example.text)} --picture ${here(example.picture)} --card card.svg
  relata evaluate ${here(i2srm?.modelFolder ?? "")} ${here(corpus.test)} --pictures ${here(corpus.pictures)}
${output.style("bold", "With your own data (one JSON document per line, or MNRE files with --format mnre):")}
  relata validate train.jsonl validation.jsonl
  relata train --encoder <BERT or RoBERTa folder> --train train.jsonl --validation validation.jsonl --text-only
  the same with --task mner for the entities; relata export joins both models into a bundle, relata extract reads raw posts with it
  only texts, or only pictures? relata synthesize generates the missing ones (docs/synthetic-data.md)
  relata train --help, and docs/configuration.md for every setting
In this repository \`relata\` is \`node dist/cli/main.js\`; elsewhere \`npx relata\`.
`;
}

/** Says that the post was not the first one, if so. */
function triedText({ isRight, tried }: QuickstartResult["example"]): string {
  if (!isRight) return `\n  none of ${tried} such posts was read without errors`;
  return tried === 1 ? "" : `\n  (the first of ${tried} such posts that was read without errors)`;
}

/** Quotes the text as one word of a shell's command line. */
function shellQuoted(text: string): string {
  return process.platform === "win32" ? JSON.stringify(text) : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The command that opens a file in the browser, for this system's shell. */
function opener(): string {
  switch (process.platform) {
    case "darwin":
      return "open";
    case "win32":
      return "start";
    default:
      return "xdg-open";
  }
}

function describeFound({ found }: QuickstartResult["example"]): string {
  const percent = (probability = 0) =>
    probability >= 0.995 ? ">99 %" : `${(100 * probability).toFixed(0)} %`;
  const lines = [
    ...found.entities.map(({ text, label, probability }) => `  ${text}: ${label} (${percent(probability)})`),
    ...found.relations.map(
      ({ headText, tailText, label, probability }) =>
        `  ${headText} -> ${label} -> ${tailText} (${percent(probability)})`,
    ),
  ];
  return lines.length === 0 ? "  nothing was found" : lines.join("\n");
}
