// `relata score-views`: trains the cross-fitted teachers of a MI2RAGE run and writes their scores of the generated views.

import { Command } from "commander";
import type { ScoreViewsSummary } from "../../extractors/student/gather-scores.ts";
import type { CommandContext } from "../context.ts";
import { EXTENSION_OPTION, type ExtensionOptions } from "../extension-option.ts";
import { addSubmitOptions } from "../queue-options.ts";
import { describeScores, runDivided } from "../score-units.ts";
import { trainingProgress } from "../training-progress.ts";
import {
  addShardOptions,
  contradiction,
  type DivisionOptions,
  divisionOf,
  shardOf,
} from "../unit-options.ts";

interface Options extends ExtensionOptions, DivisionOptions {
  readonly config?: string | undefined;
  readonly run: string;
  readonly set?: readonly string[] | undefined;
  readonly resume?: boolean | undefined;
}

const EXAMPLES = `
Examples:
  relata score-views --config student.json --run runs/scores
  relata score-views --config student.json --run runs/scores --shard auto/5
  relata score-views --config student.json --run runs/scores --gather

There is a teacher for each fold, and two with synthesis.selection.gate.enabled. Shards and workers of a queue always continue what is in the folder, with
or without --resume. docs/clusters.md describes shards and queues.`;

export function scoreViewsCommand(context: CommandContext): Command {
  const command = new Command("score-views")
    .description(
      "score the generated views of a run's documents with teachers that were not trained on those documents",
    )
    .option(
      "-c, --config <file>",
      "configuration with method mi2rage (default: relata.config.{ts,js,json} here)",
    )
    .option("--set <field=value...>", "any field, for instance training.epochs=3 (docs/configuration.md)")
    .requiredOption(
      "--run <folder>",
      "folder for the teachers and their scores; use it later as synthesis.selection.scores",
    )
    .option(
      "--resume",
      "use the teachers in the folder and continue interrupted ones; the scores are the same as without the interruption",
    );
  addShardOptions(
    command,
    "teachers",
    "write the scores of the teachers that all shards trained, and train nothing",
  );
  return addSubmitOptions(command, "teachers")
    .option(...EXTENSION_OPTION)
    .addHelpText("after", EXAMPLES)
    .action((options: Options) => run(options, context));
}

async function run(options: Options, context: CommandContext): Promise<void> {
  const { output, signal } = context;
  const division = divisionOf(options);
  if (division === "--gather" && options.resume === true)
    throw contradiction(
      "--gather and --resume are given",
      "--resume",
      "Leave one of them out: --gather trains nothing, and --resume alone trains what is missing and then writes the scores.",
    );
  await shardOf(options); // says what is wrong with it before anything is read
  const { loadConfig } = await import("../../config/load.ts");
  const { assignments } = await import("../field-assignments.ts");
  const config = await loadConfig({
    path: options.config,
    overrides: assignments(options.set ?? []),
    extensions: options.extension,
  });
  const request = { config, runFolder: options.run, signal };
  if (division !== undefined) return runDivided(request, options, context);
  const { scoreViews } = await import("../../library/score-views.ts");
  const progress = trainingProgress(output);
  let summary: ScoreViewsSummary;
  try {
    summary = await scoreViews({
      ...request,
      resume: options.resume === true,
      onPreparation: progress.onPreparation,
    });
  } finally {
    progress.stop();
  }
  const lines = await describeScores(summary);
  output.result(summary, () => lines.join("\n"));
}
