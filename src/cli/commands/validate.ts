// `relata validate`: reads data files as training would and lists every defect with its line.
import { Command } from "commander";
import type { DocumentSet } from "../../data/readers.ts";
import type { SplitOverlap } from "../../data/splits.ts";
import type { CommandContext } from "../context.ts";
import { ExitCode } from "../errors.ts";
import { ContentsCounter, describeFile, type FileContents, hasError } from "../file-account.ts";
import type { Output } from "../output.ts";
import { addReadingOptions, type ReadingOptions, readingOptions } from "../reading-options.ts";

interface Options extends ReadingOptions {
  readonly format: string;
  readonly pictures?: string;
}

interface CheckedFile {
  readonly set: DocumentSet;
  readonly contents: FileContents;
  /** Names of picture files that the folder lacks; undefined without `--pictures`. */
  readonly missingPictures: readonly string[] | undefined;
}

const MISSING_SHOWN = 5;

export function validateCommand(context: CommandContext): Command {
  const command = new Command("validate")
    .description("check data files and list every defect with its line")
    .argument("<file...>", "data files of one format")
    .option(
      "-f, --format <name>",
      "format of the files: relata (JSONL documents), mnre, conll (Twitter-2015/2017, GMNER), webnlg or parquet",
      "relata",
    )
    .option("--pictures <folder>", "count the pictures that documents name and the folder lacks")
    .addHelpText(
      "after",
      "\nExits with 2 when a file holds an error, with 0 when there are warnings at most.",
    );
  return addReadingOptions(command).action((files: string[], options: Options) =>
    validate(files, options, context),
  );
}

async function validate(
  files: readonly string[],
  options: Options,
  { output, signal }: CommandContext,
): Promise<void> {
  const { compareSplits, joinPictures, PictureFolder, readDocuments } = await import("../../data/index.ts");
  const reading = await readingOptions(options, options.format, "validate");
  const folder = options.pictures === undefined ? undefined : await PictureFolder.open(options.pictures);
  const checked: CheckedFile[] = [];
  for (const file of files) {
    const set = await readDocuments(file, { ...reading, signal });
    const counter = new ContentsCounter();
    for (const document of set.documents) counter.add(document);
    const missingPictures = folder && joinPictures(set.documents, folder).report.missingImages;
    checked.push({ set, contents: counter.contents(), missingPictures });
  }
  const overlaps = compareSplits(
    Object.fromEntries(checked.map(({ set }) => [set.report.source, set.documents])),
  );
  const rejected = checked.reduce((sum, { set }) => sum + set.report.rejected, 0);
  const valid = checked.every(({ set }) => !hasError(set.report));
  if (!valid) process.exitCode = ExitCode.wrongInput;
  output.result(
    {
      valid,
      files: checked.map(({ set, contents, missingPictures }) => ({
        ...set.report,
        contents: { ...contents, missingPictures },
      })),
      overlaps,
    },
    () =>
      [
        ...checked.map(({ set, contents, missingPictures }) =>
          describeFile(set.report, contents, {
            pictures: describeMissing(missingPictures),
            limit: options.limit,
            output,
          }),
        ),
        ...overlaps.flatMap((overlap) => describeOverlap(overlap, output)),
        valid
          ? output.style("green", "valid: every row can be used")
          : output.style("red", `not valid: ${rejected} rows cannot be used`),
      ].join("\n\n"),
  );
}

/** What two files share, in one paragraph; nothing when they share nothing. */
function describeOverlap(overlap: SplitOverlap, output: Output): string[] {
  const { a, b, ids, images, texts, questions, conflicts } = overlap;
  const shared = [
    [ids.length, "ids"],
    [images.length, "pictures"],
    [texts.length, "texts"],
    [questions, "questions (text, head and tail)"],
    [conflicts.length, "of these questions with different answers"],
  ] as const;
  const found = shared.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  if (found.length === 0) return [];
  return [`${output.style("yellow", "warning")} ${a} and ${b} share ${found.join(", ")}`];
}

function describeMissing(missing: readonly string[] | undefined): string {
  if (missing === undefined) return "";
  if (missing.length === 0) return ", all there";
  const rest = missing.length > MISSING_SHOWN ? ", ..." : "";
  return `, ${missing.length} of them missing: ${missing.slice(0, MISSING_SHOWN).join(", ")}${rest}`;
}
