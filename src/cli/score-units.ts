// `relata score-views --shard`, `--gather` and `--queue`: trains one share of the teachers, writes the scores of all, or lets workers train them.
import { counted } from "../base/counted.ts";
import type { TrainRequest } from "../extractors/requests.ts";
import type { ScoreViewsSummary } from "../extractors/student/gather-scores.ts";
import type { TeacherFailure, TeacherShard } from "../extractors/teachers/score-shard.ts";
import type { SubmittedTeachers } from "../extractors/teachers/submit-teachers.ts";
import type { CommandContext } from "./context.ts";
import { ExitCode } from "./errors.ts";
import type { Progress } from "./output.ts";
import { QUEUE_NAME } from "./queue-options.ts";
import { trainingProgress } from "./training-progress.ts";
import { remediesOf } from "./unit-failures.ts";
import { type DivisionOptions, shardOf } from "./unit-options.ts";

/** Trains a shard, gathers, or submits all teachers to a queue and then gathers. @throws DataError `units/incomplete` */
export async function runDivided(
  request: TrainRequest,
  options: DivisionOptions,
  context: CommandContext,
): Promise<void> {
  if (options.queue !== undefined) return submit(request, options, context);
  const { output } = context;
  const { gatherTeachers, scoreShard } = await import("../extractors/teachers/score-shard.ts");
  const shard = await shardOf(options);
  const progress = trainingProgress(output);
  const watched = { ...request, onPreparation: progress.onPreparation };
  if (shard === undefined) {
    const summary = await gatherTeachers(watched).finally(() => progress.stop());
    const lines = await describeScores(summary);
    return output.result(summary, () => lines.join("\n"));
  }
  const outcome = await scoreShard(watched, shard).finally(() => progress.stop());
  if (outcome.failed.length + outcome.stopped.length > 0) process.exitCode = ExitCode.workFailed;
  output.result(outcome, () => describeShard(outcome));
}

/** What the scores say, and what to do with them. */
export async function describeScores(summary: ScoreViewsSummary): Promise<readonly string[]> {
  const { comparisonInWords, gateNote } = await import("../extractors/student/selection-notes.ts");
  const { folder, about, trained, comparison, gate } = summary;
  const { folds, epochs, examples, second } = about;
  return [
    `${trained ? "scored" : "already scored:"} the views of ${counted(examples, "example")} by ${counted(second ? 2 * folds : folds, "teacher")}, after each of ${counted(epochs, "epoch")}`,
    comparisonInWords(comparison),
    ...(gate ? [gateNote(gate)] : []),
    `scores: ${folder}`,
    `next: relata train with synthesis.selection.scores=${folder}`,
  ];
}

function describeShard({ shard, teachers, done, before, failed, stopped, folder }: TeacherShard): string {
  const named = (names: readonly string[], what: string) =>
    names.length > 0 ? [`${counted(names.length, "teacher")} ${what} (${names.join(", ")})`] : [];
  const parts = [
    ...named(done, "trained"),
    ...named(before, "done before"),
    ...named(
      failed.map(({ teacher }) => teacher),
      "failed",
    ),
    ...named(stopped, "not finished"),
  ];
  const what =
    parts.length > 0 ? parts.join(", ") : `nothing to do: there are ${counted(teachers, "teacher")}`;
  return [
    `shard ${shard.index}/${shard.count}: ${what}; in ${folder}`,
    ...failed.map(describeFailure),
    ...remediesOf(failed),
    failed.length + stopped.length > 0
      ? "the same command continues with these teachers"
      : "when all shards are done, run the same command with --gather instead of --shard",
  ].join("\n");
}

function describeFailure({ teacher, code, message }: TeacherFailure): string {
  return `${teacher} failed: ${code === undefined ? "" : `[${code}] `}${message}`;
}

async function submit(
  request: TrainRequest,
  options: DivisionOptions,
  { output }: CommandContext,
): Promise<void> {
  const { openBroker } = await import("../units/queue/broker.ts");
  const { submitTeachers } = await import("../extractors/teachers/submit-teachers.ts");
  const { incomplete } = await import("../extractors/student/gather-scores.ts");
  const { queue: url = "", queueName: name = QUEUE_NAME, queueDepth: depth, attempts } = options;
  using broker = await openBroker({ url, name });
  const preparation = trainingProgress(output);
  let progress: Progress | undefined;
  let submitted: SubmittedTeachers;
  try {
    submitted = await submitTeachers({
      ...{ ...request, broker, depth, attempts },
      onPreparation: preparation.onPreparation,
      onTeachers: (done, teachers) => {
        if (progress === undefined) preparation.stop();
        progress ??= output.progress("teachers", teachers);
        progress.update(done);
      },
      onTeacherFailure: (failure) => progress?.note(describeFailure(failure)),
      onNote: (text) => progress?.note(text),
    });
  } finally {
    preparation.stop();
    progress?.stop();
  }
  const { folder, teachers, done, failed, requeued, missing, scores } = submitted;
  const lines = [
    `${done} of ${counted(teachers, "teacher")} trained by workers${failed.length > 0 ? `, ${failed.length} given up` : ""}${requeued > 0 ? `, ${requeued} put into the queue again` : ""}`,
    ...failed.map(describeFailure),
    ...remediesOf(failed),
    ...(scores === undefined ? [] : await describeScores(scores)),
  ];
  output.result({ ...submitted, missing: missing.map(({ name: teacher }) => teacher) }, () =>
    lines.join("\n"),
  );
  if (missing.length > 0) throw incomplete(folder, missing);
}
