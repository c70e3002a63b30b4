// `relata view`: writes found or gold documents as one self-contained HTML page.
import { basename, extname } from "node:path";
import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import { formatBytes } from "../../base/format-bytes.ts";
import type { OffsetUnit } from "../../data/offset-units.ts";
import type { WrittenView } from "../../report/view/write-view.ts";
import type { CommandContext } from "../context.ts";
import { EXTENSION_OPTION, type ExtensionOptions } from "../extension-option.ts";
import { offsetsOption } from "../offsets-option.ts";
import { parsePositiveInteger } from "../option-parsers.ts";
import { FORMAT_HELP } from "../reading-options.ts";

interface Options extends ExtensionOptions {
  readonly out?: string | undefined;
  readonly pictures?: string | undefined;
  readonly format: string;
  readonly offsets?: OffsetUnit | undefined;
  readonly gold?: string | undefined;
  readonly goldFormat: string;
  readonly limit?: number | undefined;
  readonly title?: string | undefined;
}

const EXAMPLES = `
Examples:
  relata view found.jsonl --pictures pictures
  relata view test.txt --format conll --out test.html
  relata view predictions.jsonl --gold test.jsonl --pictures pictures`;

export function viewCommand(context: CommandContext): Command {
  return new Command("view")
    .description("write posts with their pictures, entities and relations as one HTML page")
    .argument("<documents>", "what extract or evaluate wrote, or annotated documents")
    .option("--out <file>", "page to write (default: the name of <documents> with .html, in this folder)")
    .option("--pictures <folder>", "folder to which image names are relative")
    .option("--limit <number>", "show only the first posts (default: 1000)", parsePositiveInteger)
    .option("--gold <file>", "the same documents with their gold labels, to show beside what was found")
    .option("-f, --format <name>", `format of <documents>: ${FORMAT_HELP}`, "auto")
    .option("--gold-format <name>", "format of the gold file", "auto")
    .addOption(offsetsOption("the documents"))
    .option("--title <text>", "title of the page (default: the name of <documents>)")
    .option(...EXTENSION_OPTION)
    .addHelpText("after", EXAMPLES)
    .action((documents: string, options: Options) => view(documents, options, context));
}

async function view(documents: string, options: Options, { output, signal }: CommandContext): Promise<void> {
  const { loadExtensions } = await import("../../extensions/load-extensions.ts");
  const { writeView } = await import("../../report/view/write-view.ts");
  const { extension, out, ...request } = options;
  const progress = output.progress("writing", 0);
  let written: WrittenView;
  try {
    written = await writeView({
      ...request,
      documents,
      path: out ?? `${basename(documents, extname(documents))}.html`,
      extensions: await loadExtensions(extension),
      signal,
      onProgress: (done) => progress.update(done),
    });
  } finally {
    progress.stop();
  }
  output.result(written, () => describe(written));
}

function describe({ path, bytes, posts, shown, pictures, read, remarks }: WrittenView): string {
  const { embedded, leftOut } = pictures;
  const left = leftOut.limit + leftOut.missing + leftOut.broken;
  const said = left === 0 ? "" : ` (${left.toLocaleString("en")} left out, as the page says)`;
  return [
    `${counted(shown, "post")}${shown < posts ? ` of ${posts.toLocaleString("en")}` : ""} and ${counted(embedded, "picture")}${said} in ${path} (${formatBytes(bytes)}); format: ${read.format}`,
    ...remarks,
    "Open it in a browser; it needs no network.",
  ].join("\n");
}
