// `relata experiment`: runs named experiments (ablations, sweeps, comparisons) over seeds, and shows the results.
import { Command, Option } from "commander";
import { counted } from "../../base/counted.ts";
import type { ExperimentRequest } from "../../experiments/run-experiment.ts";
import type { CommandContext } from "../context.ts";
import { ExitCode } from "../errors.ts";
import type { FieldOption, RunOptions } from "../experiment-options.ts";
import { describeResults } from "../experiment-results.ts";
import { EXTENSION_OPTION, type ExtensionOptions } from "../extension-option.ts";
import { MeasureProgress } from "../measure-progress.ts";
import { parseCount, parsePositiveInteger } from "../option-parsers.ts";
import { ownProgram } from "../own-program.ts";
import { addSubmitOptions } from "../queue-options.ts";
import { addShardOptions, contradiction, divisionOf, shardOf } from "../unit-options.ts";

export function experimentCommand(context: CommandContext): Command {
  return new Command("experiment")
    .description(
      "run ablations, sweeps and comparisons over several seeds, with significance tests and a report",
    )
    .addCommand(listCommand(context))
    .addCommand(runCommand(context))
    .addCommand(showCommand(context))
    .addCommand(reportCommand(context));
}

function listCommand({ output }: CommandContext): Command {
  const command = new Command("list").description("list the presets").option(...EXTENSION_OPTION);
  return command.action(async ({ extension }: ExtensionOptions) => {
    const { presetsWith } = await import("../../experiments/presets/presets.ts");
    const { loadExtensions } = await import("../../extensions/load-extensions.ts");
    const rows = presetsWith(await loadExtensions(extension)).map(({ name, description, options }) => ({
      name,
      description,
      options,
    }));
    output.result(rows, () =>
      rows
        .map(
          ({ name, description, options }) =>
            `${output.style("bold", name)}\n  ${description}${options === undefined ? "" : `\n  ${options}`}`,
        )
        .join("\n"),
    );
  });
}

function runCommand(context: CommandContext): Command {
  const fields: FieldOption[] = []; // each with the values that follow it
  const command = new Command("run")
    .description("run a preset, or resume it where it stopped")
    .argument("<preset>", "name of the preset; relata experiment list shows them all")
    .option("-c, --config <file>", "base configuration (default: relata.config.{ts,js,json} here)")
    .option("--set <field=value...>", "fields of the base configuration (docs/configuration.md)")
    .option(
      "--seeds <number...>",
      "training seeds (default: 1 2 3, or those of the experiment being resumed)",
      listOf(parseCount),
    )
    .option(
      "--out <folder>",
      "folder of the experiment (default: runs/<preset>; for the preset sweep, runs/sweep-<fields>)",
    )
    .option(
      "--jobs <number>",
      "processes at a time (default: as many as cores and memory allow)",
      parsePositiveInteger,
    )
    .option(
      "--threads <number>",
      "threads per process (default: cores / jobs); results are repeatable for the same number only",
      parsePositiveInteger,
    )
    .option("--variants <name...>", "variants or groups to run in addition to the reference (default: all)")
    .option(
      "--evaluate <name=file...>",
      "further evaluation sets: name=file[,captions=file][,pictures=folder][,features=file][,views=store][,format=name]; name validation without a file changes how the validation documents are scored",
    )
    .option(
      "--field <name>",
      "a field of the configuration to sweep, such as model.mixup.delta, with its --values after it; may be repeated",
      (field: string) => {
        fields.push({ field, values: [] });
        return fields;
      },
    )
    .option(
      "--values <value...>",
      "values of a sweep, written as for --set; null: the field is absent",
      (text: string, before: readonly string[] | undefined) => {
        fields.at(-1)?.values.push(text);
        return [...(before ?? []), text];
      },
    )
    .option("--cross", "train every combination of the fields' values instead of each field alone")
    .option("--rounds <number...>", "rounds of chains to compare (K)", listOf(parsePositiveInteger))
    .option("--views <number...>", "views per document to compare (N)", listOf(parsePositiveInteger))
    .option("--store <name=folder...>", "stores of generated views; training uses the one named main")
    .option("--plan <name=file...>", "stores that the experiment itself makes, from synthesis plans")
    .option(
      "--dataset <name=file...>",
      "data sets, each as the configuration that reads it: for a transfer, or to sweep a field on each",
    )
    .option("--label-map <file>", "shared names for the labels of a transfer's data sets (JSON)")
    .addOption(
      new Option(
        "--keep <what>",
        "what to keep of trained models: only their results, the best weights, or everything",
      )
        .choices(["results", "best", "all"])
        .default("best"),
    )
    .option(
      "--ceiling <name=value...>",
      "known values to show in charts next to the scores, such as the best possible one",
    )
    .addOption(
      new Option(
        "--changed <how>",
        "what to do with finished stages whose settings or inputs have changed: report an error, run them again, or keep them",
      )
        .choices(["refuse", "rerun", "keep"])
        .default("refuse"),
    )
    .option(
      "--samples <number>",
      "resamples of the significance test (default: 5000; 0: no test)",
      parseCount,
    )
    .option("--dry-run", "print the variants and what each would change, then stop");
  addShardOptions(
    command,
    "cells",
    "write results and report from the cells that are finished, and train nothing",
  );
  return addSubmitOptions(command, "cells")
    .option(...EXTENSION_OPTION)
    .addHelpText("after", EXAMPLES)
    .action((preset: string, options: RunOptions) => run(preset, options, context));
}

const EXAMPLES = `
Examples:
  relata experiment run i2srm-ablation --seeds 1 2 3 --out runs/ablation
  relata experiment run i2srm-ablation --seeds 1 2 3 --out runs/ablation --shard auto/6
  relata experiment run i2srm-ablation --seeds 1 2 3 --out runs/ablation --gather

A cell is one configuration with one seed. docs/clusters.md describes shards and queues.`;

function showCommand({ output }: CommandContext): Command {
  return new Command("show")
    .description("print the results of an experiment so far, even while it runs")
    .argument("<folder>", "folder of the experiment")
    .option(
      "--samples <number>",
      "resamples of the significance test (default: 5000; 0: no test)",
      parseCount,
    )
    .option(...EXTENSION_OPTION)
    .action(async (folder: string, options: ShowOptions) => {
      const { gatherResults } = await import("../../experiments/results.ts");
      const results = await gatherResults(folder, gathering(options));
      output.result(results, () => describeResults(results));
    });
}

interface ShowOptions extends ExtensionOptions {
  readonly samples?: number | undefined;
}

function gathering({ samples, extension }: ShowOptions) {
  return { extensions: extension, samples };
}

interface ReportOptions extends ShowOptions {
  readonly measureViews?: boolean | undefined;
}

function reportCommand(context: CommandContext): Command {
  return new Command("report")
    .description("write the HTML report of an experiment so far, even while it runs")
    .argument("<folder>", "folder of the experiment")
    .option(
      "--samples <number>",
      "resamples of the significance test (default: 5000; 0: no test)",
      parseCount,
    )
    .option(
      "--measure-views",
      "also measure drift and diversity of the reference's generated views, with its own encoders",
    )
    .option(...EXTENSION_OPTION)
    .action(async (folder: string, options: ReportOptions) => {
      const { measureViews = false, extension } = options;
      const { output, signal } = context;
      const { gatherResults } = await import("../../experiments/results.ts");
      const { writeExperimentReport } = await import("../../experiments/report.ts");
      const results = await gatherResults(folder, gathering(options));
      const progress = new MeasureProgress(output);
      try {
        const report = await writeExperimentReport(folder, results, {
          measureViews,
          signal,
          extensions: extension,
          onProgress: (what, done, total) => progress.show(what, done, total),
        });
        output.result({ report }, () => `report: ${report}`);
      } finally {
        progress.stop();
      }
    });
}

async function run(name: string, options: RunOptions, context: CommandContext): Promise<void> {
  const { output, signal } = context;
  requireDivisible(options);
  await shardOf(options); // says what is wrong with it before anything is read
  output.status("reading the configuration");
  const { presetNamed } = await import("../../experiments/presets/presets.ts");
  const { dryRun } = await import("../../experiments/plan-work.ts");
  const { DEFAULT_SEEDS } = await import("../../experiments/prepare-experiment.ts");
  const { runExperiment } = await import("../../experiments/run-experiment.ts");
  const { baseConfig, ceilingsOf, folderFor, presetOptions } = await import("../experiment-options.ts");
  const { experimentProgress } = await import("../experiment-progress.ts");
  const { loadExtensions } = await import("../../extensions/load-extensions.ts");
  const own = await loadExtensions(options.extension);
  const base = await baseConfig(options).catch((error: unknown) => {
    presetNamed(name, own); // report an unknown name first
    throw error;
  });
  const preset = presetNamed(name, await loadExtensions(base.extensions));
  const given = await presetOptions(preset, base, options);
  if (options.dryRun === true) {
    const { plan, trainings } = await dryRun({
      preset,
      base,
      options: given,
      variants: options.variants,
      extensions: base.extensions,
    });
    const seeds = options.seeds?.length ?? DEFAULT_SEEDS.length;
    output.result(plan, () =>
      [
        ...plan.variants.map(
          ({ name: variant, description, overrides }) =>
            `${output.style("bold", variant)}: ${description}\n  ${JSON.stringify(overrides)}`,
        ),
        `${counted(trainings, "different configuration")}, with ${counted(seeds, "seed")}: ${counted(trainings * seeds, "training")}`,
      ].join("\n"),
    );
    return;
  }
  const { seeds, jobs, threads, variants, samples } = options;
  const request: Omit<ExperimentRequest, "onEvent"> = {
    preset,
    base,
    options: given,
    seeds,
    out: options.out ?? folderFor(preset, given),
    jobs,
    threads,
    variants,
    ...(options.ceiling === undefined ? {} : { ceilings: ceilingsOf(options) }),
    onChange: options.changed,
    keep: options.keep,
    program: ownProgram(),
    ...(samples === undefined ? {} : { gather: { samples } }),
    signal,
  };
  if (divisionOf(options) !== undefined) {
    const { runDivided } = await import("../experiment-units.ts");
    return runDivided(request, options, context);
  }
  const progress = experimentProgress(output);
  const outcome = await runExperiment({ ...request, onEvent: progress.onEvent }).finally(() =>
    progress.stop(),
  );
  if (outcome.status !== "finished") process.exitCode = ExitCode.workFailed;
  output.result(outcome, () =>
    [
      describeResults(outcome.results),
      `${output.style("bold", outcome.status)}; results: ${outcome.resultsFile}, report: ${outcome.report}`,
      ...(outcome.status === "interrupted" ? ["resume with the same command"] : []),
    ].join("\n"),
  );
}

/** @throws ConfigError `cli/contradiction` */
function requireDivisible(options: RunOptions): void {
  const flag = divisionOf(options);
  if (flag === undefined || options.changed === "refuse") return;
  throw contradiction(
    `--changed ${options.changed} is given with ${flag}`,
    "--changed",
    "Leave it out, or first let one process decide: the same command with --changed and without the division.",
  );
}

/** Parses an option that may have several values. */
function listOf<T>(parse: (text: string) => T) {
  return (text: string, before: readonly T[] | undefined): readonly T[] => [...(before ?? []), parse(text)];
}
