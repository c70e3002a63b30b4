// `relata audit`: finds leaks, duplicates and wrong labels in data files, worst first.
import { Command, InvalidArgumentError, Option } from "commander";
import type { JudgedTask } from "../../audit/label-errors/find-label-errors.ts";
import type { SideSource } from "../../audit/side-assignment.ts";
import type { FileToAudit } from "../../audit/split-names.ts";
import { describeAudit } from "../audit-account.ts";
import type { CommandContext } from "../context.ts";
import { ExitCode } from "../errors.ts";
import { parseCount, parsePositiveInteger } from "../option-parsers.ts";
import { addReadingOptions, FORMAT_HELP, type ReadingOptions, readingOptions } from "../reading-options.ts";

interface Options extends ReadingOptions {
  readonly format: string;
  readonly train?: readonly string[] | undefined;
  readonly validation?: readonly string[] | undefined;
  readonly test?: readonly string[] | undefined;
  readonly pictures?: string | undefined;
  readonly side?: readonly SideSource[] | undefined;
  readonly ignore?: string | undefined;
  readonly maxLength?: number | undefined;
  readonly clip?: string | undefined;
  readonly predictions?: string | undefined;
  readonly checks?: readonly string[] | undefined;
  readonly skip?: readonly string[] | undefined;
  readonly labelErrors?: boolean | undefined;
  readonly encoder?: string | undefined;
  readonly task?: JudgedTask | undefined;
  readonly folds?: number | undefined;
  readonly run?: string | undefined;
  readonly suspects?: string | undefined;
  readonly threads?: number | undefined;
  readonly permutations: number;
  readonly seed: number;
  readonly html?: string | undefined;
  readonly failOn: "error" | "warning" | "never";
}

const AFTER = `
Splits are read from file names (train; val, valid, validation, dev; test). A side file is JSON by row number from 0 or by id, a list in the
order of the rows, or JSON lines with an id or image; one for each split, found by its name or their order.

The exit code is 1 if there is a finding of the severity of --fail-on (default: error), 2 if a file cannot be read, and 0 otherwise.

Examples:
  relata audit train.jsonl validation.jsonl test.jsonl --pictures pictures
  relata audit train.txt val.txt --side crops=crops-train.json --side crops=crops-val.json
  relata audit --train a.jsonl --test b.jsonl --ignore accepted.json --html audit.html`;

export function auditCommand(context: CommandContext): Command {
  const command = new Command("audit")
    .description("find leaks, duplicates and wrong labels in data files, the worst first")
    .argument("[file...]", "data files; their names say which split they are")
    .option("--train <file...>", "files to train on, whatever their names")
    .option("--validation <file...>", "files to choose a model on")
    .option("--test <file...>", "files to score on")
    .option("-f, --format <name>", `format of the files: ${FORMAT_HELP}`, "auto")
    .option("--pictures <folder>", "folder to which picture names are relative")
    .option(
      "--side <name=file>",
      "what a loader could use beside the documents; name:split=file assigns it to a split; repeat it for more",
      parseSide,
    )
    .option(
      "--encoder <folder or id>",
      "text encoder for --label-errors; texts that are longer than it reads are found, too",
    )
    .option(
      "--max-length <tokens>",
      "find texts above this many tokens (default: the encoder's limit)",
      parsePositiveInteger,
    )
    .option(
      "--clip <folder or id>",
      "CLIP model: also find pictures that have nothing to do with their texts; needs --pictures",
    )
    .option(
      "--predictions <file>",
      "what relata evaluate --predictions wrote: adds scores on seen and unseen mentions",
    )
    .option("--label-errors", "rank suspicious entities and relations with models that never saw them")
    .addOption(
      new Option("--task <name>", "what --label-errors judges: mre (relations), mner (entities), both")
        .choices(["mre", "mner", "both"])
        .default("both"),
    )
    .option(
      "--folds <number>",
      "parts of the data for --label-errors, each judged by the others (default: 5)",
      parseFolds,
    )
    .option(
      "--run <folder>",
      "keep what --label-errors computes, so that it can continue and costs nothing again",
    )
    .option("--suspects <file>", "write the documents with suspicious labels, the most suspicious first")
    .option(
      "--threads <number>",
      "threads of the encoder (default: the number of cores)",
      parsePositiveInteger,
    )
    .option("--ignore <file>", "findings that are accepted: a JSON list of entries with code and reason")
    .option("--checks <name...>", "run only these checks")
    .option("--skip <name...>", "do not run these checks")
    .option(
      "--permutations <number>",
      "repeat the check of side information on this many permutations of the labels, and count false alarms",
      parseCount,
      0,
    )
    .option("--seed <number>", "of random choices", parseCount, 0)
    .option("--html <file>", "write the findings as a page, too")
    .addOption(
      new Option("--fail-on <severity>", "from which severity on the exit code is 1")
        .choices(["error", "warning", "never"])
        .default("error"),
    )
    .addHelpText("after", AFTER);
  return addReadingOptions(command).action((files: string[], options: Options) =>
    audit(files, options, context),
  );
}

async function audit(
  named: readonly string[],
  options: Options,
  { output, signal }: CommandContext,
): Promise<void> {
  const { readIgnoreList } = await import("../../audit/ignore-list.ts");
  const { runAudit } = await import("../../audit/run-audit.ts");
  const files = await filesOf(named, options);
  const progress = output.progress("auditing", 0);
  try {
    const result = await runAudit({
      files,
      sides: options.side,
      pictures: options.pictures,
      encoder: options.encoder,
      maxLength: options.maxLength,
      clip: options.clip,
      predictions: options.predictions,
      labelErrors: await labelErrorsOf(options),
      ignore: options.ignore === undefined ? undefined : await readIgnoreList(options.ignore),
      checks: options.checks,
      skip: options.skip,
      seed: options.seed,
      permutations: options.permutations,
      signal,
      onProgress: (what, done) => progress.update(done, what),
    });
    progress.stop();
    if (options.html !== undefined) await writePage(options.html, files, result);
    const failing = options.failOn === "warning" ? ["error", "warning"] : [options.failOn];
    if (result.findings.some(({ severity }) => failing.includes(severity)))
      process.exitCode = ExitCode.workFailed;
    output.result(result, () => describeAudit(result, { limit: options.limit, page: options.html, output }));
  } finally {
    progress.stop();
  }
}

async function filesOf(named: readonly string[], options: Options) {
  const { ConfigError } = await import("../../base/errors.ts");
  const roles = ["train", "validation", "test"] as const;
  const files: FileToAudit[] = [
    ...roles.flatMap((role) => (options[role] ?? []).map((path) => ({ path, role }))),
    ...named.map((path) => ({ path })),
  ];
  if (files.length === 0)
    throw new ConfigError({
      code: "cli/no-input",
      message: "there is no file to audit",
      remedy: "Name data files, for instance: relata audit train.jsonl test.jsonl.",
    });
  return Promise.all(
    files.map(async (file) => ({
      ...file,
      reading: await readingOptions(options, { path: file.path, format: options.format }),
    })),
  );
}

async function writePage(
  path: string,
  files: readonly FileToAudit[],
  result: Parameters<typeof describeAudit>[0],
) {
  const { auditPage } = await import("../../audit/audit-page.ts");
  const { requireOwnOutput } = await import("../../base/own-input.ts");
  const { writeReport } = await import("../../report/write-report.ts");
  await requireOwnOutput(
    path,
    files.map((file) => file.path),
  );
  await writeReport(path, auditPage(result));
}

/** The options of `--label-errors`, which are refused without it. */
async function labelErrorsOf({ labelErrors, encoder, task, folds, run, suspects, threads }: Options) {
  if (labelErrors === true) return { encoder, task, folds, run, suspects, threads };
  const given = { folds, run, suspects, threads };
  const useless = Object.entries(given).find(([, value]) => value !== undefined);
  if (useless === undefined) return undefined;
  const { ConfigError } = await import("../../base/errors.ts");
  throw new ConfigError({
    code: "cli/contradiction",
    message: `--${useless[0]} has no effect without --label-errors`,
    place: `--${useless[0]}`,
    remedy: "Add --label-errors, or leave it out.",
  });
}

function parseFolds(text: string): number {
  const folds = parsePositiveInteger(text);
  if (folds < 2) throw new InvalidArgumentError("It must be 2 or more: a fold is judged by the others.");
  return folds;
}

/** `name=file` or `name:split=file`; each use of the option adds one. */
function parseSide(text: string, before: readonly SideSource[] = []): readonly SideSource[] {
  const match = /^([^=:]+)(?::([^=]+))?=(.+)$/s.exec(text);
  if (match === null) throw new InvalidArgumentError("It must be name=file or name:split=file.");
  const [, name = "", split, path = ""] = match;
  return [...before, { name, path, split }];
}
