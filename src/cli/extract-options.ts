// The options of `relata extract`, converted from its command line.

import { extname } from "node:path";
import { ConfigError } from "../base/errors.ts";
import type { Span } from "../data/document.ts";
import type { TableName } from "../data/findings-table.ts";
import type { OffsetUnit } from "../data/offset-units.ts";
import type { OutputFormat } from "../extract/batch/output-format.ts";
import type { ExtractionOptions } from "../extract/post.ts";
import type { DeviceOptions } from "./device-options.ts";

/** How every post is read. */
export interface ReadingOptions extends DeviceOptions {
  readonly threshold?: number | undefined;
  /** False with --no-thresholds. */
  readonly thresholds: boolean;
  /** False with --unconstrained. */
  readonly unconstrained?: boolean | undefined;
  readonly typeConstraints: boolean;
  readonly maxPairs: number;
  readonly windowOverlap: number;
  readonly maxTextLength: number;
  readonly offsets?: OffsetUnit | undefined;
}

/** One post on the command line. */
export interface PostOptions extends ReadingOptions {
  readonly text: string;
  readonly head?: string | undefined;
  readonly headSpan?: Span | undefined;
  readonly tail?: string | undefined;
  readonly tailSpan?: Span | undefined;
  readonly picture?: string | undefined;
  readonly caption?: string | undefined;
  readonly top: number;
  readonly card?: string | undefined;
  readonly explain?: boolean | undefined;
}

/** Names of --format. */
export type OutputName = "jsonl" | TableName;

/** Posts of a file, folder or stream. */
export interface BatchOptions extends ReadingOptions {
  /** False with --no-pictures. */
  readonly pictures?: string | false | undefined;
  readonly captions?: string | undefined;
  readonly out?: string | undefined;
  readonly format?: OutputName | undefined;
  readonly spreadsheet?: boolean | undefined;
  /** Each line of the input is a text. */
  readonly lines?: boolean | undefined;
  readonly resume?: boolean | undefined;
  readonly strict?: boolean | undefined;
  readonly givenMentions?: boolean | undefined;
}

/** Returns the reading options in the library's form. */
export function extractionOptions(options: ReadingOptions): ExtractionOptions {
  const { threshold, thresholds, unconstrained, typeConstraints } = options;
  const { maxPairs, windowOverlap, maxTextLength, offsets } = options;
  return {
    threshold,
    thresholds,
    typeConstraints,
    maxPairs,
    windowOverlap,
    maxTextLength,
    ...(offsets === undefined ? {} : { offsets }),
    ...(unconstrained === true ? { constrained: false } : {}),
  };
}

/** The extensions that each format can have. */
const EXTENSIONS: Readonly<Record<OutputName, readonly string[]>> = {
  jsonl: [".jsonl", ".parquet"],
  csv: [".csv"],
  tsv: [".tsv"],
  triples: [".tsv", ".csv"],
};

/**
 * Returns the format of the output: `--format`, or what the name of `--out` says, or JSON lines.
 *
 * @throws ConfigError `cli/unknown-output` for a name that says no format, `cli/contradiction` for one that says another, and for options without
 * the one that they depend on
 */
export function outputFormatOf({ out, resume = false, ...options }: BatchOptions): OutputFormat {
  if (out === undefined && resume)
    throw contradiction(
      "--resume is given without --out, the file to resume",
      "--resume",
      "Name it with --out.",
    );
  const extension = out === undefined ? undefined : extname(out);
  if (extension !== undefined && !Object.values(EXTENSIONS).flat().includes(extension))
    throw new ConfigError({
      code: "cli/unknown-output",
      message: `the name ${out} does not say what to write`,
      place: "--out",
      value: out,
      remedy: "Use a name ending in .jsonl, .parquet, .csv or .tsv.",
    });
  const [named] = Object.entries(EXTENSIONS).find(([, known]) => known.includes(extension ?? ".jsonl")) ?? [];
  const name = options.format ?? (named as OutputName); // every known extension has a format
  const fitting = EXTENSIONS[name];
  if (extension !== undefined && !fitting.includes(extension))
    throw contradiction(
      `--format ${name} cannot be written to ${out}`,
      "--format",
      `Use a name ending in ${fitting.join(" or ")}, or omit --format.`,
    );
  if (name !== "jsonl")
    return {
      name,
      delimiter: (extension ?? fitting[0]) === ".csv" ? "," : "\t",
      spreadsheet: options.spreadsheet ?? false,
    };
  if (options.spreadsheet === true)
    throw contradiction(
      "--spreadsheet is given, but the output is not a table",
      "--spreadsheet",
      "Use it with --format csv, tsv or triples.",
    );
  return "jsonl";
}

function contradiction(message: string, place: string, remedy: string): ConfigError {
  return new ConfigError({ code: "cli/contradiction", message, place, remedy });
}
