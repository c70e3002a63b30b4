// `relata thresholds`: fits, shows or removes the thresholds of a trained model or a bundle.
import { Command, Option } from "commander";
import { ConfigError } from "../../base/errors.ts";
import type { ThresholdAim, Unreached } from "../../evaluation/thresholds.ts";
import type { CommandContext } from "../context.ts";
import { addVerifyOption } from "../device-options.ts";
import { parsePrecision } from "../option-parsers.ts";
import { describeModelThresholds } from "../threshold-tables.ts";

interface Options {
  readonly targetPrecision?: number | undefined;
  readonly bestF1?: boolean | undefined;
  readonly remove?: boolean | undefined;
  readonly unreached?: Unreached | undefined;
  readonly verify: boolean;
}

export function thresholdsCommand(context: CommandContext): Command {
  const command = new Command("thresholds")
    .description("set from which probability each label is reported; without options, show it")
    .argument(
      "<model>",
      "folder of a bundle (relata export), or of a model, for instance runs/first/model-best",
    )
    .option(
      "--target-precision <number>",
      "the lowest threshold with at least this precision, for each label",
      parsePrecision,
    )
    .option("--best-f1", "the threshold of the best F1, for each label")
    .addOption(
      new Option(
        "--unreached <how>",
        "what to do with a label that cannot reach the precision: take the threshold of its best one, or never report it (default: best)",
      ).choices(["best", "drop"]),
    )
    .option("--remove", "remove the thresholds: everything found is reported");
  return addVerifyOption(command).action((model: string, options: Options) =>
    thresholds(model, options, context),
  );
}

async function thresholds(model: string, options: Options, { output }: CommandContext): Promise<void> {
  const aim = aimOf(options);
  if (options.unreached !== undefined && options.targetPrecision === undefined)
    throw contradiction("--unreached is given without --target-precision, to which it applies");
  const { setThresholds } = await import("../../extract/set-thresholds.ts");
  const { thresholdsOfModel } = await import("../../extract/model-thresholds.ts");
  const verify = { verify: options.verify, onNotice: output.note };
  if (aim === undefined) {
    const found = await thresholdsOfModel(model, verify);
    output.result(
      found,
      () => describeModelThresholds(found) || `${model} has no thresholds: everything found is reported`,
    );
    return;
  }
  const fitted = await setThresholds({ model, aim, unreached: options.unreached, ...verify });
  output.result(fitted, () =>
    aim === "none" ? `thresholds removed: everything found is reported` : describeModelThresholds(fitted),
  );
}

function aimOf({ targetPrecision, bestF1, remove }: Options): ThresholdAim | "none" | undefined {
  const aims = [
    ...(targetPrecision === undefined ? [] : [{ precision: targetPrecision }]),
    ...(bestF1 === true ? ["best-f1" as const] : []),
    ...(remove === true ? ["none" as const] : []),
  ];
  if (aims.length > 1) throw contradiction("--target-precision, --best-f1 and --remove exclude each other");
  return aims[0];
}

function contradiction(message: string): ConfigError {
  return new ConfigError({
    code: "cli/contradiction",
    message,
    place: "thresholds",
    remedy: "See `relata thresholds --help`.",
  });
}
