// `relata bench time-to-score`: trains settings and references in turns, and tells when each reaches the F1 of the first reference.
import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import { ConfigError } from "../../base/errors.ts";
import type { TimeToScore, TimeToScoreResult } from "../../checks/bench/time-to-score.ts";
import type { Overrides } from "../../config/load.ts";
import type { CommandContext } from "../context.ts";
import { assignments } from "../field-assignments.ts";
import { parsePositiveInteger } from "../option-parsers.ts";
import { formatTable } from "../table.ts";

interface Options {
  readonly config?: string | undefined;
  readonly set?: readonly string[] | undefined;
  readonly with?: readonly string[] | undefined;
  readonly documents?: number | undefined;
  readonly validation?: number | undefined;
  readonly parts: number;
  readonly against?: readonly string[] | undefined;
}

export function benchTimeToScoreCommand(context: CommandContext): Command {
  return new Command("time-to-score")
    .description(
      "train settings and references in turns: seconds until the F1 that the first reference reaches",
    )
    .option("-c, --config <file>", "configuration (default: relata.config.{ts,js,json} here)")
    .option("--set <field=value...>", "any field, for all settings (docs/configuration.md)")
    .option(
      "--with <setting...>",
      "a further setting: a name and its fields, such as 'frozen: training.frozenLayers=3 training.epochs=2'",
    )
    .option("--documents <number>", "training documents, evenly spaced in the file", parsePositiveInteger)
    .option(
      "--validation <number>",
      "validation documents, evenly spaced in the file and the same for all",
      parsePositiveInteger,
    )
    .option("--parts <number>", "evaluations per epoch", parsePositiveInteger, 2)
    .option(
      "--against <command...>",
      "references, such as 'python3 test/reference/time_to_score.py'; they train with the configuration's own settings",
    )
    .action((options: Options) => run(options, context));
}

async function run(options: Options, { output, signal }: CommandContext): Promise<void> {
  const { loadConfig } = await import("../../config/load.ts");
  const { deepMerge } = await import("../../base/deep-merge.ts");
  const { benchTimeToScore } = await import("../../checks/bench/time-to-score.ts");
  const { config: path, set = [], with: further = [], documents, validation, parts, against = [] } = options;
  const common = assignments(set);
  const named = [{ name: "relata", overrides: {} as Overrides }, ...further.map(parseSetting)];
  const settings = await Promise.all(
    named.map(async ({ name, overrides }) => ({
      name,
      config: await loadConfig({ path, overrides: deepMerge(common, overrides) }),
    })),
  );
  const total = settings.reduce((sum, { config }) => sum + config.training.epochs * parts, 0);
  const theirs = against.length * (settings[0]?.config.training.epochs ?? 0) * parts;
  const progress = output.progress("parts of epochs", total + theirs);
  try {
    const onPart = (done: number) => progress.update(done);
    const result = await benchTimeToScore({
      settings,
      documents,
      validation,
      parts,
      against,
      signal,
      onPart,
    });
    output.result(result, () => describe(result));
  } finally {
    progress.stop();
  }
}

/** `name: field=value field=value`. */
function parseSetting(text: string): { readonly name: string; readonly overrides: Overrides } {
  const at = text.indexOf(":");
  const fields = text.slice(at + 1).trim();
  if (at > 0 && fields !== "")
    return { name: text.slice(0, at), overrides: assignments(fields.split(/\s+/)) };
  throw new ConfigError({
    code: "cli/wrong-usage",
    message: `--with ${JSON.stringify(text)} is not a name and fields`,
    place: "--with",
    value: text,
    remedy: "Write a name, a colon and fields, such as 'frozen: training.frozenLayers=3'.",
  });
}

function describe({ examples, validation, aim, leader, trainings }: TimeToScoreResult): string {
  const rows = trainings.map((one) => [
    one.name,
    ...[one.seconds, one.ratio].map((value) => value?.toFixed(2) ?? "not reached"),
    one.processorSeconds?.toFixed(2) ?? "",
    one.preparation.toFixed(2),
    percent(one.best),
    courseOf(one),
  ]);
  return [
    `${counted(examples, "training example")}, ${counted(validation, "validation example")}; the aim is a micro F1 of ${percent(aim)}, the best of ${leader}`,
    formatTable(
      [
        "training",
        "seconds to it",
        "ratio",
        "processor s",
        "before the first step, s",
        "best F1",
        "F1 at seconds",
      ],
      rows,
    ),
  ].join("\n");
}

function courseOf({ points }: TimeToScore): string {
  return points.map(({ seconds, f1 }) => `${percent(f1)} at ${seconds.toFixed(1)}`).join(", ");
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
