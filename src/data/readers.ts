// The registry of data formats by name, and functions that read a whole file with its report.
import { ConfigError, DataError } from "../base/errors.ts";
import { Extensions } from "../extensions/extension.ts";
import { bratFormat } from "./annotations/brat.ts";
import { doccanoFormat } from "./annotations/doccano.ts";
import { labelStudioFormat } from "./annotations/label-studio.ts";
import { prodigyFormat } from "./annotations/prodigy.ts";
import { conllFormat } from "./conll.ts";
import { conlluFormat } from "./conllu.ts";
import { quote } from "./defects.ts";
import type { Document } from "./document.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "./document-format.ts";
import { AUTO, guessFormat } from "./guess-format.ts";
import { relataFormat } from "./jsonl.ts";
import { mnreFormat } from "./mnre.ts";
import { parquetFormat } from "./parquet/read-parquet.ts";
import { registeredFormats } from "./registered-reader.ts";
import { type ReadReport, ReportBuilder } from "./report.ts";
import { tableFormat } from "./table/read-table.ts";
import { jsonFormat } from "./tokenised/corpus.ts";
import { dygie } from "./tokenised/dygie.ts";
import { spert } from "./tokenised/spert.ts";
import { tacred } from "./tokenised/tacred.ts";
import { tagged } from "./tokenised/tagged.ts";
import { webnlgFormat } from "./webnlg.ts";

/** relata's built-in formats, in the order in which they are asked whether they recognise a file. */
export const FORMATS: readonly DocumentFormat[] = [
  relataFormat,
  labelStudioFormat,
  doccanoFormat,
  prodigyFormat,
  bratFormat,
  jsonFormat(spert),
  jsonFormat(dygie),
  jsonFormat(tacred),
  jsonFormat(tagged),
  mnreFormat,
  conlluFormat,
  conllFormat,
  webnlgFormat,
  parquetFormat,
  tableFormat,
];

/** The accepted documents of a file and the report on all its lines. */
export interface DocumentSet {
  readonly documents: readonly Document[];
  readonly report: ReadReport;
}

/** How to read a file, and additional formats. */
export interface ReadFileOptions extends ReadDocumentsOptions {
  /** Name of the format; "auto" or absent: guessed from the file's content, which the report says. */
  readonly format?: string | undefined;
  /** Readers among them are valid values of `format`. */
  readonly extensions?: Extensions | undefined;
}

/** relata's formats and those of registered readers. @throws ExtensionError `extension/name-taken` */
export function formatsWith(extensions: Extensions = Extensions.NONE): readonly DocumentFormat[] {
  return [...FORMATS, ...registeredFormats(extensions, FORMATS)];
}

/** The format with this name. @throws DataError `data/unknown-format`, listing the known ones; ExtensionError `extension/name-taken` */
export function formatNamed(name: string, extensions?: Extensions): DocumentFormat {
  const formats = formatsWith(extensions);
  const format = formats.find((known) => known.name === name);
  if (format) return format;
  const known = [AUTO, ...formats.map((other) => other.name)].join(", ");
  throw new DataError({
    code: "data/unknown-format",
    message: `unknown format: ${quote(name)}${/^[ct]sv$/i.test(name) ? "; CSV and TSV files have the format table" : ""}`,
    value: name,
    remedy: `Name one of: ${known}; a reader of your own is loaded with --extension <module> (docs/extending.md).`,
  });
}

/** The names that a user can give as a format. */
export function formatNames(extensions?: Extensions): readonly string[] {
  return [AUTO, ...formatsWith(extensions).map(({ name }) => name)];
}

/**
 * The format of this name, or with "auto" the one of the file: registered readers are asked first, then relata's formats.
 *
 * @throws DataError `data/unknown-format`, `data/cannot-read`; ExtensionError `extension/name-taken`
 */
export async function formatOf(
  path: string,
  name: string = AUTO,
  extensions: Extensions = Extensions.NONE,
): Promise<DocumentFormat> {
  if (name !== AUTO) return formatNamed(name, extensions);
  return guessFormat(path, [...registeredFormats(extensions, FORMATS), ...FORMATS], relataFormat);
}

/** Notes the format of a file and what its offsets count. @throws ConfigError `config/offsets-not-for-format`; the errors of `formatOf` */
async function formatFor(path: string, options: ReadFileOptions, builder: ReportBuilder) {
  const { format: name = AUTO, extensions, offsets } = options;
  const format = await formatOf(path, name, extensions);
  if (name === AUTO) builder.guessed(format.name);
  if (offsets !== undefined && format.offsets === undefined) {
    const able = formatsWith(extensions).flatMap((other) =>
      other.offsets === undefined ? [] : [other.name],
    );
    throw new ConfigError({
      code: "config/offsets-not-for-format",
      message: `a unit of offsets is given (${offsets}), but files of the format ${format.name} have no offsets`,
      place: "offsets",
      value: offsets,
      remedy: `Omit it; it applies to: ${able.join(", ")}.`,
    });
  }
  builder.counting(offsets ?? format.offsets);
  return format;
}

/** An accepted document and its place in the file. */
export interface PlacedDocument {
  readonly document: Document;
  /** The row's first line, from 1. */
  readonly line: number;
  /** Number of rows before it, rejected ones included. */
  readonly index: number;
}

/** A file being read: its accepted documents one by one with their places, and the report so far. */
export interface RowStream {
  readonly rows: AsyncGenerator<PlacedDocument>;
  /** The report so far; complete at the end of the stream. */
  report(): ReadReport;
}

/** A file being read: its accepted documents one by one, and the report so far. */
export interface DocumentStream {
  readonly documents: AsyncGenerator<Document>;
  /** The report so far; complete at the end of the stream. */
  report(): ReadReport;
}

/**
 * Reads a file document by document, without keeping all in memory. The report is complete after the last document.
 *
 * @throws DataError `data/unknown-format`; ConfigError `config/offsets-not-for-format`; while reading, the errors of `readDocuments`.
 */
export function streamDocuments(path: string, options: ReadFileOptions): DocumentStream {
  const { rows, report } = streamRows(path, options);
  async function* documents() {
    for await (const { document } of rows) yield document;
  }
  return { documents: documents(), report };
}

/** The same with the place of each document. @throws as `streamDocuments` */
export function streamRows(path: string, options: ReadFileOptions): RowStream {
  const { format: name = AUTO, extensions } = options;
  if (name !== AUTO) formatNamed(name, extensions);
  const builder = new ReportBuilder(path, name);
  async function* accepted() {
    const format = await formatFor(path, options, builder);
    let index = 0;
    for await (const outcome of format.read(path, options)) {
      builder.add(outcome);
      if (outcome.kind === "accepted") yield { document: outcome.value, line: outcome.line, index: index++ };
      else if (outcome.kind === "rejected" || outcome.kind === "left-out") index++;
    }
  }
  return { rows: accepted(), report: () => builder.report() };
}

const PROGRESS_ROWS = 1000; // often enough for a progress bar, at negligible cost

/**
 * Reads a whole file.
 *
 * @throws DataError `data/unknown-format`, `data/cannot-read`; under the policy "strict" also the code of the first error;
 * ConfigError `config/offsets-not-for-format`.
 * @example
 * import { readDocuments } from "relata/data";
 *
 * const { documents, report } = await readDocuments("train.txt", { format: "mnre" });
 * console.log(documents.length, report.rejected);
 */
export async function readDocuments(
  path: string,
  options: ReadFileOptions & { readonly onProgress?: ((rows: number) => void) | undefined } = {},
): Promise<DocumentSet> {
  const builder = new ReportBuilder(path, options.format ?? AUTO);
  const format = await formatFor(path, options, builder);
  const documents: Document[] = [];
  let rows = 0;
  for await (const outcome of format.read(path, options)) {
    builder.add(outcome);
    if (outcome.kind === "accepted") documents.push(outcome.value);
    if (++rows % PROGRESS_ROWS === 0) options.onProgress?.(rows);
  }
  return { documents, report: builder.report() };
}
