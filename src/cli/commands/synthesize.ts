// `relata synthesize`: generates the missing modality. `run` (the default) makes the views of a plan, `inspect` lists a store's contents,
// `export` writes its views as Parquet or WebDataset, `measure` measures their drift and variety, `judge` checks which simulated views
// the teachers keep, `pack` packs older stores.
import { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { synthesizeExportCommand } from "./synthesize-export.ts";
import { synthesizeInspectCommand } from "./synthesize-inspect.ts";
import { synthesizeJudgeCommand } from "./synthesize-judge.ts";
import { synthesizeMeasureCommand } from "./synthesize-measure.ts";
import { synthesizePackCommand } from "./synthesize-pack.ts";
import { synthesizeRunCommand } from "./synthesize-run.ts";

export function synthesizeCommand(context: CommandContext): Command {
  return new Command("synthesize")
    .description("generate pictures for texts, or texts for pictures, in chains of calls")
    .addCommand(synthesizeRunCommand(context), { isDefault: true })
    .addCommand(synthesizeInspectCommand(context))
    .addCommand(synthesizeExportCommand(context))
    .addCommand(synthesizeMeasureCommand(context))
    .addCommand(synthesizeJudgeCommand(context))
    .addCommand(synthesizePackCommand(context))
    .addHelpText(
      "after",
      "\ndocs/synthetic-data.md describes plans, chains and stores, docs/generators.md the generators.",
    );
}
