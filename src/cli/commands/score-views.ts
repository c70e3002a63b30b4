// `relata score-views`: trains the cross-fitted teachers of a MI2RAGE run and writes their scores of the generated views.

import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import type { ScoreViewsSummary } from "../../extractors/student/score-views.ts";
import type { CommandContext } from "../context.ts";
import { EXTENSION_OPTION, type ExtensionOptions } from "../extension-option.ts";
import { trainingProgress } from "../training-progress.ts";

interface Options extends ExtensionOptions {
  readonly config?: string | undefined;
  readonly run: string;
  readonly set?: readonly string[] | undefined;
  readonly resume?: boolean | undefined;
}

export function scoreViewsCommand(context: CommandContext): Command {
  return new Command("score-views")
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
    .option("--resume", "resume interrupted teachers; the scores are the same as without the interruption")
    .option(...EXTENSION_OPTION)
    .action((options: Options) => run(options, context));
}

async function run(options: Options, { output, signal }: CommandContext): Promise<void> {
  const { loadConfig } = await import("../../config/load.ts");
  const { scoreViews } = await import("../../library/score-views.ts");
  const { assignments } = await import("../field-assignments.ts");
  const config = await loadConfig({
    path: options.config,
    overrides: assignments(options.set ?? []),
    extensions: options.extension,
  });
  const progress = trainingProgress(output);
  let summary: ScoreViewsSummary;
  try {
    summary = await scoreViews({
      config,
      runFolder: options.run,
      resume: options.resume === true,
      signal,
      onPreparation: progress.onPreparation,
    });
  } finally {
    progress.stop();
  }
  const { comparisonInWords, gateNote } = await import("../../extractors/student/selection-notes.ts");
  const { comparison, gate } = summary;
  const found = [comparisonInWords(comparison), ...(gate ? [gateNote(gate)] : [])];
  output.result(summary, () => describe(summary, found));
}

function describe({ folder, about, trained }: ScoreViewsSummary, found: readonly string[]): string {
  const { folds, epochs, examples } = about;
  return [
    `${trained ? "scored" : "already scored:"} the views of ${counted(examples, "example")} by ${counted(about.second ? 2 * folds : folds, "teacher")}, after each of ${counted(epochs, "epoch")}`,
    ...found,
    `scores: ${folder}`,
    `next: relata train with synthesis.selection.scores=${folder}`,
  ].join("\n");
}
