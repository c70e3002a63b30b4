// Options of commands that read data files: how to read rows and which defects count as errors.
import { type Command, Option } from "commander";
import type { DefectCode } from "../base/codes/data-defects.ts";
import type { FormatOption, ReadDocumentsOptions } from "../data/document-format.ts";
import type { ReadFileOptions } from "../data/readers.ts";
import { annotatorsOption, IMAGE_FIELD, TEXT_FIELD } from "./annotation-options.ts";
import { EXTENSION_OPTION, type ExtensionOptions } from "./extension-option.ts";
import { fileOffsetsOption } from "./offsets-option.ts";
import { parseCount, parseKeyValue } from "./option-parsers.ts";
import { NONE_LABEL_HELP } from "./pair-options.ts";

/** The options added by `addReadingOptions`. */
export interface ReadingOptions
  extends ExtensionOptions,
    Pick<ReadDocumentsOptions, FormatOption | "offsets" | "noneLabel"> {
  readonly relations?: string | undefined;
  readonly reject?: readonly string[] | undefined;
  readonly limit: number;
}

/** The options that only some formats use: the flag, and what it sets. */
const FLAGS: Readonly<Record<FormatOption, readonly [flag: string, meaning: string]>> = {
  bio: ["--bio", "how CoNLL is read"],
  boxes: ["--boxes", "how CoNLL is read"],
  imageExtension: ["--image-extension", "how CoNLL is read"],
  annotators: ["--annotators", "whose annotations are read"],
  textField: ["--text-field", "the name of the field with the text"],
  tagsField: ["--tags-field", "the name of the field with the tags"],
  columns: ["--columns", "which column of a table is which"],
  entityColumns: ["--entity-columns", "which columns of a table list mentions"],
  tokenEnds: ["--token-ends", "where spans of tokens end"],
  imageField: ["--image-field", "the name of the field with the picture"],
};

/** For `--help`: the names that a format option accepts. */
export const FORMAT_HELP =
  "relata (JSONL documents), label-studio, doccano, prodigy, brat, mnre, conll (Twitter-2015/2017, GMNER), conllu, webnlg, spert, dygie, tacred, tagged (tokens with tags), parquet (also of Hugging Face), table (CSV, TSV, flat JSON), or a reader of --extension; auto guesses it from the content";

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
    .addOption(fileOffsetsOption("the file"))
    .addOption(annotatorsOption())
    .option(...TEXT_FIELD)
    .option(...IMAGE_FIELD)
    .option(
      "--tags-field <name>",
      "the field with a tag for each token; conll: the number of its column (default: found)",
    )
    .addOption(
      new Option(
        "--token-ends <policy>",
        "spert, dygie, tacred: whether a span of tokens ends with its last token (inclusive) or before the next (exclusive) (default: the format's own; tacred: found)",
      ).choices(["inclusive", "exclusive"]),
    )
    .option(
      "--columns <role=column...>",
      "table: what columns are, for instance text=Tweet head=Subject tail=Object relation=Verb (default: guessed from their names)",
      parseKeyValue,
    )
    .option(
      "--entity-columns <label=column...>",
      "table: columns whose cells list the mentions of a label, for instance PER=people",
      parseKeyValue,
    )
    .option("--relations <file>", "label set (rel2id.json); any other relation is then reported as a defect")
    .option("--none-label <label>", NONE_LABEL_HELP)
    .option("--reject <code...>", "warnings to treat as errors, for instance data/overlapping-mentions")
    .option("--limit <number>", "number of defects to print per code and file", parseCount, 5);
}

/**
 * Converts the options for reading one file.
 *
 * @throws DataError `data/unknown-format`, `data/cannot-read` or the errors of reading a label set; ConfigError `cli/unknown-defect`,
 * `cli/option-not-for-format`.
 */
export async function readingOptions(
  options: ReadingOptions,
  { path, format }: { readonly path: string; readonly format: string },
  /** Whether the command writes CoNLL, so that its options are valid whatever it reads. */
  writesConll = false,
): Promise<ReadFileOptions> {
  const { loadExtensions } = await import("../extensions/load-extensions.ts");
  const { formatOf, formatsWith } = await import("../data/readers.ts");
  const { readLabelSet } = await import("../data/label-file.ts");
  const { FORMAT_OPTIONS, formatOptionsIn } = await import("../data/document-format.ts");
  const extensions = await loadExtensions(options.extension);
  const known = formatsWith(extensions);
  const found = await formatOf(path, format, extensions);
  const { relations, noneLabel, offsets } = options;
  for (const name of FORMAT_OPTIONS) {
    if (options[name] === undefined || found.options?.includes(name)) continue;
    if (writesConll && name === "imageExtension") continue;
    const using = known.flatMap((one) => (one.options?.includes(name) ? [one.name] : []));
    throw await notForFormat(...FLAGS[name], using, found.name);
  }
  const relationLabels =
    relations === undefined ? undefined : (await readLabelSet(relations)).withNone(noneLabel, relations);
  return {
    format,
    extensions,
    policy: "report",
    reject: await parseCodes(options.reject ?? []),
    ...formatOptionsIn(options),
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

/** The error for an option that means nothing for a format. */
export async function notForFormat(option: string, meaning: string, using: readonly string[], name: string) {
  const { ConfigError } = await import("../base/errors.ts");
  return new ConfigError({
    code: "cli/option-not-for-format",
    message: `${option} sets ${meaning}, but the format is ${name}`,
    place: option,
    value: name,
    remedy: `Omit ${option}, or use the format ${using.join(" or ")}.`,
  });
}
