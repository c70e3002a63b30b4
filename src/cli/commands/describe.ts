// `relata describe`: what is in data files, on the terminal, as JSON, and as a page with charts.
import { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { describeCorpus } from "../description-tables.ts";
import { parsePositiveInteger } from "../option-parsers.ts";
import { addReadingOptions, FORMAT_HELP, type ReadingOptions, readingOptions } from "../reading-options.ts";

interface Options extends ReadingOptions {
  readonly format: string;
  readonly pictures?: string | undefined;
  readonly encoder?: string | undefined;
  readonly maxLength?: number | undefined;
  readonly top: number;
  readonly html?: string | undefined;
}

const TOP = 30;

export function describeCommand(context: CommandContext): Command {
  const command = new Command("describe")
    .description("say what is in data files: labels, lengths, mentions, pairs, languages, order")
    .argument("<file...>", "data files; their names say which split they are")
    .option("-f, --format <name>", `format of the files: ${FORMAT_HELP}`, "auto")
    .option("--pictures <folder>", "count the pictures that are missing from this folder")
    .option("--encoder <folder or id>", "also measure texts in the tokens of this text encoder")
    .option(
      "--max-length <tokens>",
      "count documents above this many tokens (default: the encoder's limit)",
      parsePositiveInteger,
    )
    .option(
      "--top <number>",
      "labels to print of each kind; --json and --html have all",
      parsePositiveInteger,
      TOP,
    )
    .option("--html <file>", "write a page with charts, too");
  return addReadingOptions(command).action((files: string[], options: Options) =>
    describe(files, options, context),
  );
}

async function describe(
  files: readonly string[],
  options: Options,
  { output, signal }: CommandContext,
): Promise<void> {
  const { describeFiles } = await import("../../audit/describe/describe-files.ts");
  const { html, top, format } = options;
  if (options.maxLength !== undefined && options.encoder === undefined) throw await withoutEncoder();
  const readings = await Promise.all(
    files.map(async (path) => ({ path, reading: await readingOptions(options, { path, format }) })),
  );
  const progress = output.progress("reading", 0);
  const { description, tallies } = await describeFiles({
    files: readings,
    pictures: options.pictures,
    encoder: options.encoder,
    maxLength: options.maxLength,
    signal,
    onProgress: (documents, path) => progress.update(documents, path),
  }).finally(() => progress.stop());
  if (html !== undefined) {
    const { descriptionPage } = await import("../../audit/describe/description-page.ts");
    const { requireOwnOutput } = await import("../../base/own-input.ts");
    const { writeReport } = await import("../../report/write-report.ts");
    await requireOwnOutput(html, files);
    await writeReport(html, descriptionPage(description, tallies));
  }
  output.result(description, () => describeCorpus(description, { top, page: html, output }));
}

async function withoutEncoder() {
  const { ConfigError } = await import("../../base/errors.ts");
  return new ConfigError({
    code: "cli/contradiction",
    message: "--max-length is given without --encoder, whose tokens it counts",
    place: "--max-length",
    remedy: "Name an encoder's folder or hub id with --encoder.",
  });
}
