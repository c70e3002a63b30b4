// `relata experiment run --shard`, `--gather` and `--queue`: does one share of the cells, writes the report of those that are finished, or lets
// workers do them.

import { counted } from "../base/counted.ts";
import { DataError } from "../base/errors.ts";
import { someOf } from "../base/some-of.ts";
import type {
  CellFailure,
  ExperimentRequest,
  GatheredExperiment,
  ShardOutcome,
} from "../experiments/run-experiment.ts";
import type { SubmittedExperiment } from "../experiments/submit-cells.ts";
import type { CommandContext } from "./context.ts";
import { ExitCode } from "./errors.ts";
import type { RunOptions } from "./experiment-options.ts";
import { experimentProgress } from "./experiment-progress.ts";
import { describeResults } from "./experiment-results.ts";
import { QUEUE_NAME } from "./queue-options.ts";
import { shardOf } from "./unit-options.ts";

type Request = Omit<ExperimentRequest, "onEvent">;

const MOST_MISSING_SHOWN = 20;

/** Does a shard, gathers, or submits all cells to a queue and then gathers. @throws DataError `units/incomplete` after the report is written */
export async function runDivided(
  request: Request,
  options: RunOptions,
  context: CommandContext,
): Promise<void> {
  const shard = await shardOf(options);
  if (options.queue !== undefined) return submit(request, options, context);
  const { output } = context;
  const { gatherExperiment, runShard } = await import("../experiments/run-experiment.ts");
  if (shard === undefined) {
    output.status("gathering cells");
    return showGathered(await gatherExperiment(request), [], context);
  }
  const progress = experimentProgress(output);
  const outcome = await runShard({ ...request, onEvent: progress.onEvent }, shard).finally(() =>
    progress.stop(),
  );
  if (outcome.failed.length + outcome.stopped.length > 0) process.exitCode = ExitCode.workFailed;
  output.result(outcome, () => describeShard(outcome));
}

function describeShard({ shard, done, before, failed, stopped, out }: ShardOutcome): string {
  return [
    `shard ${shard.index}/${shard.count}: ${counted(done.length, "cell")} done${before.length > 0 ? `, ${before.length} done before` : ""}${failed.length > 0 ? `, ${failed.length} failed` : ""}${stopped.length > 0 ? `, ${stopped.length} not finished` : ""}; in ${out}`,
    ...failed.map(describeCellFailure),
    failed.length + stopped.length > 0
      ? "the same command continues with these cells"
      : "when all shards are done, run the same command with --gather instead of --shard",
  ].join("\n");
}

function describeCellFailure({ cell, message }: CellFailure): string {
  return `${cell} failed: ${message}`;
}

async function submit(request: Request, options: RunOptions, context: CommandContext): Promise<void> {
  const { output } = context;
  const { openBroker } = await import("../units/queue/broker.ts");
  const { submitCells } = await import("../experiments/submit-cells.ts");
  const { queue: url = "", queueName: name = QUEUE_NAME, queueDepth: depth, attempts } = options;
  using broker = await openBroker({ url, name });
  let progress: ReturnType<typeof output.progress> | undefined;
  let submitted: SubmittedExperiment;
  try {
    submitted = await submitCells({
      ...{ ...request, broker, depth, attempts },
      onProgress: (done, cells) => {
        progress ??= output.progress("cells", cells);
        progress.update(done);
      },
      onCellFailure: (failure) => progress?.note(describeCellFailure(failure)),
      onNote: (text) => progress?.note(text),
    });
  } finally {
    progress?.stop();
  }
  const { done, failed, requeued } = submitted;
  showGathered(
    submitted,
    [
      `${counted(done, "cell")} done by workers${failed.length > 0 ? `, ${failed.length} given up` : ""}${requeued > 0 ? `, ${requeued} put into the queue again` : ""}`,
      ...failed.map(describeCellFailure),
    ],
    context,
  );
}

function showGathered(
  gathered: GatheredExperiment,
  lines: readonly string[],
  { output }: CommandContext,
): void {
  const { results, resultsFile, report, missing, cells } = gathered;
  output.result(gathered, () =>
    [
      describeResults(results),
      ...lines,
      `${cells - missing.length} of ${counted(cells, "cell")} finished; results: ${resultsFile}, report: ${report}`,
    ].join("\n"),
  );
  if (missing.length > 0) throw incomplete(gathered);
}

function incomplete({ missing, out }: GatheredExperiment): DataError {
  return new DataError({
    code: "units/incomplete",
    message: `${counted(missing.length, "cell is", "cells are")} not finished: ${someOf(missing, MOST_MISSING_SHOWN)}`,
    place: out,
    value: { missing: missing.length, first: missing.slice(0, MOST_MISSING_SHOWN) },
    remedy:
      "Run the shards again, or the command without --gather: what is finished is not done again. The report has the other cells.",
    fault: "work",
  });
}
