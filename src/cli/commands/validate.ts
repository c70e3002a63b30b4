// `relata validate`: reads data files in the same way as training and lists every defect with its line.
import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import type { NegativesSetting } from "../../config/negatives.ts";
import type { PairAccount } from "../../extractors/pairs/pair-set.ts";
import type { CheckedFile } from "../check-files.ts";
import type { CommandContext } from "../context.ts";
import { describeOverlap } from "../data-account.ts";
import { ExitCode } from "../errors.ts";
import { describeFile, type FileContents } from "../file-account.ts";
import type { Output } from "../output.ts";
import { describePairs } from "../pair-account.ts";
import { NEGATIVES_HELP, parseNegatives } from "../pair-options.ts";
import { addReadingOptions, FORMAT_HELP, type ReadingOptions, readingOptions } from "../reading-options.ts";
import { verdictOf } from "../validation-verdict.ts";

interface Options extends ReadingOptions {
  readonly format: string;
  readonly pictures?: string | undefined;
  readonly negatives: NegativesSetting;
  readonly strict?: boolean | undefined;
}

const MISSING_SHOWN = 5;

export function validateCommand(context: CommandContext): Command {
  const command = new Command("validate")
    .description("check data files and list every defect with its line")
    .argument("<file...>", "data files of one format")
    .option("-f, --format <name>", `format of the files: ${FORMAT_HELP}`, "auto")
    .option(
      "--pictures <folder>",
      "count the pictures that are named in documents but missing from this folder",
    )
    .option(
      "--negatives <which>",
      `${NEGATIVES_HELP}; the types are those of the first file`,
      parseNegatives,
      "auto",
    )
    .option("--strict", "exit with 2 if there is a warning, too")
    .addHelpText(
      "after",
      "\nThe exit code is 2 if a file has an error or contains nothing usable (no row, or not one picture), and 0 if there are only warnings.",
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
  const { checkFiles } = await import("../check-files.ts");
  const bar = output.progress("reading", 0);
  const { files: checked, overlaps } = await checkFiles(files, {
    pictures: options.pictures,
    negatives: options.negatives,
    signal,
    reading: (path) => readingOptions(options, { path, format: options.format }),
    onProgress: (documents, path) => bar.update(documents, path),
  }).finally(() => bar.stop());
  const notes = await notesOf(checked, options.noneLabel);
  const { valid, lines } = verdictOf(checked, { folder: options.pictures, strict: options.strict });
  if (!valid) process.exitCode = ExitCode.wrongInput;
  output.result(
    {
      valid,
      files: checked.map(({ report, contents, missingPictures, pairs, untaggable }) => ({
        ...report,
        contents: { ...contents, missingPictures },
        pairs,
        untaggable,
      })),
      overlaps,
      notes,
    },
    () =>
      [
        ...checked.map(({ report, contents, missingPictures, pairs, untaggable }) =>
          describeFile(report, contents, {
            pictures: describeMissing(missingPictures),
            pairs: [...(pairs ? describePairs(pairs) : []), ...describeUse(contents, untaggable, pairs)],
            remedies: true,
            limit: options.limit,
            output,
          }),
        ),
        ...[...overlaps.flatMap(describeOverlap), ...notes].map((line) => coloured(line, output)),
        lines.map((line) => output.style(valid ? "green" : "red", line)).join("\n"),
      ].join("\n\n"),
  );
}

/** What to know about these files' labels before training. */
async function notesOf(checked: readonly CheckedFile[], noneLabel: string | undefined): Promise<string[]> {
  const { NONE_LABEL } = await import("../../data/labels.ts");
  const { relationNotes } = await import("../../extractors/pairs/relation-notes.ts");
  const labels = new Set(checked.flatMap(({ contents }) => Object.keys(contents.relations)));
  if (labels.size === 0) return [];
  if (noneLabel !== undefined && !labels.has(NONE_LABEL)) {
    const known = [...labels].map((label) => JSON.stringify(label)).join(", ");
    return [`warning: no relation has the label ${JSON.stringify(noneLabel)}; the labels are ${known}`];
  }
  const makes = checked.some(({ pairs }) => (pairs?.made ?? 0) > 0);
  return relationNotes({ labels: makes ? [...labels, NONE_LABEL] : labels }, { pairs: checked[0]?.pairs });
}

/** What each task would learn from a file. */
function describeUse(
  { entities, relations, categories }: FileContents,
  untaggable: number,
  pairs: PairAccount | undefined,
): string[] {
  const marked = Object.values(relations).reduce((sum, count) => sum + count, 0);
  const classified = Object.values(categories).reduce((sum, count) => sum + count, 0);
  const made = pairs?.made ?? 0;
  const asNone = made > 0 ? ` and ${counted(made, "pair")} as None` : "";
  return [
    entities === 0
      ? "entities (mner): nothing to learn, no document has an entity"
      : `entities (mner): ${entities - untaggable} of ${entities} would be used${untaggable > 0 ? ", the others overlap or hold no word" : ""}`,
    marked + made === 0
      ? "relations (mre): nothing to learn, no document has a relation"
      : `relations (mre): ${counted(marked, "relation")}${asNone} would be used`,
    ...(Object.keys(categories).length > 0
      ? [
          `categories (classification): ${counted(classified, "document")} of ${counted(Object.keys(categories).length, "category", "categories")} would be used`,
        ]
      : []),
  ];
}

function coloured(line: string, output: Output): string {
  return line.replace(/^(warning|note)/, (word) => output.style("yellow", word));
}

function describeMissing(missing: readonly string[] | undefined): string {
  if (missing === undefined) return "";
  if (missing.length === 0) return ", none missing";
  const rest = missing.length > MISSING_SHOWN ? ", ..." : "";
  return `, ${missing.length} of them missing: ${missing.slice(0, MISSING_SHOWN).join(", ")}${rest}`;
}
