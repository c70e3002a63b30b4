// `relata report`: writes a training run as one self-contained HTML page.

import { Command, Option } from "commander";
import { counted } from "../../base/counted.ts";
import { ConfigError } from "../../base/errors.ts";
import type { PredictionFiles } from "../../report/report-of-run.ts";
import type { WrittenReport } from "../../report/write-report.ts";
import type { CommandContext } from "../context.ts";
import { EXTENSION_OPTION, type ExtensionOptions } from "../extension-option.ts";
import { MeasureProgress } from "../measure-progress.ts";
import { fileOffsetsOption } from "../offsets-option.ts";
import { parsePositiveInteger } from "../option-parsers.ts";

interface Options extends ExtensionOptions {
  readonly predictions?: string | undefined;
  readonly gold?: string | undefined;
  readonly format: string;
  readonly bio: NonNullable<PredictionFiles["bio"]>;
  readonly imageExtension: string;
  readonly offsets?: PredictionFiles["offsets"];
  readonly pictures?: string | undefined;
  readonly examples: number;
  readonly measureViews?: boolean | undefined;
  readonly title?: string | undefined;
  readonly out?: string | undefined;
}

const DEFAULT_EXAMPLES = 12;

export function reportCommand(context: CommandContext): Command {
  const command = new Command("report")
    .description(
      "write an HTML report of a training run: curves, calibration and, with predictions, mistakes",
    )
    .argument("<run>", "run folder written by `relata train`")
    .option("--predictions <file>", "file written by `relata evaluate --predictions`; needs --gold")
    .option("--gold <file>", "the same documents with their gold labels")
    .option("-f, --format <name>", "format of the gold file (docs/data.md); auto guesses it", "auto")
    .addOption(
      new Option("--bio <policy>", "how to read orphan I- tags of a CoNLL file")
        .choices(["conll", "strict", "repair"])
        .default("conll"),
    )
    .option("--image-extension <text>", "extension to add to the picture ids of a CoNLL file", ".jpg")
    .addOption(fileOffsetsOption("the gold file"))
    .option("--pictures <folder>", "pictures to show next to the examples")
    .option("--examples <number>", "number of mistakes to show", parsePositiveInteger, DEFAULT_EXAMPLES)
    .option(
      "--measure-views",
      "also measure drift and diversity of the run's generated views, with its own encoders",
    )
    .option("--title <text>", "title of the page")
    .option("--out <file>", "file to write (default: report.html in the run folder)");
  return command
    .option(...EXTENSION_OPTION)
    .action((run: string, options: Options) => report(run, options, context));
}

async function report(run: string, options: Options, { output, signal }: CommandContext): Promise<void> {
  const judged = predictionFiles(options);
  const library = await import("../../library/report.ts");
  const { title, examples, measureViews, out } = options;
  const progress = new MeasureProgress(output);
  let written: WrittenReport;
  try {
    written = await library.report({
      runFolder: run,
      judged,
      path: out,
      title,
      examples,
      measureViews,
      signal,
      extensions: options.extension,
      onProgress: (what, done, total) => progress.show(what, done, total),
    });
  } finally {
    progress.stop();
  }
  output.result(written, () => describe(written));
}

function predictionFiles(options: Options): PredictionFiles | undefined {
  const { predictions, gold, format, bio, imageExtension, offsets, pictures } = options;
  if (predictions !== undefined && gold !== undefined) {
    return {
      predictions,
      gold,
      format,
      bio,
      imageExtension,
      offsets,
      pictures,
    };
  }
  const [given, lacks] =
    predictions !== undefined ? ["--predictions", "--gold"] : ["--gold", "--predictions"];
  if (predictions !== undefined || gold !== undefined) throw contradiction(given, lacks);
  if (pictures !== undefined) throw contradiction("--pictures", "--predictions and --gold");
  return undefined;
}

function contradiction(given: string, lacks: string): ConfigError {
  return new ConfigError({
    code: "cli/contradiction",
    message: `${given} is given without ${lacks}`,
    place: given,
    remedy: `Name ${lacks} too, or omit ${given}.`,
  });
}

function describe({ path, bytes, pictures }: WrittenReport): string {
  const left = Object.values(pictures.leftOut).reduce((sum, count) => sum + count, 0);
  const said =
    pictures.embedded + left === 0
      ? ""
      : `, ${counted(pictures.embedded, "picture")}${left === 0 ? "" : ` (${left} left out, as the page says)`}`;
  return `report: ${path} (${(bytes / 1000).toFixed(0)} kB${said})\nOpen it in a browser; it needs no network.`;
}
