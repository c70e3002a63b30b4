// Options of commands that read data files: how to read rows and which defects count as errors.
import { type Command, Option } from "commander";
import type { DefectCode } from "../base/codes/data-defects.ts";
import type { BioPolicy } from "../data/bio.ts";
import type { OffsetUnit } from "../data/offset-units.ts";
import type { ReadFileOptions } from "../data/readers.ts";
import { EXTENSION_OPTION, type ExtensionOptions } from "./extension-option.ts";
import { parseCount } from "./option-parsers.ts";
import { NONE_LABEL_HELP } from "./pair-options.ts";

/** The options added by `addReadingOptions`. */
export interface ReadingOptions extends ExtensionOptions {
  readonly bio?: BioPolicy | undefined;
  readonly boxes?: string | undefined;
  readonly imageExtension?: string | undefined;
  readonly offsets?: OffsetUnit | undefined;
  readonly relations?: string | undefined;
  readonly noneLabel?: string | undefined;
  readonly reject?: readonly string[] | undefined;
  readonly limit: number;
}

/** Options that say how tags are read, and the formats that they apply to. */
const CONLL_OPTIONS = [
  ["bio", "--bio", ["conll", "conllu"]],
  ["boxes", "--boxes", ["conll"]],
  ["imageExtension", "--image-extension", ["conll"]],
] as const;

/** Formats whose entities have character offsets. */
const OFFSET_FORMATS: readonly string[] = ["relata", "parquet"];

/** Adds the options for reading a file. */
export function addReadingOptions(command: Command): Command {
  return command
    .option(...EXTENSION_OPTION)
    .addOption(
      new Option(
        "--bio <policy>",
        "conll, conllu: how to read an I- tag that does not continue an entity; repair makes it continue an entity of another type, strict rejects its text (default: conll, as conlleval does)",
      ).choices(["conll", "repair", "strict"]),
    )
    .option("--boxes <file>", "conll: file of boxes (GMNER) to check and attach to the entities")
    .option(
      "--image-extension <text>",
      "conll: extension to add to an IMGID to get the name of its picture (default: .jpg)",
    )
    .addOption(
      new Option(
        "--offsets <unit>",
        "relata, parquet: the unit of start and end: utf-16 (JavaScript, Java), code-point (Python, most annotation tools) or utf-8, bytes (Go, Rust) (default: utf-16)",
      ).choices(["utf-16", "code-point", "utf-8"]),
    )
    .option("--relations <file>", "label set (rel2id.json); any other relation is then reported as a defect")
    .option("--none-label <label>", NONE_LABEL_HELP)
    .option("--reject <code...>", "warnings to treat as errors, for instance data/overlapping-mentions")
    .option("--limit <number>", "number of defects to print per code and file", parseCount, 5);
}

/**
 * Converts the options for the readers.
 *
 * @throws DataError `data/unknown-format` or the errors of reading a label set; ConfigError `cli/unknown-defect`,
 * `cli/option-not-for-format`.
 */
export async function readingOptions(
  options: ReadingOptions,
  format: string,
  /** Whether the command writes CoNLL, so that its options are valid whatever it reads. */
  writesConll = false,
): Promise<ReadFileOptions> {
  const { loadExtensions } = await import("../extensions/load-extensions.ts");
  const { formatNamed } = await import("../data/readers.ts");
  const { readLabelSet } = await import("../data/label-file.ts");
  const extensions = await loadExtensions(options.extension);
  formatNamed(format, extensions);
  const { bio, boxes, imageExtension, offsets, relations, noneLabel } = options;
  const misplaced = CONLL_OPTIONS.find(
    ([name, , formats]) =>
      options[name] !== undefined &&
      !(writesConll && name === "imageExtension") &&
      !formats.some((one) => one === format),
  );
  if (misplaced)
    throw await notForFormat(misplaced[1], "how CoNLL is read", misplaced[2].join(" or "), format);
  if (offsets !== undefined && !OFFSET_FORMATS.includes(format)) {
    const formats = OFFSET_FORMATS.join(" or ");
    throw await notForFormat("--offsets", "the unit of the documents' offsets", formats, format);
  }
  const relationLabels =
    relations === undefined ? undefined : (await readLabelSet(relations)).withNone(noneLabel, relations);
  return {
    format,
    extensions,
    policy: "report",
    reject: await parseCodes(options.reject ?? []),
    bio,
    boxes,
    imageExtension,
    noneLabel,
    offsets,
    relationLabels,
  };
}

async function parseCodes(codes: readonly string[]): Promise<DefectCode[]> {
  const { DEFECTS } = await import("../base/codes/data-defects.ts");
  const { ConfigError } = await import("../base/errors.ts");
  return codes.map((code) => {
    if (Object.hasOwn(DEFECTS, code)) return code as DefectCode;
    throw new ConfigError({
      code: "cli/unknown-defect",
      message: `"${code}" is not the code of a defect`,
      place: "--reject",
      remedy: `Name one of: ${Object.keys(DEFECTS).join(", ")}.`,
    });
  });
}

async function notForFormat(option: string, meaning: string, formats: string, format: string) {
  const { ConfigError } = await import("../base/errors.ts");
  return new ConfigError({
    code: "cli/option-not-for-format",
    message: `${option} sets ${meaning}, but the format is ${format}`,
    place: option,
    value: format,
    remedy: `Omit ${option}, or use the format ${formats}.`,
  });
}
