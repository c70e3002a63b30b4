// `relata convert`: reads a data file of one format and writes another, and reports on every row and everything that does not fit.

import { Command, Option } from "commander";
import { counted } from "../../base/counted.ts";
import { ConfigError } from "../../base/errors.ts";
import type { OffsetUnit } from "../../data/offset-units.ts";
import type { ReadReport } from "../../data/report.ts";
import type { LossKind } from "../../data/writing/losses.ts";
import { TARGET_NAMES, type TargetName, type TargetOption } from "../../data/writing/target.ts";
import type { WriteAccount } from "../../data/writing/write-documents.ts";
import type { CommandContext } from "../context.ts";
import { ExitCode } from "../errors.ts";
import { ContentsCounter, describeFile, type FileContents } from "../file-account.ts";
import { offsetsOption } from "../offsets-option.ts";
import type { Output } from "../output.ts";
import {
  addReadingOptions,
  FORMAT_HELP,
  notForFormat,
  type ReadingOptions,
  readingOptions,
} from "../reading-options.ts";

interface Options extends ReadingOptions {
  readonly from: string;
  readonly to: TargetName;
  readonly lossy: boolean;
  readonly outputOffsets?: OffsetUnit | undefined;
  readonly spreadsheet?: boolean | undefined;
  readonly pictureAddress?: string | undefined;
}

export function convertCommand(context: CommandContext): Command {
  const command = new Command("convert")
    .description("convert a data file to another format and account for every row")
    .argument("<in>", "data file")
    .argument("<out>", "file to write; it is written completely or not at all")
    .option("--from <name>", `format of <in>: ${FORMAT_HELP}`, "auto")
    .addOption(
      new Option(
        "--to <name>",
        "format of <out>; csv and tsv have a row for every entity and relation, triples for every relation, and the others hold the posts (docs/converting.md says what each cannot hold)",
      )
        .choices(TARGET_NAMES)
        .makeOptionMandatory(),
    )
    .addOption(offsetsOption("<out>", "--output-offsets"))
    .option(
      "--spreadsheet",
      "csv, tsv, triples: mark the file as UTF-8 for Excel, and put an apostrophe before cells that a spreadsheet would run as formulas",
    )
    .option(
      "--picture-address <text>",
      "label-studio: what comes before the name of a picture, for instance /data/local-files/?d=pictures/",
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

function noTable(target: TargetName): ConfigError {
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
  const { streamDocuments } = await import("../../data/readers.ts");
  const { writeDocuments, describeLoss } = await import("../../data/writing/write-documents.ts");
  const { requireOwnOutput } = await import("../../base/own-input.ts");
  await requireOwnOutput(target, [source]);
  await requireTargetOptions(options);
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
  const { to: format, lossy, imageExtension, spreadsheet, outputOffsets: offsets, pictureAddress } = options;
  let account: WriteAccount = { written: false, losses: {} };
  try {
    const given = { format, lossy, imageExtension, spreadsheet, offsets, pictureAddress, signal };
    account = await writeDocuments(target, documents(), given);
  } catch (error) {
    if (!(error instanceof RejectedRows)) throw error;
  }
  const report = stream.report();
  if (!account.written) process.exitCode = ExitCode.wrongInput;
  const contents = counter.contents();
  output.result(resultOf(target, options, account, report, contents), () => {
    const lost = Object.keys(account.losses) as LossKind[];
    const lines = [
      describeFile(report, contents, { limit: options.limit, output }),
      ...(account.written && report.rejected > 0
        ? [output.style("yellow", `left out ${counted(report.rejected, "row")} that cannot be used`)]
        : []),
      ...lost.map((kind) =>
        output.style(
          account.written ? "yellow" : "red",
          `${account.written ? "not in" : "does not fit into"} ${target}: ${describeLoss(kind, account.losses)}`,
        ),
      ),
      ...(account.renamed
        ? [
            `${counted(account.renamed, "document gets", "documents get")} a new id when ${target} is read: ${format} has no place for it`,
          ]
        : []),
      outcome(source, target, account, report, output),
    ];
    return lines.join("\n");
  });
}

/** The last line: what was written, or why nothing was. */
function outcome(
  source: string,
  target: string,
  { written, documents = 0, beside = [], losses }: WriteAccount,
  { accepted, rejected }: ReadReport,
  output: Output,
): string {
  if (written) {
    const further = beside.length > 0 ? `, and ${beside.join(", ")}` : "";
    return output.style("green", `wrote ${counted(documents, "document")} to ${target}${further}`);
  }
  const unused = `${counted(rejected, "row")} cannot be used`;
  const why =
    accepted === 0
      ? `${source} has no usable row`
      : Object.keys(losses).length > 0
        ? "it cannot hold everything (use --lossy to leave out what it cannot hold, or --to relata or parquet)"
        : `${unused} (use --lossy to leave them out)`;
  return output.style("red", `${target} was not written: ${why}`);
}

/** @throws ConfigError for an option that the target does not have */
async function requireTargetOptions({ to, ...options }: Options): Promise<void> {
  const { TARGETS } = await import("../../data/writing/targets.ts");
  const having = (option: TargetOption) => TARGETS.filter((target) => target.options?.includes(option));
  const lacks = (option: TargetOption) => !having(option).some(({ name }) => name === to);
  if (options.outputOffsets !== undefined && lacks("offsets"))
    throw await notForFormat(
      "--output-offsets",
      "the unit of offsets in <out>",
      having("offsets").map(({ name }) => name),
      to,
    );
  if (options.pictureAddress !== undefined && lacks("pictureAddress"))
    throw await notForFormat(
      "--picture-address",
      "the address of pictures in <out>",
      having("pictureAddress").map(({ name }) => name),
      to,
    );
  if (options.spreadsheet === true && lacks("spreadsheet")) throw noTable(to);
}

function resultOf(
  path: string,
  { to: format, outputOffsets = "utf-16" }: Options,
  { written, ...account }: WriteAccount,
  report: ReadReport,
  contents: FileContents,
) {
  return {
    written,
    target: { path, format, ...(format !== "conll" && { offsets: outputOffsets }), ...account },
    source: { ...report, contents },
  };
}
