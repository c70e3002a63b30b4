// `relata synthesize judge <store> --scores <folder>`: measures by the simulator's truth how well teachers recognise views that show their label.
import { Command } from "commander";
import type { SelectionJudgement, SelectionVerdict } from "../../world/judge-selection.ts";
import type { CommandContext } from "../context.ts";
import { parseNumber } from "../option-parsers.ts";
import { formatTable } from "../table.ts";

interface Options {
  readonly scores: string;
  readonly share?: number | undefined;
  readonly margin?: number | undefined;
}

export function synthesizeJudgeCommand(context: CommandContext): Command {
  return new Command("judge")
    .description("compare a selection by teachers with the truth about simulated views (adapter simulator)")
    .argument("<store>", "store that the simulator filled")
    .requiredOption("--scores <folder>", "scores written by relata score-views or by a training run")
    .option("--share <number>", "share of an example's views to keep (default: 0.5)", parseNumber)
    .option(
      "--margin <nats>",
      "instead of a share: keep the views that lower the label's log-probability by at most this",
      parseNumber,
    )
    .action((store: string, options: Options) => judge(store, options, context));
}

async function judge(store: string, options: Options, { output }: CommandContext): Promise<void> {
  const { ConfigError } = await import("../../base/errors.ts");
  const { share = 0.5, margin } = options;
  if (options.share !== undefined && margin !== undefined) {
    throw new ConfigError({
      code: "config/contradiction",
      message: "--share and --margin are two rules, but one is judged at a time",
      place: "--margin",
      value: margin,
      remedy: "Give one of them.",
    });
  }
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
  const judgement = await judgeSelection(
    store,
    options.scores,
    margin === undefined ? { method: "teacher", share } : { method: "threshold", margin },
  );
  output.result(judgement, () => describe(judgement));
}

function describe({ share, margin, all, rounds }: SelectionJudgement): string {
  const row = (name: string, one: SelectionVerdict) => [
    name,
    one.views,
    one.bearing,
    one.kept,
    one.kept > 0 ? one.precision : "-",
    one.recall,
    one.ranking,
  ];
  return [
    margin === undefined
      ? `kept: a share of ${share} of each example's views, those with the lowest cross-entropy`
      : `kept: the views that lower the gold label's log-probability by at most ${margin} nats`,
    formatTable(
      ["round", "views", "bear the label", "kept", "precision", "recall", "ranked right"],
      [...rounds.map((one) => row(String(one.round), one)), row("all", all)],
    ),
    "A random selection has the precision of the third column. Ranked right: share of correctly ordered pairs of an example's views; chance is 0.5.",
  ].join("\n\n");
}
