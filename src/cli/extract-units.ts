// `relata extract --shard` and `--gather`: does one share of an input's units, or puts the results of all units together.
import { counted } from "../base/counted.ts";
import { RelataError } from "../base/errors.ts";
import type { UnitsSummary } from "../units/run-units.ts";
import type { ShardChoice } from "../units/shard.ts";
import type { UnitFailure } from "../units/unit-failure.ts";
import type { CommandContext } from "./context.ts";
import { modelOptions } from "./device-options.ts";
import { ExitCode } from "./errors.ts";
import { type BatchOptions, extractionOptions, outputFormatOf } from "./extract-options.ts";
import { describeAccount } from "./extraction-account.ts";
import { openPostSource } from "./post-source.ts";
import { QUEUE_NAME } from "./queue-options.ts";
import { describeFailure, remediesOf } from "./unit-failures.ts";
import { contradiction, type DivisionOptions, divisionOf, shardOf } from "./unit-options.ts";

/** Options that divide an extraction among processes. */
export interface UnitOptions extends DivisionOptions {
  readonly units?: string | undefined;
  readonly unitRows?: number | undefined;
  readonly publishPosts?: boolean | undefined;
}

type Options = BatchOptions & UnitOptions;

/** Whether a command line divides the work. */
export function asksForUnits({ shard, gather, queue }: UnitOptions): boolean {
  return shard !== undefined || gather === true || queue !== undefined;
}

/** Does a shard, gathers, or submits all units to a queue and then gathers. */
export async function extractUnits(
  model: string,
  input: string,
  options: Options,
  context: CommandContext,
): Promise<void> {
  const { output, signal } = context;
  const out = requireOut(options);
  const format = outputFormatOf(options);
  const { openObjectStore } = await import("../units/open-store.ts");
  const { openExtractionJob } = await import("../extract/units/extraction-units.ts");
  const shard = await shardOf(options);
  const place = options.units ?? `${out}.units`;
  const store = await openObjectStore(place);
  const source = await openPostSource(input, options);
  const request = {
    ...{ model, source, format, signal },
    ...modelOptions(options, output),
    extraction: extractionOptions(options),
    pictures: options.pictures,
    captions: options.captions,
    givenMentions: options.givenMentions,
    unitRows: options.unitRows,
  };
  const indexing = output.progress("dividing the input", source.total ?? 0);
  const job = await openExtractionJob(request, store, (rows) => indexing.update(rows)).finally(() =>
    indexing.stop(),
  );
  if (shard !== undefined) return doShard({ shard, request, job, store, out }, context);
  if (options.queue !== undefined && !(await submit({ request, job, store, place, input, options }, context)))
    return;
  const { gatherExtraction } = await import("../extract/units/gather-extraction.ts");
  const progress = output.progress("gathering units", job.index.units.length);
  const { offsets } = options;
  const account = await gatherExtraction({
    ...{ store, job, out, format, offsets, signal },
    onProgress: (units) => progress.update(units),
  }).finally(() => progress.stop());
  if (account === undefined) {
    output.result({ out, completeBefore: true }, () => `${out} was already complete: nothing to do`);
    return;
  }
  if (account.posts === 0) process.exitCode = ExitCode.workFailed;
  output.result({ out, units: job.index.units.length, account }, () =>
    [
      ...describeAccount(account, { source, out, offsets: offsets ?? "utf-16" }),
      `${counted(job.index.units.length, "unit")} gathered in ${out}; ${store.place} is no longer needed`,
    ].join("\n"),
  );
}

interface SubmitWork extends Pick<ShardWork, "request" | "job" | "store"> {
  /** The store as it was named: an address may say more than messages do. */
  readonly place: string;
  readonly input: string;
  readonly options: Options;
}

/** Lets workers do the units that are not published. Returns whether all are. */
async function submit(
  { request, job, store, place, input, options }: SubmitWork,
  { output, signal }: CommandContext,
): Promise<boolean> {
  const { publishedUnits, unitKey } = await import("../units/job.ts");
  const { openBroker } = await import("../units/queue/broker.ts");
  const { submitUnits } = await import("../units/queue/submit-units.ts");
  const { queuedExtraction } = await import("../extract/units/queued-extraction.ts");
  const { RowPublisher } = await import("../extract/units/published-rows.ts");
  const {
    queue: url = "",
    queueName: name = QUEUE_NAME,
    queueDepth: depth,
    attempts,
    lines = false,
    publishPosts,
  } = options;
  const { id } = job.job;
  const all = job.index.units.length;
  const known = await publishedUnits(store, id);
  const units = Array.from({ length: all }, (_, unit) => unit).filter((unit) => !known.has(unit));
  if (units.length === 0) return true;
  using broker = await openBroker({ url, name });
  const publisher = publishPosts === true ? await RowPublisher.open(request, job, store) : undefined;
  const progress = output.progress("units", all);
  let done = all - units.length;
  const { published, failures, requeued } = await submitUnits({
    ...{ broker, kind: "extract", job: id, units, depth, attempts, signal },
    request: queuedExtraction(request, job, {
      ...{ store: place, input, lines },
      ...(publisher && { published: true }),
    }),
    prepare: publisher && ((unit) => publishedPosts(publisher, unit)),
    isPublished: (unit) => store.has(unitKey(id, unit)),
    onDone: () => progress.update(++done),
    onFailure: (failure) => progress.note(describeFailure(failure)),
    onNote: (text) => progress.note(text),
  }).finally(async () => {
    progress.stop();
    await publisher?.close();
  });
  if (requeued > 0) output.note(`${counted(requeued, "unit")} had to be put into the queue again`);
  if (failures.length === 0) return true;
  process.exitCode = ExitCode.workFailed;
  output.result({ units: store.place, job: id, published, failures }, () =>
    [
      `${counted(published, "unit")} done, ${failures.length} given up; results in ${store.place}`,
      ...failures.map((failure) => describeFailure(failure)),
      ...remediesOf(failures),
      "the same command tries the failed units again and then writes the output",
    ].join("\n"),
  );
  return false;
}

/** Publishes the posts of a unit. Rows that changed make one unit fail; other errors would make all of them fail. */
async function publishedPosts(
  publisher: import("../extract/units/published-rows.ts").RowPublisher,
  unit: number,
): Promise<UnitFailure | undefined> {
  try {
    await publisher.publish(unit);
    return undefined;
  } catch (error) {
    if (!(error instanceof RelataError && error.code === "units/input-changed")) throw error;
    return { unit, code: error.code, message: error.message, remedy: error.remedy };
  }
}

interface ShardWork {
  readonly shard: ShardChoice;
  readonly request: Parameters<typeof import("../extract/units/extraction-units.ts").openExtractionUnits>[0];
  readonly job: Awaited<ReturnType<typeof import("../extract/units/extraction-units.ts").openExtractionJob>>;
  readonly store: import("../units/object-store.ts").ObjectStore;
  readonly out: string;
}

async function doShard(
  { shard, request, job, store, out }: ShardWork,
  { output, signal }: CommandContext,
): Promise<void> {
  const { publishedUnits } = await import("../units/job.ts");
  const { runUnits } = await import("../units/run-units.ts");
  const { unitsOfShard } = await import("../units/shard.ts");
  const { openExtractionUnits } = await import("../extract/units/extraction-units.ts");
  const known = await publishedUnits(store, job.job.id);
  const units = [...unitsOfShard(shard, job.index.units.length)];
  let summary: UnitsSummary = { published: 0, before: units.length, failures: [] };
  if (units.some((unit) => !known.has(unit))) {
    output.status("loading the model");
    const work = await openExtractionUnits(request, job);
    const progress = output.progress(`units of shard ${shard.index}/${shard.count}`, units.length);
    let done = 0;
    try {
      summary = await runUnits({
        ...{ store, work, units, known, signal },
        onDone: () => progress.update(++done),
        onFailure: (failure) => progress.note(describeFailure(failure)),
      });
    } finally {
      progress.stop();
      await work.dispose();
    }
  }
  const { published, before, failures } = summary;
  if (failures.length > 0) process.exitCode = ExitCode.workFailed;
  output.result({ out, units: store.place, job: job.job.id, shard, ...summary }, () =>
    [
      `shard ${shard.index}/${shard.count}: ${counted(published, "unit")} done${before > 0 ? `, ${before} done before` : ""}${failures.length > 0 ? `, ${failures.length} failed` : ""}; results in ${store.place}`,
      ...failures.map((failure) => describeFailure(failure)),
      ...remediesOf(failures),
      failures.length > 0
        ? "the same command does the failed units again"
        : `when all shards are done, run the same command with --gather instead of --shard`,
    ].join("\n"),
  );
}

/** @throws ConfigError `cli/contradiction` */
function requireOut({ out, resume, strict, publishPosts, ...options }: Options): string {
  const flag = divisionOf(options) ?? "--shard";
  if (publishPosts === true && flag !== "--queue")
    throw contradiction(
      `--publish-posts is given with ${flag}`,
      "--publish-posts",
      "Leave it out: only workers of a queue read published posts.",
    );
  if (out === undefined)
    throw contradiction(
      `${flag} is given without --out`,
      flag,
      "Name the file that is to be written with --out, the same for all shards.",
    );
  if (resume === true)
    throw contradiction(
      `--resume is given with ${flag}`,
      "--resume",
      "Leave it out: what is done is not done again.",
    );
  if (strict === true)
    throw contradiction(
      `--strict is given with ${flag}`,
      "--strict",
      "Leave it out: rejected rows are listed beside the output.",
    );
  return out;
}
