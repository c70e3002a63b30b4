// `relata card`: writes the model card of a bundle or a model again, with what only people know.

import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import type { WrittenCard } from "../../extract/card/write-card.ts";
import {
  type CardOptions,
  DATASET_OPTION,
  LANGUAGE_OPTION,
  LICENSE_OPTION,
  statedIn,
} from "../card-options.ts";
import type { CommandContext } from "../context.ts";

interface Options extends CardOptions {
  readonly replaceEdited?: boolean | undefined;
}

export function cardCommand(context: CommandContext): Command {
  return new Command("card")
    .description(
      "write the model card (README.md) of a bundle or a model again, with its licence, languages and data sets",
    )
    .argument("<model>", "folder of a bundle, or of a model")
    .option(...LICENSE_OPTION)
    .option(...LANGUAGE_OPTION)
    .option(...DATASET_OPTION)
    .option("--replace-edited", "also replace a README.md that was edited")
    .action((model: string, options: Options) => card(model, options, context));
}

async function card(model: string, options: Options, { output }: CommandContext): Promise<void> {
  const { writeCard } = await import("../../extract/card/write-card.ts");
  const written = await writeCard(model, {
    stated: statedIn(options),
    replaceEdited: options.replaceEdited,
  });
  output.result(written, () => describe(written));
}

function describe({ place, stated, measured, keptEdited }: WrittenCard): string {
  const { license, languages, datasets } = stated;
  return [
    keptEdited
      ? `${place} was edited and stays as it is; --replace-edited replaces it`
      : `wrote ${place}: ${counted(measured.length, "measurement")} on record`,
    `licence: ${license}${license === "unknown" ? " (state it with --license)" : ""}`,
    `languages: ${languages.length === 0 ? "not stated (--language)" : languages.join(", ")}`,
    ...(datasets.length === 0 ? [] : [`data sets: ${datasets.join(", ")}`]),
  ].join("\n");
}
