// `relata work`: does units of extractions, parts of generated views and annotations, teachers of views, and cells of experiments that others
// submit to a queue.
import { Command } from "commander";
import { counted } from "../../base/counted.ts";
import { RelataError } from "../../base/errors.ts";
import type { UnitMessage } from "../../units/queue/broker.ts";
import type { OpenedJob } from "../../units/queue/work-units.ts";
import type { CommandContext } from "../context.ts";
import {
  addPredictionOptions,
  addVerifyOption,
  type DeviceOptions,
  modelOptions,
} from "../device-options.ts";
import { parseNonNegative, parsePositiveInteger } from "../option-parsers.ts";
import { ownProgram } from "../own-program.ts";
import { openPostSource } from "../post-source.ts";
import { QUEUE_NAME, type QueueOptions } from "../queue-options.ts";

interface Options extends DeviceOptions, QueueOptions {
  readonly queue: string;
  readonly concurrency?: number | undefined;
  readonly lease?: number | undefined;
  readonly idle?: number | undefined;
  readonly programs?: boolean | undefined;
  readonly model?: string | undefined;
}

const EXAMPLES = `
Examples:
  relata work --queue redis://queue.example:6379 --threads 8
  relata work --queue postgres://relata@db.example/relata --idle 300
  relata work --queue redis://queue.example:6379 --model /models/posts

Start it in the folder from which the work is submitted, or one that looks the same: paths are as the submitter gave them. Only --model names a path of
this machine, and extract --publish-posts needs no input here. Keys of generators are
read from this process's environment. Anyone who can write to the queue can make workers read files, and who can write to a folder too can have
them send those keys anywhere, so let nobody else reach the server. docs/clusters.md has more.`;

export function workCommand(context: CommandContext): Command {
  const command = new Command("work")
    .description(
      "do units that relata extract, synthesize, annotate, score-views and experiment run submit with --queue",
    )
    .requiredOption("--queue <url>", "redis://host:6379 or postgres://user@host/database")
    .option("--queue-name <name>", `name of the queue (default: ${QUEUE_NAME})`)
    .option("--concurrency <number>", "units at once (default: 1)", parsePositiveInteger)
    .option("--lease <seconds>", "how long a dead worker keeps its unit (default: 30)", parsePositiveInteger)
    .option("--idle <seconds>", "end after this long without a unit (default: never)", parseNonNegative)
    .option(
      "--model <folder>",
      "where this machine has the model of extractions (default: the submitter's path)",
    )
    .option(
      "--programs",
      "also do work that names code of this machine: programs (adapter command), and modules, libraries and interpreters in the configuration of teachers or of an experiment",
    )
    .addHelpText("after", EXAMPLES);
  return addVerifyOption(addPredictionOptions(command)).action((options: Options) => work(options, context));
}

async function work(options: Options, { output, signal }: CommandContext): Promise<void> {
  const { openBroker } = await import("../../units/queue/broker.ts");
  const { workUnits } = await import("../../units/queue/work-units.ts");
  const { queue: url, queueName: name = QUEUE_NAME, concurrency, lease, idle } = options;
  using broker = await openBroker({ url, name });
  output.note(`waiting for units of ${name} on ${broker.place}`);
  const progress = output.progress("units", 0);
  let done = 0;
  const summary = await workUnits({
    ...{ broker, concurrency, signal },
    leaseMs: lease === undefined ? undefined : lease * 1000,
    idleMs: idle === undefined ? undefined : idle * 1000,
    open: (message) => openJob(message, options, { output }),
    onUnit: ({ kind, unit }) => progress.update(++done, `${kind} ${unit}`),
    onFailure: ({ kind, unit }, error) =>
      progress.note(
        `${kind} ${unit} failed: ${error instanceof RelataError ? `[${error.code}] ` : ""}${error instanceof Error ? error.message : String(error)}`,
      ),
    onNote: (text) => progress.note(text),
  }).finally(() => progress.stop());
  output.result({ queue: broker.place, ...summary }, () =>
    [
      `${counted(summary.published, "unit")} published`,
      ...(summary.before > 0 ? [`${summary.before} were published already`] : []),
      ...(summary.stopped > 0 ? [`${summary.stopped} stopped before the end`] : []),
      ...(summary.failed > 0 ? [`${summary.failed} failed`] : []),
    ].join(", "),
  );
}

/** @throws RelataError `units/unknown-job` */
async function openJob(
  message: UnitMessage,
  options: Options,
  { output }: Pick<CommandContext, "output">,
): Promise<OpenedJob> {
  if (message.version === 1 && message.kind === "extract") {
    const { openQueuedExtraction } = await import("../../extract/units/queued-extraction.ts");
    return openQueuedExtraction(message, {
      openPosts: openPostSource,
      device: modelOptions(options, output),
      model: options.model,
    });
  }
  if (message.version === 1 && message.kind === "synthesize") {
    const { openQueuedSynthesis } = await import("../../plan/queued-synthesis.ts");
    const { GENERATOR_ADAPTERS: adapters } = await import("../../experiments/generator-adapters.ts");
    const { extension, programs = false } = options;
    return openQueuedSynthesis(message, {
      ...{ adapters, extensions: extension, programs, variables: process.env },
    });
  }
  if (message.version === 1 && message.kind === "annotate") {
    const { openQueuedAnnotation } = await import("../annotation-units.ts");
    const { extension, programs = false } = options;
    return openQueuedAnnotation(message, { extension, programs, output });
  }
  if (message.version === 1 && message.kind === "score-views") {
    const { openQueuedTeachers } = await import("../../extractors/teachers/queued-teachers.ts");
    return openQueuedTeachers(message, { programs: options.programs === true });
  }
  if (message.version === 1 && message.kind === "experiment") {
    const { openQueuedExperiment } = await import("../../experiments/queued-cells.ts");
    return openQueuedExperiment(message, { program: ownProgram(), programs: options.programs === true });
  }
  throw new RelataError({
    code: "units/unknown-job",
    message: `this version of relata does not know the work ${JSON.stringify(message.kind)} (version ${message.version})`,
    place: message.job,
    remedy: "Use the same version of relata for submitters and workers.",
    fault: "work",
  });
}
