// `relata import`: reads what annotation tools and other programs export, and writes documents with an account of everything in it.
import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import type { ImportAccount } from "../../data/import-documents.ts";
import type { CommandContext } from "../context.ts";
import { ExitCode } from "../errors.ts";
import { ContentsCounter, describeFile } from "../file-account.ts";
import type { Output } from "../output.ts";
import { addReadingOptions, FORMAT_HELP, type ReadingOptions, readingOptions } from "../reading-options.ts";

interface Options extends ReadingOptions {
  readonly out: string;
  readonly lossy: boolean;
}

export function importCommand(context: CommandContext): Command {
  const command = new Command("import")
    .description("read an export of an annotation tool, or any data file, and write relata's documents")
    .argument("<format>", FORMAT_HELP)
    .argument("<file or folder...>", "what to read; of a folder, every file in it except pictures")
    .requiredOption("--out <file>", "file to write (JSONL); it is written completely or not at all")
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
  output.result({ ...account, written: account.documents > 0, sources }, () =>
    [
      ...account.sources.map((report) =>
        describeFile(report, contentsOf(report.source), { limit: options.limit, output }),
      ),
      describeOutcome(account, output),
    ].join("\n\n"),
  );
}

function describeOutcome({ out, documents, renamed, sources }: ImportAccount, output: Output): string {
  const rejected = sources.reduce((sum, report) => sum + report.rejected, 0);
  if (documents === 0) {
    const why =
      rejected > 0
        ? `${counted(rejected, "row")} cannot be used (use --lossy to leave them out)`
        : "there is no usable row";
    return output.style("red", `${out} was not written: ${why}`);
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
    output.style("green", `wrote ${counted(documents, "document")} to ${out}`),
    `next: relata validate ${out}`,
  ].join("\n");
}
