// `relata synthesize judge <store> --scores <folder>`: measures by the simulator's truth how well teachers recognise views that show their label.
import { Command } from "commander";
import type { SelectionJudgement, SelectionVerdict } from "../../world/judge-selection.ts";
import type { CommandContext } from "../context.ts";
import { parseNumber } from "../option-parsers.ts";
import { formatTable } from "../table.ts";

interface Options {
  readonly scores: string;
  readonly share: number;
}

export function synthesizeJudgeCommand(context: CommandContext): Command {
  return new Command("judge")
    .description("compare a selection by teachers with the truth about simulated views (adapter simulator)")
    .argument("<store>", "store that the simulator filled")
    .requiredOption("--scores <folder>", "scores written by relata score-views or by a training run")
    .option("--share <number>", "share of an example's views to keep", parseNumber, 0.5)
    .action((store: string, options: Options) => judge(store, options, context));
}

async function judge(store: string, { scores, share }: Options, { output }: CommandContext): Promise<void> {
  const { ConfigError } = await import("../../base/errors.ts");
  if (!(share > 0 && share <= 1)) {
    throw new ConfigError({
      code: "config/invalid",
      message: `--share must be more than 0 and at most 1, got ${share}`,
      place: "--share",
      value: share,
      remedy: "Give the share that training keeps, for instance 0.5.",
    });
  }
  const { judgeSelection } = await import("../../world/judge-selection.ts");
  const judgement = await judgeSelection(store, scores, share);
  output.result(judgement, () => describe(judgement));
}

function describe({ share, all, rounds }: SelectionJudgement): string {
  const row = (name: string, one: SelectionVerdict) => [
    name,
    one.views,
    one.bearing,
    one.kept,
    one.precision,
    one.recall,
    one.ranking,
  ];
  return [
    `kept: a share of ${share} of each example's views, those with the lowest cross-entropy`,
    formatTable(
      ["round", "views", "bear the label", "kept", "precision", "recall", "ranked right"],
      [...rounds.map((one) => row(String(one.round), one)), row("all", all)],
    ),
    "A random selection has the precision of the third column. Ranked right: share of correctly ordered pairs of an example's views; chance is 0.5.",
  ].join("\n\n");
}
