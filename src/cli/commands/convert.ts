// `relata convert`: reads a data file of one format and writes another, and reports on every row and everything that does not fit.

import { Command, Option } from "commander";
import { counted } from "../../base/counted.ts";
import { ConfigError } from "../../base/errors.ts";
import type { Document } from "../../data/document.ts";
import type { OffsetUnit } from "../../data/offset-units.ts";
import type { ReadReport } from "../../data/report.ts";
import type { ConllAccount, ConllLoss } from "../../data/write-conll.ts";
import type { CommandContext } from "../context.ts";
import { ExitCode } from "../errors.ts";
import { ContentsCounter, describeFile, type FileContents } from "../file-account.ts";
import { offsetsOption } from "../offsets-option.ts";
import {
  addReadingOptions,
  FORMAT_HELP,
  notForFormat,
  type ReadingOptions,
  readingOptions,
} from "../reading-options.ts";

const TARGETS = ["relata", "conll", "parquet", "csv", "tsv", "triples"] as const;
type Target = (typeof TARGETS)[number];

interface Options extends ReadingOptions {
  readonly from: string;
  readonly to: Target;
  readonly lossy: boolean;
  readonly outputOffsets?: OffsetUnit | undefined;
  readonly spreadsheet?: boolean | undefined;
}

/** The result for the target; `losses` and `renamed` concern CoNLL. */
type Written = Pick<ConllAccount, "documents"> & Partial<ConllAccount>;

export function convertCommand(context: CommandContext): Command {
  const command = new Command("convert")
    .description("convert a data file to another format and account for every row")
    .argument("<in>", "data file")
    .argument("<out>", "file to write; it is written completely or not at all")
    .option("--from <name>", `format of <in>: ${FORMAT_HELP}`, "auto")
    .addOption(
      new Option(
        "--to <name>",
        "format of <out>: relata, conll and parquet hold documents; csv and tsv have a row for every entity and relation, triples for every relation",
      )
        .choices(TARGETS)
        .makeOptionMandatory(),
    )
    .addOption(offsetsOption("<out>", "--output-offsets"))
    .option(
      "--spreadsheet",
      "csv, tsv, triples: mark the file as UTF-8 for Excel, and put an apostrophe before cells that a spreadsheet would run as formulas",
    )
    .option("--lossy", "leave out rows with errors and whatever <out> cannot hold, and count them", false)
    .addHelpText(
      "after",
      "\nWithout --lossy, if a row has an error or the target cannot hold something, nothing is written and the exit code is 2. A file without a usable row is never converted.",
    );
  return addReadingOptions(command).action((source: string, target: string, options: Options) =>
    convert(source, target, options, context),
  );
}

function noTable(target: Target): ConfigError {
  return new ConfigError({
    code: "cli/contradiction",
    message: `--spreadsheet is given, but ${target} is not a table of what was found`,
    place: "--spreadsheet",
    remedy: "Use it with --to csv, tsv or triples.",
  });
}

/** Cancels the writing of a file that must not appear. */
class RejectedRows extends Error {}

async function convert(
  source: string,
  target: string,
  options: Options,
  { output, signal }: CommandContext,
): Promise<void> {
  const { CONLL_LOSSES } = await import("../../data/write-conll.ts");
  const { streamDocuments } = await import("../../data/readers.ts");
  const { requireOwnOutput } = await import("../../base/own-input.ts");
  await requireOwnOutput(target, [source]);
  if (options.outputOffsets !== undefined && (options.to === "conll" || options.to === "triples"))
    throw await notForFormat(
      "--output-offsets",
      "the unit of offsets in <out>",
      ["relata", "parquet", "csv", "tsv"],
      options.to,
    );
  if (options.spreadsheet === true && !["csv", "tsv", "triples"].includes(options.to))
    throw noTable(options.to);
  const reading = await readingOptions(
    options,
    { path: source, format: options.from },
    options.to === "conll",
  );
  const stream = streamDocuments(source, { ...reading, signal });
  const counter = new ContentsCounter();
  async function* documents() {
    for await (const document of stream.documents) {
      counter.add(document);
      yield document;
    }
    const { accepted, rejected } = stream.report();
    if (accepted === 0 || (rejected > 0 && !options.lossy)) throw new RejectedRows();
  }
  let written: Written | undefined;
  try {
    written = await write(target, documents(), options, signal);
  } catch (error) {
    if (!(error instanceof RejectedRows)) throw error;
  }
  const report = stream.report();
  if (written === undefined) process.exitCode = ExitCode.wrongInput;
  output.result(resultOf(target, options, written, report, counter.contents()), () => {
    const losses = Object.entries(written?.losses ?? {}) as [ConllLoss, number][];
    const lines = [
      describeFile(report, counter.contents(), { limit: options.limit, output }),
      ...(written && report.rejected > 0
        ? [output.style("yellow", `left out ${counted(report.rejected, "row")} that cannot be used`)]
        : []),
      ...losses.map(([loss, count]) =>
        output.style("yellow", `not in ${target}: ${CONLL_LOSSES[loss]} (${count})`),
      ),
      ...(written?.renamed
        ? [
            `${counted(written.renamed, "document gets", "documents get")} a new id when ${target} is read: CoNLL has no ids`,
          ]
        : []),
      written
        ? output.style("green", `wrote ${counted(written.documents, "document")} to ${target}`)
        : output.style(
            "red",
            report.accepted === 0
              ? `${target} was not written: ${source} has no usable row`
              : `${target} was not written: ${counted(report.rejected, "row")} cannot be used (use --lossy to leave them out)`,
          ),
    ];
    return lines.join("\n");
  });
}

async function write(
  path: string,
  documents: AsyncIterable<Document>,
  { to, lossy, imageExtension, spreadsheet, outputOffsets: offsets }: Options,
  signal: AbortSignal,
): Promise<Written> {
  const { writeTable } = await import("../../data/findings-table.ts");
  const { writeConll } = await import("../../data/write-conll.ts");
  const { writeJsonl } = await import("../../data/jsonl.ts");
  const { writeParquetDocuments } = await import("../../data/parquet/write-parquet.ts");
  switch (to) {
    case "relata":
      return { documents: await writeJsonl(path, documents, { signal, offsets }) };
    case "parquet":
      return { documents: await writeParquetDocuments(path, documents, { signal, offsets }) };
    case "csv":
    case "tsv":
    case "triples":
      return { documents: await writeTable(path, documents, { name: to, spreadsheet, offsets }, signal) };
    case "conll":
      return writeConll(path, documents, {
        lossy,
        signal,
        imageExtension,
      });
    default:
      return to satisfies never;
  }
}

function resultOf(
  path: string,
  { to: format, outputOffsets = "utf-16" }: Options,
  written: Written | undefined,
  report: ReadReport,
  contents: FileContents,
) {
  return {
    written: written !== undefined,
    target: { path, format, ...(format !== "conll" && { offsets: outputOffsets }), ...written },
    source: { ...report, contents },
  };
}
