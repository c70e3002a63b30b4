// `relata active`: trains, chooses what to label next, asks, and repeats.
import { Command, Option } from "commander";
import type { Choice } from "../../active/choose-batch.ts";
import type { ActiveSettings, ActiveSummary, Ask } from "../../active/request.ts";
import { counted } from "../../base/counted.ts";
import { ConfigError } from "../../base/errors.ts";
import { shellWord } from "../../base/shell-word.ts";
import type { ConfigInput } from "../../config/schema.ts";
import { roundsTable, stopInWords } from "../active-table.ts";
import { configFields, type TrainingFlags } from "../config-fields.ts";
import type { CommandContext } from "../context.ts";
import { addDeviceOptions } from "../device-options.ts";
import { ExitCode } from "../errors.ts";
import { EXTENSION_OPTION } from "../extension-option.ts";
import { parseCount, parseNonNegative, parsePositiveInteger, parsePrecision } from "../option-parsers.ts";
import { trainingProgress } from "../training-progress.ts";

interface Options extends TrainingFlags {
  readonly config?: string | undefined;
  readonly task?: "mre" | "mner" | "both" | undefined;
  readonly labelled?: string | undefined;
  readonly pool?: string | undefined;
  readonly validation?: string | undefined;
  readonly test?: string | undefined;
  readonly ask?: Asked | undefined;
  readonly annotator?: string | undefined;
  readonly schema?: string | undefined;
  readonly samples: number;
  readonly budget?: number | undefined;
  readonly by: Choice;
  readonly rounds: number;
  readonly batch: number;
  readonly candidates: number;
  readonly targetF1?: number | undefined;
  readonly seed: number;
  readonly run?: string | undefined;
  readonly resume?: boolean | undefined;
  readonly answers?: string | undefined;
  readonly partial?: boolean | undefined;
}

/** A batch below this mean uncertainty would teach the model little. */
const SURE = 0.02;

export function activeCommand(context: CommandContext): Command {
  const command = new Command("active")
    .description("label the documents that teach a model most: train, choose, ask, repeat")
    .option("--labelled <file>", "documents with labels to begin with (default: none)")
    .option("--pool <file>", "documents to choose from; labels in it are not looked at")
    .option("--validation <file>", "labelled documents that choose the best epoch of every round")
    .option("--test <file>", "labelled documents to score after every round; they choose nothing")
    .option(
      "--ask <who>",
      "person: write each batch and wait for --resume; model: ask a vision model, as `relata annotate` does; gold or gold:FILE: answer with labels that exist already, to see what the choice is worth",
      parseAsk,
    )
    .addOption(
      new Option(
        "--by <what>",
        "what a batch is chosen by; both: uncertainty and diversity; permuted: uncertainties of other documents, a control",
      )
        .choices(["both", "uncertainty", "diversity", "random", "permuted"])
        .default("both"),
    )
    .option(
      "--annotator <file>",
      "--ask model: settings of the server (docs/annotating.md): baseUrl, model, prices",
    )
    .option(
      "--schema <file>",
      "--ask model: what the labels mean (default: the labels of the labelled documents)",
    )
    .option(
      "--samples <number>",
      "--ask model: answers per document; their agreement is the probability of a label",
      parsePositiveInteger,
      3,
    )
    .option("--budget <amount>", "--ask model: what all rounds may cost", parseNonNegative)
    .option("--rounds <number>", "batches to ask about", parsePositiveInteger, 5)
    .option("--batch <number>", "documents per batch", parsePositiveInteger, 50)
    .option(
      "--candidates <number>",
      "documents of the pool, drawn at random, that a round looks at",
      parsePositiveInteger,
      5000,
    )
    .option("--target-f1 <number>", "stop when the validation F1 is at least this", parsePrecision)
    .option("--task <name>", "mre: relations between given mentions (default); mner: entities; both")
    .option("-c, --config <file>", "configuration (default: relata.config.{ts,js,json} here)")
    .option("--encoder <folder or id>", "text encoder: a folder in the Hugging Face layout, or a hub id")
    .option("-f, --format <name>", "format of the files (default: auto, guessed from the content)")
    .option("--pictures <folder>", "use the pictures of this folder")
    .option("--picture-encoder <place>", "picture encoder for --pictures")
    .option("--text-only", "use no pictures, and no cross-sample attention or mixup")
    .option("--epochs <number>", "passes over the labelled documents, at most", parsePositiveInteger)
    .option("--seed <number>", "seed of all random draws", parseCount, 1)
    .option("--set <field=value...>", "any other field (docs/configuration.md)")
    .option("--run <folder>", "run folder (default: runs/active)")
    .option("--resume", "continue the run in --run, after a stop or with answers")
    .option(
      "--answers <file>",
      "with --resume: the batch with its labels (default: what `relata serve` has saved)",
    )
    .option("--partial", "with --resume: continue although some documents have no answer");
  return addDeviceOptions(command.option(...EXTENSION_OPTION)).action((options: Options) =>
    active(options, context),
  );
}

/** What `--ask` says; the settings of a model come from other options. */
type Asked = Exclude<Ask, { readonly who: "model" }> | { readonly who: "model" };

function parseAsk(value: string): Asked {
  if (value === "person" || value === "model" || value === "gold") return { who: value };
  if (value.startsWith("gold:") && value.length > "gold:".length)
    return { who: "gold", file: value.slice("gold:".length) };
  throw new ConfigError({
    code: "cli/wrong-usage",
    message: `--ask is ${JSON.stringify(value)}`,
    place: "--ask",
    value,
    remedy: "Use person, model, gold or gold:FILE.",
  });
}

async function active(options: Options, { output, signal }: CommandContext): Promise<void> {
  const { join } = await import("node:path");
  const { runActive } = await import("../../active/run-active.ts");
  const runFolder = options.run ?? join("runs", "active");
  const settings = options.resume === true ? undefined : await settingsOf(options);
  const progress = trainingProgress(output);
  let summary: ActiveSummary;
  try {
    summary = await runActive({
      settings,
      runFolder,
      answers: options.answers,
      partial: options.partial,
      extensions: options.extension,
      signal,
      onPreparation: progress.onPreparation,
      onNote: (note) => output.line(`note: ${note}`),
      onStage: (round, stage) => progress.onStage(`round ${round}: ${STAGES[stage]}`),
    });
  } finally {
    progress.stop();
  }
  if (summary.status === "interrupted") process.exitCode = ExitCode.workFailed;
  output.result(summary, () => [roundsTable(summary.rounds), ...nextOf(summary)].join("\n"));
}

const STAGES = {
  train: "training",
  score: "scoring",
  choose: "choosing what to ask about",
  ask: "asking",
} as const;

function nextOf({ status, reason, waiting, model, runFolder }: ActiveSummary): string[] {
  const resume = `relata active --resume --run ${shellWord(runFolder)}`;
  if (status === "interrupted") return [`interrupted; continue with: ${resume}`];
  if (waiting === undefined)
    return [
      ...(reason === undefined ? [] : [`stopped: ${stopInWords(reason)}`]),
      ...(model === undefined ? [] : [`model: ${model}`]),
    ];
  const { toLabel, answers, documents } = waiting;
  const page =
    model === undefined
      ? []
      : [
          `  in the page: relata serve ${shellWord(model)} --documents ${shellWord(toLabel)} --corrections ${shellWord(answers)}`,
          `               then ${resume}`,
        ];
  return [
    `waiting for labels of ${counted(documents, "document")}: ${toLabel}`,
    ...page,
    `  in a file:   label a copy of it, then ${resume} --answers <the copy>`,
  ];
}

async function settingsOf(options: Options): Promise<ActiveSettings> {
  const { resolve } = await import("node:path");
  const { pool, validation, ask, labelled, test } = options;
  if (pool === undefined || validation === undefined || ask === undefined) {
    const missing = Object.entries({ "--pool": pool, "--validation": validation, "--ask": ask });
    const names = missing.flatMap(([name, value]) => (value === undefined ? [name] : []));
    throw new ConfigError({
      code: "cli/wrong-usage",
      message: `${names.join(", ")} ${names.length === 1 ? "is" : "are"} missing`,
      place: names.join(", "),
      remedy: "See `relata active --help`; a run that exists is continued with --resume.",
    });
  }
  return {
    labelled: labelled && resolve(labelled),
    pool: resolve(pool),
    validation: resolve(validation),
    test: test && resolve(test),
    ask: await askOf(ask, options),
    by: options.by,
    rounds: options.rounds,
    batch: options.batch,
    candidates: options.candidates,
    targetF1: options.targetF1,
    sure: SURE,
    seed: options.seed,
    config: await configOf(options, { pool, validation }),
  };
}

async function askOf(ask: Asked, { annotator, schema, samples, budget }: Options): Promise<Ask> {
  const { resolve } = await import("node:path");
  if (ask.who === "gold" && ask.file !== undefined) return { who: "gold", file: resolve(ask.file) };
  if (ask.who !== "model") return ask;
  if (annotator === undefined)
    throw new ConfigError({
      code: "cli/wrong-usage",
      message: "--ask model needs --annotator, the settings of the model's server",
      place: "--annotator",
      remedy: 'Write a file such as { "baseUrl": "http://127.0.0.1:8000/v1", "model": "qwen" }.',
    });
  const { annotatorSettingsShape } = await import("../../annotate/annotator-settings.ts");
  const { loadAnnotationSchema } = await import("../../annotate/schema.ts");
  const { checkShape } = await import("../../base/schema-issues.ts");
  const { readConfigFile } = await import("../../config/load.ts");
  const parsed = checkShape(annotatorSettingsShape, await readConfigFile(resolve(annotator)), {
    whole: "the annotator",
  });
  if (!parsed.success)
    throw new ConfigError({
      code: "config/invalid",
      message: parsed.faults.join("; "),
      place: annotator,
      remedy: "Fix the fields named above.",
    });
  const labels = schema === undefined ? undefined : await loadAnnotationSchema(resolve(schema));
  return { who: "model", annotator: parsed.data, schema: labels, samples, budget };
}

/** The configuration with the flags, checked with the pool in place of the training documents, which are different in every round. */
async function configOf(
  options: Options,
  { pool, validation }: { readonly pool: string; readonly validation: string },
): Promise<ConfigInput> {
  const { loadTrainConfig } = await import("../../config/load.ts");
  const { writtenBoth } = await import("../../config/parse.ts");
  const hasOwnSeed = options.set?.some((field) => field.startsWith("training.seed=")) === true;
  const flags = hasOwnSeed ? { ...options, seed: undefined } : options; // --seed is also that of the choice
  const config = await loadTrainConfig({
    path: options.config,
    overrides: configFields(flags, [
      ["data.train", pool],
      ["data.validation", validation],
    ]),
    extensions: options.extension,
  });
  return (config.task === "both" ? writtenBoth(config) : config) as ConfigInput;
}
