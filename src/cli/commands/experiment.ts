// `relata experiment`: runs named experiments (ablations, sweeps, comparisons) over seeds, and shows the results.
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import type { ExperimentResults } from "../../experiments/results.ts";
import { sameNames } from "../../experiments/row-names.ts";
import type { ExperimentOutcome } from "../../experiments/run-experiment.ts";
import type { CommandContext } from "../context.ts";
import { ExitCode } from "../errors.ts";
import type { RunOptions } from "../experiment-options.ts";
import { EXTENSION_OPTION, type ExtensionOptions } from "../extension-option.ts";
import { MeasureProgress } from "../measure-progress.ts";
import { parseCount, parseNumber, parsePositiveInteger } from "../option-parsers.ts";
import { formatTable } from "../table.ts";

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
  return new Command("run")
    .description("run a preset, or resume it where it stopped")
    .argument("<preset>", "name of the preset; relata experiment list shows them all")
    .option("-c, --config <file>", "base configuration (default: relata.config.{ts,js,json} here)")
    .option("--set <field=value...>", "fields of the base configuration (docs/configuration.md)")
    .option(
      "--seeds <number...>",
      "training seeds (default: 1 2 3, or those of the experiment being resumed)",
      listOf(parseCount),
    )
    .option("--out <folder>", "folder of the experiment (default: runs/<preset>)")
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
    .option("--values <number...>", "values of a sweep", listOf(parseNumber))
    .option("--rounds <number...>", "rounds of chains to compare (K)", listOf(parsePositiveInteger))
    .option("--views <number...>", "views per document to compare (N)", listOf(parsePositiveInteger))
    .option("--store <name=folder...>", "stores of generated views; training uses the one named main")
    .option("--plan <name=file...>", "stores that the experiment itself makes, from synthesis plans")
    .option("--dataset <name=file...>", "data sets of a transfer, each as the configuration that reads it")
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
    .option("--dry-run", "print the variants and what each would change, then stop")
    .option(...EXTENSION_OPTION)
    .action((preset: string, options: RunOptions) => run(preset, options, context));
}

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

async function run(name: string, options: RunOptions, { output, signal }: CommandContext): Promise<void> {
  output.status("reading the configuration");
  const { presetNamed } = await import("../../experiments/presets/presets.ts");
  const { runExperiment } = await import("../../experiments/run-experiment.ts");
  const { baseConfig, ceilingsOf, presetOptions } = await import("../experiment-options.ts");
  const { experimentProgress } = await import("../experiment-progress.ts");
  const { join } = await import("node:path");
  const { loadExtensions } = await import("../../extensions/load-extensions.ts");
  const own = await loadExtensions(options.extension);
  const base = await baseConfig(options).catch((error: unknown) => {
    presetNamed(name, own); // report an unknown name first
    throw error;
  });
  const preset = presetNamed(name, await loadExtensions(base.extensions));
  const given = await presetOptions(preset, base, options);
  if (options.dryRun === true) {
    const plan = preset.plan(base, given);
    output.result(plan, () =>
      plan.variants
        .map(
          ({ name: variant, description, overrides }) =>
            `${output.style("bold", variant)}: ${description}\n  ${JSON.stringify(overrides)}`,
        )
        .join("\n"),
    );
    return;
  }
  const { seeds, jobs, threads, variants, samples } = options;
  const progress = experimentProgress(output);
  let outcome: ExperimentOutcome;
  try {
    outcome = await runExperiment({
      preset,
      base,
      options: given,
      seeds,
      out: options.out ?? join("runs", name),
      jobs,
      threads,
      variants,
      ...(options.ceiling === undefined ? {} : { ceilings: ceilingsOf(options) }),
      onChange: options.changed,
      keep: options.keep,
      program: [process.execPath, ...process.execArgv, fileURLToPath(new URL("../main.js", import.meta.url))],
      ...(samples === undefined ? {} : { gather: { samples } }),
      signal,
      onEvent: progress.onEvent,
    });
  } finally {
    progress.stop();
  }
  if (outcome.status !== "finished") process.exitCode = ExitCode.workFailed;
  output.result(outcome, () =>
    [
      describeResults(outcome.results),
      `${output.style("bold", outcome.status)}; results: ${outcome.resultsFile}, report: ${outcome.report}`,
      ...(outcome.status === "interrupted" ? ["resume with the same command"] : []),
    ].join("\n"),
  );
}

/** A table per evaluation set, the failures, and the method of the tests. */
function describeResults(results: ExperimentResults): string {
  const { rows, metric, title, seeds, failed, significance, notes } = results;
  const sets = [...new Set(rows.map(({ set }) => set))];
  const tables = sets.flatMap((set) => {
    const own = rows.filter((row) => row.set === set && row.runs.length > 0);
    return own.length === 0
      ? []
      : `${set}\n${formatTable(
          [
            "variant",
            metric,
            "sd",
            ...seeds.map((seed) => `seed ${seed}`),
            "difference",
            "95 % interval",
            "p",
            "p (Holm)",
          ],
          own.map((row) => [
            sameNames(row) +
              (row.reference ? " (reference)" : "") +
              (row.comparedWith === undefined ? "" : ` (against ${row.comparedWith})`),
            shown(row.mean),
            shown(row.standardDeviation),
            ...seeds.map((seed) => shown(row.runs.find((one) => one.seed === seed)?.score)),
            row.comparison === undefined ? "" : signed(row.comparison.difference),
            row.comparison === undefined ? "" : row.comparison.interval.map(signed).join(" to "),
            shown(row.comparison?.pValue),
            shown(row.comparison?.adjustedPValue),
          ]),
        )}`;
  });
  return [
    title,
    ...tables,
    ...failed.map(
      ({ stage, message, log }) => `failed: ${stage}: ${message}\n${log.replaceAll(/^/gm, "    ")}`,
    ),
    significance,
    ...notes,
  ].join("\n\n");
}

function shown(value: number | undefined): string {
  return value === undefined ? "" : value.toFixed(4);
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${value.toFixed(4)}`;
}

/** Parses an option that may have several values. */
function listOf<T>(parse: (text: string) => T) {
  return (text: string, before: readonly T[] | undefined): readonly T[] => [...(before ?? []), parse(text)];
}
