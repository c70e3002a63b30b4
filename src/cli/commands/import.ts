// `relata import`: reads what annotation tools and other programs export, and writes documents with an account of everything in it.
import { Command, InvalidArgumentError } from "commander";
import { counted } from "../../base/counted.ts";
import type { ImportAccount } from "../../data/import-documents.ts";
import type { CommandContext } from "../context.ts";
import { ExitCode } from "../errors.ts";
import { ContentsCounter, describeFile } from "../file-account.ts";
import { parseCount } from "../option-parsers.ts";
import type { Output } from "../output.ts";
import { addReadingOptions, FORMAT_HELP, type ReadingOptions, readingOptions } from "../reading-options.ts";

interface Options extends ReadingOptions {
  readonly out: string;
  readonly lossy: boolean;
  readonly split?: Readonly<Record<string, number>> | undefined;
  readonly seed: number;
  readonly savePictures?: string | undefined;
}

export function importCommand(context: CommandContext): Command {
  const command = new Command("import")
    .description("read an export of an annotation tool, or any data file, and write relata's documents")
    .argument("<format>", FORMAT_HELP)
    .argument("<file or folder...>", "what to read; of a folder, every file in it except pictures")
    .requiredOption(
      "--out <file>",
      "file to write (JSONL), or with --split a folder; each file is written completely or not at all",
    )
    .option(
      "--split <shares>",
      "divide the documents into train.jsonl, validation.jsonl and test.jsonl, for instance 80/10/10 (or 90/10, without a test part); documents with the same text, nearly the same text or the same picture stay together",
      parseShares,
    )
    .option("--seed <number>", "another seed divides otherwise", parseCount, 1)
    .option(
      "--save-pictures <folder>",
      "folder for pictures that are in the files themselves (default: pictures, beside the files written)",
    )
    .option("--lossy", "leave out rows with errors, and count them", false)
    .addHelpText(
      "after",
      "\nWithout --lossy, if a row has an error, nothing is written and the exit code is 2. What annotation tools leave open (several annotators, skipped tasks) is decided by policies: every decision is counted by name (docs/importing.md).",
    );
  return addReadingOptions(command).action((format: string, inputs: string[], options: Options) =>
    importFiles(format, inputs, options, context),
  );
}

async function importFiles(
  format: string,
  inputs: readonly string[],
  options: Options,
  { output, signal }: CommandContext,
): Promise<void> {
  const { importDocuments } = await import("../../data/import-documents.ts");
  const [first = ""] = inputs; // commander requires one
  const reading = await readingOptions(options, { path: first, format });
  const counters = new Map<string, ContentsCounter>();
  const account = await importDocuments({
    ...reading,
    inputs,
    out: options.out,
    split: options.split === undefined ? undefined : { shares: options.split, seed: options.seed },
    pictureFolder: options.savePictures,
    lossy: options.lossy,
    signal,
    onDocument(document, source) {
      const counter = counters.get(source) ?? new ContentsCounter();
      counters.set(source, counter);
      counter.add(document);
    },
  });
  if (account.documents === 0) process.exitCode = ExitCode.wrongInput;
  const contentsOf = (source: string) => (counters.get(source) ?? new ContentsCounter()).contents();
  const sources = account.sources.map((report) => ({ ...report, contents: contentsOf(report.source) }));
  const likely = await likelyFormats(account, options.extension);
  output.result({ ...account, written: account.documents > 0, sources }, () =>
    [
      ...account.sources.map((report) =>
        describeFile(report, contentsOf(report.source), { limit: options.limit, output }),
      ),
      describeOutcome(account, inputs, likely, output),
    ].join("\n\n"),
  );
}

/** What files look like that have no usable row in the format that was named. */
async function likelyFormats(
  { sources }: ImportAccount,
  modules: readonly string[] | undefined,
): Promise<readonly string[]> {
  const { loadExtensions } = await import("../../extensions/load-extensions.ts");
  const { formatOf } = await import("../../data/readers.ts");
  const { AUTO } = await import("../../data/guess-format.ts");
  const extensions = await loadExtensions(modules);
  const lines: string[] = [];
  for (const { source, format, guessed, accepted, rejected } of sources) {
    if (guessed || accepted > 0 || rejected === 0) continue;
    const { name } = await formatOf(source, AUTO, extensions);
    if (name !== format) lines.push(`${source} looks like ${name}: relata import ${name} ${source} ...`);
  }
  return lines;
}

function describeOutcome(
  account: ImportAccount,
  inputs: readonly string[],
  likely: readonly string[],
  output: Output,
): string {
  const { out, documents, files, split, pictures, renamed, sources } = account;
  const rejected = sources.reduce((sum, report) => sum + report.rejected, 0);
  if (documents === 0) {
    const accepted = sources.reduce((sum, report) => sum + report.accepted, 0);
    const remedy = accepted > 0 ? " (use --lossy to leave them out)" : "";
    const why =
      sources.length === 0
        ? `there is no file to read in ${inputs.join(", ")}`
        : rejected > 0
          ? `${counted(rejected, "row")} cannot be used${remedy}`
          : "there is no usable row";
    return [output.style("red", `${out} was not written: ${why}`), ...likely].join("\n");
  }
  return [
    ...(rejected > 0
      ? [output.style("yellow", `left out ${counted(rejected, "row")} that cannot be used`)]
      : []),
    ...(renamed > 0
      ? [
          `${counted(renamed, "document has", "documents have")} an id that another file has too: the file's name was put before it`,
        ]
      : []),
    ...(pictures.written > 0
      ? [`wrote ${counted(pictures.written, "picture")} to ${pictures.folder} (give it as --pictures)`]
      : []),
    ...(split === undefined
      ? []
      : [
          `divided ${counted(documents, "document")} in ${counted(split.groups, "group")} with a picture or ${split.nearTexts ? "(nearly) the same text" : "the same text"} in common, the largest of ${split.largest}; no group is in two parts`,
          ...(split.nearTexts
            ? []
            : [
                output.style(
                  "yellow",
                  "nearly equal texts were not kept together: they connect more than half of the documents, as texts made from one template do",
                ),
              ]),
        ]),
    ...files.map((file) =>
      output.style("green", `wrote ${counted(file.documents, "document")} to ${file.path}`),
    ),
    `next: relata validate ${files.map(({ path }) => path).join(" ")}`,
  ].join("\n");
}

const PARTS = ["train", "validation", "test"] as const;

/** The shares of the parts from 80/10/10 or 90/10. */
function parseShares(text: string): Readonly<Record<string, number>> {
  const shares = text.split("/").map(Number);
  const isValid =
    shares.length >= 2 && shares.length <= PARTS.length && shares.every((share) => share > 0 && share < 1e6);
  if (!isValid)
    throw new InvalidArgumentError(
      "It must be two or three numbers above 0, for instance 90/10 or 80/10/10.",
    );
  return Object.fromEntries(shares.map((share, i) => [PARTS[i], share]));
}
