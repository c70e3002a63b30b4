// `relata init`: looks at the data, asks or takes flags, and writes a commented relata.config.ts.
import { Command, Option } from "commander";
import { counted } from "../../base/counted.ts";
import { ConfigError, DataError } from "../../base/errors.ts";
import type { Task, Wishes } from "../../setup/choose-settings.ts";
import type { Surroundings } from "../../setup/look-around.ts";
import type { DataFiles, Proposal } from "../../setup/propose.ts";
import { openQuestions, type Questions } from "../ask.ts";
import type { CommandContext } from "../context.ts";
import type { Output } from "../output.ts";
import { formatTable } from "../table.ts";

interface Options {
  readonly task?: Task | undefined;
  readonly encoder?: string | undefined;
  readonly pictures?: string | undefined;
  readonly pictureEncoder?: string | undefined;
  readonly captions?: string | undefined;
  readonly out: string;
  readonly force: boolean;
  readonly yes: boolean;
}

/** Small enough to train without a GPU; docs/measurements.md was measured with it. */
const PROPOSED_ENCODER = "sentence-transformers/all-MiniLM-L6-v2";

export function initCommand(context: CommandContext): Command {
  return new Command("init")
    .description("look at your data and write a commented configuration for training")
    .argument("[file...]", "training, validation and test documents (default: looked for in this folder)")
    .addOption(
      new Option("--task <name>", "what to train (default: what the data holds)").choices([
        "both",
        "mner",
        "mre",
        "classification",
      ]),
    )
    .option(
      "--encoder <folder or id>",
      "text encoder (default: a folder found here, or a small one from the hub)",
    )
    .option("--pictures <folder>", "use the pictures of this folder; needs --picture-encoder")
    .option("--picture-encoder <place>", "picture encoder for --pictures")
    .option("--captions <file>", "use these captions instead of pictures")
    .option(
      "--out <file>",
      "file to write: .ts, .mts, .js or .mjs, or .json without comments",
      "relata.config.ts",
    )
    .option("--force", "replace the file if it exists", false)
    .option("-y, --yes", "ask nothing: take what is proposed", false)
    .addHelpText(
      "after",
      "\nWithout a terminal nothing is asked. Nothing is downloaded, and nothing but the configuration is written.",
    )
    .action((files: string[], options: Options) => init(files, options, context));
}

async function init(
  given: readonly string[],
  options: Options,
  { output, signal }: CommandContext,
): Promise<void> {
  const { existsSync } = await import("node:fs");
  const { lookAround } = await import("../../setup/look-around.ts");
  const { configFormat } = await import("../../config/load.ts");
  const { proposeConfig } = await import("../../setup/propose.ts");
  const { replaceOwnFile } = await import("../../base/atomic-file.ts");
  requireWholeVisual(options);
  configFormat(options.out); // before any question
  if (existsSync(options.out) && !options.force) {
    throw new DataError({
      code: "data/output-exists",
      message: "the configuration exists already",
      place: options.out,
      remedy: "Name another file with --out, or replace it with --force.",
    });
  }
  const found = await lookAround(".");
  await using questions = openQuestions({
    ask: !options.yes && !output.json && process.stdin.isTTY === true && process.stderr.isTTY === true,
    signal,
  });
  const files = await chooseFiles(given, found, questions);
  const wishes = await wishesOf(options, found, questions);
  const proposal = await proposeConfig(files, wishes, { out: options.out, signal });
  await replaceOwnFile(options.out, proposal.text);
  const next = nextCommands(files, proposal, options);
  output.result(
    {
      file: options.out,
      task: proposal.task,
      settings: proposal.settings,
      warnings: proposal.warnings,
      data: { train: proposal.train, validation: proposal.validation },
      next,
    },
    () => describe(proposal, next, options, output),
  );
}

/** @throws ConfigError `config/contradiction` for a picture folder or a picture encoder alone, or captions beside them */
function requireWholeVisual({ pictures, pictureEncoder, captions }: Options): void {
  const fail = (message: string, place: string, remedy: string) =>
    new ConfigError({ code: "config/contradiction", message, place, remedy });
  if (captions !== undefined && (pictures ?? pictureEncoder) !== undefined)
    throw fail(
      "--captions and --pictures exclude each other: captions replace the pictures",
      "--captions",
      "Omit the one that does not apply.",
    );
  if (pictures !== undefined && pictureEncoder === undefined)
    throw fail(
      "--pictures is given without --picture-encoder",
      "--pictures",
      "Name a picture encoder, for instance --picture-encoder microsoft/resnet-50.",
    );
  if (pictureEncoder !== undefined && pictures === undefined)
    throw fail(
      "--picture-encoder is given without --pictures",
      "--picture-encoder",
      "Name the folder of the pictures with --pictures.",
    );
}

/** The data files: those given, else those whose names tell what they are for. @throws ConfigError `config/no-data-files` */
async function chooseFiles(
  given: readonly string[],
  found: Surroundings,
  questions: Questions,
): Promise<DataFiles> {
  const { existsSync } = await import("node:fs");
  const { splitOf } = await import("../../setup/look-around.ts");
  const files = given.length > 0 ? given.map((path) => ({ path, split: splitOf(path) })) : found.files;
  const of = (split: string) => files.filter((file) => file.split === split).map(({ path }) => path);
  for (const path of given) {
    if (existsSync(path)) continue;
    throw new ConfigError({
      code: "config/no-data-files",
      message: `${path} does not exist`,
      place: path,
      remedy: "Check the path.",
    });
  }
  const [trains, validations, tests] = [of("train"), of("validation"), of("test")];
  if (trains.length > 0 && validations.length > 0) {
    return {
      train: await questions.choose("Which file holds the training documents?", trains),
      validation: await questions.choose("Which file holds the validation documents?", validations),
      test: tests[0],
    };
  }
  const [train, validation, test] = given;
  if (train !== undefined && validation !== undefined) return { train, validation, test };
  const one = train ?? trains[0] ?? files[0]?.path;
  throw new ConfigError({
    code: "config/no-data-files",
    message:
      one === undefined
        ? "found no data files in this folder"
        : `found one set of documents, ${one}; training needs a second one, to choose the best epoch`,
    place: one ?? ".",
    remedy:
      one === undefined
        ? "Name the files: relata init train.jsonl validation.jsonl."
        : `Split it: relata import auto ${one} --split 80/10/10 --out data; then relata init data/train.jsonl data/validation.jsonl data/test.jsonl.`,
  });
}

async function wishesOf(options: Options, found: Surroundings, questions: Questions): Promise<Wishes> {
  const { TEXT_MODEL_TYPES } = await import("../../encoders/text/table.ts");
  const { task, pictures, pictureEncoder, captions } = options;
  const [first, ...others] = found.encoders
    .filter(({ modelType }) => TEXT_MODEL_TYPES.includes(modelType))
    .map(({ path }) => path);
  const ask = () =>
    first === undefined
      ? questions.text("Which text encoder: a folder, or an id on the hub?", PROPOSED_ENCODER)
      : questions.choose("Which text encoder?", [first, ...others, PROPOSED_ENCODER]);
  return { task, encoder: options.encoder ?? (await ask()), pictures, pictureEncoder, captions };
}

function nextCommands(
  { train, validation, test }: DataFiles,
  { task }: Proposal,
  { out }: Options,
): string[] {
  const config = out === "relata.config.ts" ? "" : ` --config ${out}`;
  const model = task === "both" ? "runs/first/bundle" : "runs/first/model-best";
  return [
    `relata validate ${train} ${validation}`,
    `relata train${config} --run runs/first`,
    `relata evaluate ${model} ${test ?? "<test file>"}`,
    `relata extract ${model} --text "..."`,
  ];
}

function describe(proposal: Proposal, next: readonly string[], { out }: Options, { style }: Output): string {
  const { settings, warnings, train, validation } = proposal;
  const read = (facts: Proposal["train"]) =>
    `${facts.path}: read as ${facts.format}${facts.rejected > 0 ? `; ${counted(facts.rejected, "row")} cannot be used (relata validate ${facts.path} says why)` : ""}`;
  return [
    read(train),
    read(validation),
    "",
    formatTable(
      ["setting", "value", "why"],
      settings.map(({ field, value, reason }) => [
        field,
        typeof value === "object" ? counted(value.length, "label") : String(value),
        reason,
      ]),
    ),
    "",
    ...warnings.map((warning) => style("yellow", warning)),
    `wrote ${out}`,
    "next:",
    ...next.map((command) => `  ${command}`),
  ].join("\n");
}
