// `relata clean`: says what ended runs no longer need, and removes it if told to.
import { Command, Option } from "commander";
import { counted } from "../../base/counted.ts";
import { formatBytes } from "../../base/format-bytes.ts";
import type { KeptModels, SurveyedRun } from "../../training/clean-runs.ts";
import type { CommandContext } from "../context.ts";
import { formatTable } from "../table.ts";

interface Options {
  readonly apply?: boolean | undefined;
  readonly keep: KeptModels;
}

export function cleanCommand(context: CommandContext): Command {
  return new Command("clean")
    .description(
      "free the disk of what ended runs no longer need: checkpoints, last models beside best ones, leftovers",
    )
    .argument("<folders...>", "run folders, or folders of run folders")
    .addOption(
      new Option("--keep <what>", "which models stay: the best one, or also the last one")
        .choices(["best", "last"])
        .default("best"),
    )
    .option("--apply", "remove it; without this option the command only says what it would remove")
    .action((folders: string[], options: Options) => clean(folders, options, context));
}

async function clean(
  folders: readonly string[],
  { apply = false, keep }: Options,
  { output }: CommandContext,
): Promise<void> {
  const { freeRun, surveyRuns } = await import("../../training/clean-runs.ts");
  const runs = await surveyRuns(folders, keep);
  if (apply) for (const run of runs) await freeRun(run);
  const bytes = runs.reduce((sum, run) => sum + bytesOf(run), 0);
  output.result({ applied: apply, bytes, runs }, () => describe(runs, apply, bytes));
}

const bytesOf = ({ freeable }: SurveyedRun): number => freeable.reduce((sum, one) => sum + one.bytes, 0);

const KEEPS: Readonly<Record<SurveyedRun["status"], string>> = {
  ended: "nothing to free",
  unfinished: "kept: it has not ended and can be resumed",
  unreadable: "kept: its newest checkpoint cannot be read",
};

function describe(runs: readonly SurveyedRun[], applied: boolean, bytes: number): string {
  if (runs.length === 0) return "no runs here";
  const rows = runs.map((run) => [
    run.folder,
    formatBytes(bytesOf(run)),
    run.freeable.length === 0 ? KEEPS[run.status] : run.freeable.map(({ name }) => name).join(", "),
  ]);
  const total = `${formatBytes(bytes)} in ${counted(runs.length, "run")}`;
  return [
    formatTable(["run", applied ? "freed" : "would free", "what"], rows),
    "",
    applied ? `freed ${total}` : `would free ${total}; add --apply to remove it`,
  ].join("\n");
}
