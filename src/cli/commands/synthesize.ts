// `relata synthesize`: makes the modality that is missing. `run` (the default) makes what a plan asks for, `inspect` looks into a store,
// `export` writes its views as Parquet or WebDataset, `measure` says how far they drift and how varied they are, `judge` what teachers keep of
// simulated ones.
import { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { synthesizeExportCommand } from "./synthesize-export.ts";
import { synthesizeInspectCommand } from "./synthesize-inspect.ts";
import { synthesizeJudgeCommand } from "./synthesize-judge.ts";
import { synthesizeMeasureCommand } from "./synthesize-measure.ts";
import { synthesizeRunCommand } from "./synthesize-run.ts";

export function synthesizeCommand(context: CommandContext): Command {
  return new Command("synthesize")
    .description("generate pictures for texts, or texts for pictures, in chains of calls")
    .addCommand(synthesizeRunCommand(context), { isDefault: true })
    .addCommand(synthesizeInspectCommand(context))
    .addCommand(synthesizeExportCommand(context))
    .addCommand(synthesizeMeasureCommand(context))
    .addCommand(synthesizeJudgeCommand(context))
    .addHelpText(
      "after",
      "\ndocs/synthetic-data.md describes plans, chains and stores, docs/generators.md the generators.",
    );
}
