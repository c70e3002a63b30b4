// `relata quickstart`: a first run that needs no data and takes a minute; ends with one post, what was found in it, and what to try next.
import { basename, join, relative } from "node:path";
import { Command } from "commander";
import { shellWord } from "../../base/shell-word.ts";
import type { ComparisonRow } from "../../experiments/quickstart/comparison.ts";
import type { NextCommand } from "../../experiments/quickstart/next-commands.ts";
import type { ReadPost } from "../../experiments/quickstart/read-posts.ts";
import type { QuickstartResult } from "../../experiments/quickstart/result.ts";
import type { Extraction } from "../../extract/post.ts";
import type { CommandContext } from "../context.ts";
import { parseCount } from "../option-parsers.ts";
import type { Output } from "../output.ts";
import { formatTable } from "../table.ts";
import { trainingProgress } from "../training-progress.ts";

interface Options {
  readonly folder: string;
  readonly seed: number;
  readonly full: boolean;
}

const DEFAULT_SEED = 7;

export function quickstartCommand(context: CommandContext): Command {
  return new Command("quickstart")
    .description(
      "train on made-up posts with and without their pictures, compare both, and read a post with the result",
    )
    .option("--folder <folder>", "folder for all results", join("runs", "quickstart"))
    .option(
      "--seed <number>",
      "random seed; another seed gives other posts and other weights",
      parseCount,
      DEFAULT_SEED,
    )
    .option(
      "--full",
      "also train on the pictures that were generated for the texts, more of them (MI2RAGE)",
      false,
    )
    .action((options: Options) => run(options, context));
}

async function run({ folder, seed, full }: Options, { output, signal }: CommandContext): Promise<void> {
  output.status("getting ready");
  const { quickstart } = await import("../../experiments/quickstart/quickstart.ts");
  const { comparisonOf } = await import("../../experiments/quickstart/comparison.ts");
  const { nextCommands } = await import("../../experiments/quickstart/next-commands.ts");
  const { FULL_EFFORT, SHORT_EFFORT } = await import("../../experiments/quickstart/settings.ts");
  let progress = trainingProgress(output);
  let result: QuickstartResult;
  try {
    result = await quickstart({
      folder,
      seed,
      effort: full ? FULL_EFFORT : SHORT_EFFORT,
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
  const next = nextCommands(result, here);
  output.result({ ...result, table, next }, () => describe(result, table, next, output));
}

const here = (path: string) => relative("", path) || ".";

function describe(
  result: QuickstartResult,
  rows: readonly ComparisonRow[],
  next: readonly NextCommand[],
  output: Output,
): string {
  const { splits, example, views, report } = result;
  const { documents, needsPicture } = splits.test;
  const page = here(report);
  return `
Scores on ${documents} test posts with their own pictures. In ${percent(needsPicture, documents)} of them the text leaves the relation open.

${formatTable(
  ["", "accuracy", "micro F1", "accuracy where it is open"],
  rows.map(({ title, accuracy, microF1, openAccuracy }) => [title, accuracy, microF1, openAccuracy ?? ""]),
  { digits: 3 },
)}

The posts are made up and the encoders started from random weights: this shows that the
parts work, not how well they do on real posts.${views === undefined ? "" : selectionText(views)}

${postsText(result.posts)}

${output.style("bold", `"${example.text}"`)}
  picture: ${here(example.picture)}
${foundText(example)}
${output.style("bold", "The page shows it with its picture:")} ${page}
  ${opener()} ${shellWord(page)}

The training texts also have a generated picture each, in ${here(result.generated)}; --full trains on such pictures.

${output.style("bold", "Next:")}
${next.map(({ shows, args }) => `  # ${shows}\n  ${[invocation(), ...args.map(shellWord)].join(" ")}`).join("\n")}

${output.style("bold", "With your own data:")} docs/your-data.md, and relata validate --help
`;
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / Math.max(1, whole)).toFixed(0)} %`;
}

/** Says how well the teachers chose. */
function selectionText({ selection: { all } }: NonNullable<QuickstartResult["views"]>): string {
  return ` MI2RAGE was trained without real
pictures. Of ${all.views} generated pictures, ${percent(all.bearing, all.views)} show the relation of their post; of the ${all.kept}
that its teachers kept, ${percent(all.keptBearing, all.kept)} do.`;
}

function postsText(posts: readonly ReadPost[]): string {
  const names = ({ relations }: Extraction) =>
    [...new Set(relations.map(({ label }) => shortLabel(label)))].join(", ") || "nothing";
  return `Some test posts of different relations, with nothing marked in them:

${formatTable(
  ["text", "relation", "found", "without picture"],
  posts.map(({ text, gold, found, foundInText, isRight }) => [
    text,
    shortLabel(gold),
    `${names(found)}${isRight ? "" : " (wrong)"}`,
    names(foundInText),
  ]),
)}`;
}

/** The last part of a label: the first two are the types. */
const shortLabel = (label: string) => label.slice(label.lastIndexOf("/") + 1);

function foundText({ head, tail, gold, found, foundInText, isRight }: ReadPost): string {
  const sure = (probability = 0) => (probability >= 0.995 ? ">99 %" : `${(100 * probability).toFixed(0)} %`);
  const mentions = found.entities.map(
    ({ text, label, probability }) => `${text} (${label}, ${sure(probability)})`,
  );
  const triples = ({ relations }: Extraction) =>
    relations
      .map(
        ({ headText, label, tailText, probability }) =>
          `${headText} -> ${label} -> ${tailText} (${sure(probability)})`,
      )
      .join(", ") || "no relation";
  return `  names: ${mentions.join(", ") || "none"}
  found: ${triples(found)}
  from the text alone: ${triples(foundInText)}${isRight ? "" : `\n  right would be: ${head} -> ${gold} -> ${tail}`}
`;
}

/** How this program was started, for commands that can be pasted. */
function invocation(): string {
  const script = process.argv[1] ?? "relata";
  if (basename(script) !== "main.js") return /[\\/]node_modules[\\/]/.test(script) ? "npx relata" : "relata";
  return `node ${shellWord(here(script))}`;
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
