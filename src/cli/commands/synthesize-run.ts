// `relata synthesize <plan> --store <folder>`: says what it will make and the cost, then makes it; can be stopped and resumed.

import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import type { PreparedSynthesis, SynthesizeSummary } from "../../library/synthesize.ts";
import type { SynthesisOutcome } from "../../synthesis/run-chains.ts";
import type { QueuedOutcome } from "../../synthesis/run-queued-parts.ts";
import type { StoreSurvey } from "../../synthesis/store/survey.ts";
import { requireConsent } from "../consent.ts";
import type { CommandContext } from "../context.ts";
import { ExitCode } from "../errors.ts";
import { EXTENSION_OPTION, type ExtensionOptions } from "../extension-option.ts";
import { parseNonNegative, parsePositiveInteger } from "../option-parsers.ts";
import type { Output } from "../output.ts";
import { addSubmitOptions, QUEUE_NAME, type SubmitOptions } from "../queue-options.ts";
import { bytesText, describeSaid, describeSurvey } from "../synthesis-account.ts";
import { formatTable } from "../table.ts";
import { describeFailure, describeParts } from "../unit-failures.ts";
import { addShardOption, shardOf } from "../unit-options.ts";

interface Options extends ExtensionOptions, SubmitOptions {
  readonly store: string;
  readonly dryRun?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly budget?: number | undefined;
  readonly limit?: number | undefined;
  readonly shard?: string | undefined;
}

const EXAMPLES = `
Examples:
  relata synthesize plan.json --store views --dry-run
  relata synthesize plan.json --store views --budget 20 --yes
  relata synthesize plan.json --store views --queue redis://queue.example:6379 --yes

The same command resumes an interrupted store; several processes may work on one store at once.
Before a run that can cost money, the command asks for confirmation on a terminal; elsewhere it needs --yes.
Exit code 0: the store is complete. 1: calls failed, or the budget was used up; run the command again.`;

export function synthesizeRunCommand(context: CommandContext): Command {
  const command = new Command("run")
    .description("generate what a plan asks for and its store does not yet hold")
    .argument("<plan>", "file of the plan, .json or .ts")
    .requiredOption("--store <folder>", "folder for the generated views; created if needed")
    .option("--dry-run", "only show what would be generated and what it would cost")
    .option("--yes", "do not ask before calls that cost money")
    .option("--budget <amount>", "maximum cost of the store, earlier runs included", parseNonNegative)
    .option("--limit <number>", "only this many instances in this run", parsePositiveInteger);
  addShardOption(command, "only this share of the store").option(...EXTENSION_OPTION);
  return addSubmitOptions(command, "parts of the store")
    .addHelpText("after", EXAMPLES)
    .action((plan: string, options: Options) => run(plan, options, context));
}

async function run(file: string, options: Options, { output, signal }: CommandContext): Promise<void> {
  const library = await import("../../library/synthesize.ts");
  const { store, limit, budget, dryRun } = options;
  const share = await shardOf(options);
  const preparation = preparationProgress(output);
  let progress: ReturnType<Output["progress"]> | undefined;
  let summary: SynthesizeSummary;
  try {
    summary = await library.synthesize({
      plan: file,
      store,
      extensions: options.extension,
      limit,
      budget,
      share,
      queue: queueOf(options),
      dryRun,
      signal,
      onPreparation: ({ what, done, total }) => preparation.show(what, done, total),
      onEstimate: async (prepared) => {
        preparation.stop();
        output.line(describeEstimate(prepared, options));
        if (dryRun === true) return;
        const { cost, remaining } = prepared.estimate;
        await requireConsent({ cost, remaining, yes: options.yes, nothing: "nothing was generated" }, output);
        progress = output.progress("steps", prepared.estimate.planned);
      },
      onProgress: ({ done, rejected, refused, failed, spent }) =>
        progress?.update(done, noteOf({ rejected, refused, failed, spent })),
      onFailure: (failure) => progress?.note(`failed: ${failure.code}: ${describeSaid(failure)}`),
      onPartFailure: (failure) => progress?.note(describeFailure(failure, "part")),
      onNote: (text) => progress?.note(text),
    });
  } finally {
    preparation.stop();
    progress?.stop();
  }
  const { outcome, estimate, account, survey } = summary;
  if (outcome === undefined) {
    output.result({ store, dryRun: true, account, estimate }, () => "dry run: nothing was generated");
    return;
  }
  const isWithin = options.queue === undefined && outcome.stop === undefined && survey.failedAttempts === 0;
  const isDone = outcome.complete || isWithin; // of its share or limit
  if (!isDone) process.exitCode = ExitCode.workFailed;
  output.result({ store, ...outcome, account, estimate, survey }, () =>
    [describeSurvey(survey), describeOutcome(outcome, survey, file, options, output)].join("\n"),
  );
}

function noteOf(counts: { readonly [name: string]: number }): string {
  const shown = Object.entries(counts).filter(([, count]) => count > 0);
  return shown.map(([name, count]) => `${name} ${Number(count.toFixed(4))}`).join(", ");
}

function describeEstimate(
  { estimate, account, manifest }: PreparedSynthesis,
  { budget, limit }: Options,
): string {
  const { direction, rounds, chains, instances } = manifest;
  const rows = estimate.generators.map(({ generator, adapter, model, calls, costPerCall, cost, bytes }) => [
    `${generator}: ${adapter} ${model}`,
    calls,
    String(costPerCall),
    cost.toFixed(2),
    bytes === undefined ? "unknown" : bytesText(bytes),
  ]);
  return [
    `${counted(instances, "instance")} with a real ${direction}, ${counted(chains, "chain")} each, ${counted(rounds, "round")}: ${counted(estimate.planned, "step")}, ${estimate.done} done`,
    ...describeAccount(account),
    formatTable(["generator", "calls at most", "each", "cost", "room"], rows),
    `cost at most ${estimate.cost.toFixed(2)}${estimate.spent > 0 ? `, ${estimate.spent.toFixed(2)} spent before` : ""}${budget === undefined ? "" : `, budget ${budget}`}${limit === undefined ? "" : `; only the first ${counted(limit, "instance")}`}`,
  ].join("\n");
}

function describeAccount(account: PreparedSynthesis["account"]): string[] {
  if (account === undefined) return [];
  const { rows, withoutPicture, missingPictures, unreadablePictures, withoutRelation } = account;
  const left = [
    [rows.rejected, "rows that cannot be used"],
    [withoutPicture, "documents without a picture"],
    [missingPictures, "documents whose picture file is missing"],
    [unreadablePictures, "documents whose picture cannot be opened"],
    [withoutRelation, "documents without a relation"],
  ] as const;
  const shown = left.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return shown.length === 0 ? [] : [`left out: ${shown.join(", ")}`];
}

function queueOf({ queue: url, queueName: name = QUEUE_NAME, queueDepth: depth, attempts }: Options) {
  return url === undefined ? undefined : { url, name, depth, attempts };
}

function describeOutcome(
  outcome: SynthesisOutcome | QueuedOutcome,
  { planned, done, failedAttempts }: StoreSurvey,
  plan: string,
  { store, limit, shard, queue }: Options,
  output: Output,
): string {
  const { complete, stop, droppedLines, counts } = outcome;
  const queued = "parts" in outcome ? describeParts(outcome) : [];
  const torn =
    droppedLines === 0
      ? []
      : [`left out ${counted(droppedLines, "incomplete log line")} of an interrupted run`];
  const calls = `${counted(counts.calls, "call")} made now`;
  if (complete)
    return [...torn, ...queued, output.style("green", `complete: ${calls}, all in ${store}`)].join("\n");
  const why = {
    interrupted: "interrupted",
    budget: "the budget is used up",
    failing: `too many ${queue === undefined ? "calls failed" : "parts were given up"} in a row`,
    none:
      queue !== undefined && failedAttempts === 0
        ? `parts are missing in ${store}, which has to be one folder for all workers`
        : failedAttempts > 0
          ? `${counted(failedAttempts, "call")} failed`
          : shard === undefined
            ? `stopped after ${counted(limit ?? 0, "instance")}`
            : `shard ${shard} is done`,
  }[stop ?? "none"];
  const left = planned - done;
  return [
    ...torn,
    ...queued,
    output.style("yellow", `${why}: ${calls}, ${counted(left, "step")} left`),
    ...(failedAttempts === 0
      ? []
      : [`to see every failed call: relata synthesize inspect ${store} --instance <id>`]),
    queue === undefined
      ? `resume with: relata synthesize ${plan} --store ${store}`
      : "the same command hands out what is left",
  ].join("\n");
}

function preparationProgress(output: Output) {
  let what: string | undefined;
  let bar: ReturnType<Output["progress"]> | undefined;
  return {
    show(next: string, done: number, total: number) {
      if (next !== what) {
        bar?.stop();
        what = next;
        bar = output.progress(next, total);
      }
      bar?.update(done);
    },
    stop: () => bar?.stop(),
  };
}
