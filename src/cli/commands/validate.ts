// `relata validate`: reads data files as training would and lists every defect with its line.
import { Command } from "commander";
import type { DefectCode } from "../../data/defects.ts";
import type { DocumentSet } from "../../data/readers.ts";
import type { CommandContext } from "../context.ts";
import { ExitCode } from "../errors.ts";
import { parseCount } from "../option-parsers.ts";
import type { Output } from "../output.ts";
import { formatTable } from "../table.ts";

interface Options {
  readonly format: string;
  readonly relations?: string;
  readonly pictures?: string;
  readonly reject?: readonly string[];
  readonly limit: number;
}

/** What the documents of one file hold, and which of their pictures are not there. */
interface FileContents {
  readonly entities: number;
  readonly relations: Readonly<Record<string, number>>;
  readonly pictures: number;
  /** Names of picture files that the folder lacks; undefined without `--pictures`. */
  readonly missingPictures: readonly string[] | undefined;
}

const MISSING_SHOWN = 5;

export function validateCommand(context: CommandContext): Command {
  return new Command("validate")
    .description("check data files and list every defect with its line")
    .argument("<file...>", "data files of one format")
    .option("-f, --format <name>", "format of the files: relata (JSONL documents) or mnre", "relata")
    .option("--relations <file>", "label set (rel2id.json); any other relation is then a defect")
    .option("--pictures <folder>", "count the pictures that documents name and the folder lacks")
    .option("--reject <code...>", "warnings to count as errors, for instance data/overlapping-mentions")
    .option("--limit <number>", "defects to print per code and file", parseCount, 5)
    .addHelpText(
      "after",
      "\nExits with 2 when a file holds an error, with 0 when there are warnings at most.",
    )
    .action((files: string[], options: Options) => validate(files, options, context));
}

async function validate(
  files: readonly string[],
  options: Options,
  { output }: CommandContext,
): Promise<void> {
  const { formatNamed, readDocuments, readLabelSet } = await import("../../data/index.ts");
  formatNamed(options.format);
  const relationLabels = options.relations === undefined ? undefined : await readLabelSet(options.relations);
  const reject = await parseCodes(options.reject ?? []);
  const checked: { readonly set: DocumentSet; readonly contents: FileContents }[] = [];
  for (const file of files) {
    const set = await readDocuments(file, {
      format: options.format,
      policy: "report",
      reject,
      ...(relationLabels === undefined ? {} : { relationLabels }),
    });
    checked.push({ set, contents: await contentsOf(set, options.pictures) });
  }
  const sharedIds = idsInSeveralFiles(checked.map(({ set }) => set));
  const rejected = checked.reduce((sum, { set }) => sum + set.report.rejected, 0);
  const errors = checked.reduce((sum, { set }) => sum + errorCount(set), 0);
  const valid = errors === 0 && sharedIds.length === 0;
  if (!valid) process.exitCode = ExitCode.wrongInput;
  output.result(
    {
      valid,
      files: checked.map(({ set, contents }) => ({ ...set.report, contents })),
      idsInSeveralFiles: sharedIds,
    },
    () =>
      [
        ...checked.map(({ set, contents }) => describeFile(set, contents, options.limit, output)),
        ...(sharedIds.length === 0
          ? []
          : [`${sharedIds.length} ids occur in several files, e.g. ${sharedIds.slice(0, 3).join(", ")}`]),
        valid
          ? output.style("green", "valid: every row can be used")
          : output.style("red", `not valid: ${rejected} rows cannot be used`),
      ].join("\n\n"),
  );
}

async function parseCodes(codes: readonly string[]): Promise<DefectCode[]> {
  const { DEFECTS } = await import("../../data/index.ts");
  const { ConfigError } = await import("../../errors.ts");
  return codes.map((code) => {
    if (code in DEFECTS) return code as DefectCode;
    throw new ConfigError({
      code: "cli/unknown-defect",
      message: `validate: "${code}" is not the code of a defect`,
      place: "--reject",
      remedy: `Name one of: ${Object.keys(DEFECTS).join(", ")}.`,
    });
  });
}

function errorCount(set: DocumentSet): number {
  const listed = set.report.defects.filter((one) => one.severity === "error").length;
  return Math.max(listed, set.report.rejected); // listed is cut off at a limit per code, rejected never
}

async function contentsOf(
  { documents }: DocumentSet,
  pictureFolder: string | undefined,
): Promise<FileContents> {
  const relations: Record<string, number> = {};
  for (const { label } of documents.flatMap((document) => document.relations)) {
    relations[label] = (relations[label] ?? 0) + 1;
  }
  const names = new Set(documents.flatMap(({ image }) => (image === undefined ? [] : [image])));
  return {
    entities: documents.reduce((sum, document) => sum + document.entities.length, 0),
    relations,
    pictures: names.size,
    missingPictures: pictureFolder === undefined ? undefined : await missingFiles(pictureFolder, names),
  };
}

async function missingFiles(folder: string, names: ReadonlySet<string>): Promise<string[]> {
  const { readdir } = await import("node:fs/promises");
  const { sep } = await import("node:path");
  const { DataError } = await import("../../errors.ts");
  try {
    const found = new Set(await readdir(folder, { recursive: true }));
    return [...names].filter((name) => !found.has(name.replaceAll("/", sep)));
  } catch (cause) {
    throw new DataError({
      code: "data/cannot-read",
      message: `validate: the picture folder cannot be read (${(cause as NodeJS.ErrnoException).code})`,
      place: folder,
      remedy: "Check the path after --pictures.",
      cause,
    });
  }
}

function idsInSeveralFiles(sets: readonly DocumentSet[]): string[] {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const { documents } of sets) {
    for (const { id } of documents) if (seen.has(id)) shared.add(id);
    for (const { id } of documents) seen.add(id);
  }
  return [...shared];
}

function describeFile(set: DocumentSet, contents: FileContents, limit: number, output: Output): string {
  const { report } = set;
  const labels = Object.entries(contents.relations).sort(([, a], [, b]) => b - a);
  const lines = [
    output.style("bold", report.source),
    `  ${report.lines} lines: ${report.accepted} rows accepted, ${report.rejected} rejected, ${report.blank} blank`,
    `  ${contents.entities} entities, ${labels.reduce((sum, [, count]) => sum + count, 0)} relations of ${labels.length} labels: ${labels.map(([label, count]) => `${label} ${count}`).join(", ")}`,
    `  ${contents.pictures} pictures named${describeMissing(contents.missingPictures)}`,
  ];
  for (const [code, count] of Object.entries(report.counts)) {
    const own = report.defects.filter((one) => one.code === code);
    const severity = own[0]?.severity ?? "warning";
    lines.push(
      `  ${output.style(severity === "error" ? "red" : "yellow", `${severity}[${code}]`)} ${count} times`,
    );
    const rows = own.slice(0, limit).map((one) => [one.place, one.message]);
    if (rows.length > 0) lines.push(formatTable(["place", "what"], rows, { indent: "    " }));
    if (count > rows.length && limit > 0)
      lines.push(`    and ${count - rows.length} more (--limit, or all with --json)`);
  }
  return lines.join("\n");
}

function describeMissing(missing: readonly string[] | undefined): string {
  if (missing === undefined) return "";
  if (missing.length === 0) return ", all there";
  const rest = missing.length > MISSING_SHOWN ? ", ..." : "";
  return `, ${missing.length} of them missing: ${missing.slice(0, MISSING_SHOWN).join(", ")}${rest}`;
}
