// `relata validate`: reads data files as training would and lists every defect with its line.
import { Command } from "commander";
import type { DefectCode } from "../../data/defects.ts";
import type { PictureReport } from "../../data/pictures.ts";
import type { DocumentSet } from "../../data/readers.ts";
import type { SplitOverlap } from "../../data/splits.ts";
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
  const { compareSplits, formatNamed, joinPictures, PictureFolder, readDocuments, readLabelSet } =
    await import("../../data/index.ts");
  formatNamed(options.format);
  const relationLabels = options.relations === undefined ? undefined : await readLabelSet(options.relations);
  const reject = await parseCodes(options.reject ?? []);
  const folder = options.pictures === undefined ? undefined : await PictureFolder.open(options.pictures);
  const checked: { readonly set: DocumentSet; readonly contents: FileContents }[] = [];
  for (const file of files) {
    const set = await readDocuments(file, {
      format: options.format,
      policy: "report",
      reject,
      ...(relationLabels === undefined ? {} : { relationLabels }),
    });
    const pictures = folder === undefined ? undefined : joinPictures(set.documents, folder).report;
    checked.push({ set, contents: contentsOf(set, pictures) });
  }
  const overlaps = compareSplits(
    Object.fromEntries(checked.map(({ set }) => [set.report.source, set.documents])),
  );
  const rejected = checked.reduce((sum, { set }) => sum + set.report.rejected, 0);
  const valid = checked.every(({ set }) => !hasError(set));
  if (!valid) process.exitCode = ExitCode.wrongInput;
  output.result(
    { valid, files: checked.map(({ set, contents }) => ({ ...set.report, contents })), overlaps },
    () =>
      [
        ...checked.map(({ set, contents }) => describeFile(set, contents, options.limit, output)),
        ...overlaps.flatMap((overlap) => describeOverlap(overlap, output)),
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

function hasError({ report }: DocumentSet): boolean {
  return report.rejected > 0 || report.defects.some((one) => one.severity === "error");
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

function contentsOf({ documents }: DocumentSet, pictures: PictureReport | undefined): FileContents {
  const relations: Record<string, number> = {};
  for (const { label } of documents.flatMap((document) => document.relations)) {
    relations[label] = (relations[label] ?? 0) + 1;
  }
  return {
    entities: documents.reduce((sum, document) => sum + document.entities.length, 0),
    relations,
    pictures: new Set(documents.flatMap(({ image }) => (image === undefined ? [] : [image]))).size,
    missingPictures: pictures?.missingImages,
  };
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
