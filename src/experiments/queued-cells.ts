// An experiment in a queue: its record in the experiment's folder says what it is, a message only where that folder is, and a worker on another
// machine plans the same stages from it and makes sure that they are the same.
import { resolve } from "node:path";
import { z } from "zod";
import { DataError, RelataError } from "../base/errors.ts";
import { type Json, toJson } from "../base/json.ts";
import { parseConfig } from "../config/parse.ts";
import type { Config } from "../config/schema.ts";
import { extensionsWith } from "../extensions/load-extensions.ts";
import { folderStore } from "../units/folder-store.ts";
import { type Job, jobOf, publishJob } from "../units/job.ts";
import type { UnitMessage } from "../units/queue/broker.ts";
import { readIdentity, readRequest } from "../units/queue/read-message.ts";
import type { OpenedJob } from "../units/queue/work-units.ts";
import { cellsOf, type ExperimentCell, endOf, isCellFinished } from "./cells.ts";
import { Execution, type ExecutionRequest, type Keep } from "./execution.ts";
import { fingerprintStages } from "./fingerprint.ts";
import { finishedStages } from "./finished-stages.ts";
import { workOf } from "./plan-work.ts";
import type { PreparedExperiment } from "./prepare-experiment.ts";
import { failureOf } from "./run-experiment.ts";
import { requireNoPrograms } from "./stage-programs.ts";
import type { StageRequest } from "./stages.ts";

/** The kind of work in messages. */
export const EXPERIMENT_KIND = "experiment";

const requestSchema = z.strictObject({ out: z.string().min(1) });
const identitySchema = z.strictObject({
  relata: z.string(),
  plan: z.looseObject({ variants: z.array(z.looseObject({ name: z.string() })) }),
  sets: z.array(z.looseObject({ name: z.string() })),
  base: z.looseObject({}),
  chosen: z.array(z.string()),
  /** All seeds of the experiment, and those to do. */
  seeds: z.array(z.int()),
  wanted: z.array(z.int()),
  threads: z.int().positive(),
  keep: z.enum(["results", "best", "all"]),
  /** Fingerprints of the stages of the cells. */
  stages: z.record(z.string(), z.string()),
});
type Identity = z.output<typeof identitySchema>;

const jobsOf = (out: string) => folderStore(resolve(out, "jobs"));

/** Writes what the job is into the experiment's folder, which workers see too. */
export async function recordExperiment(
  out: string,
  prepared: PreparedExperiment,
  keep: Keep = "best",
): Promise<Job> {
  const { plan, sets, base, chosen, seeds, threads, file, work, fingerprints } = prepared;
  const identity = toJson({
    ...{ relata: file.relata, plan, sets, base, threads, keep },
    chosen: [...chosen],
    seeds: file.seeds,
    wanted: seeds,
    stages: Object.fromEntries(work.map(({ id }) => [id, fingerprints.get(id)?.fingerprint ?? ""])),
  });
  const job = jobOf({ kind: EXPERIMENT_KIND, identity });
  await publishJob(jobsOf(out), job);
  return job;
}

/** What messages say beside the cell's number: the folder as the submitter gave it. */
export function queuedExperiment(out: string): Json {
  return { out };
}

/** What a worker brings along. */
export interface ExperimentWorker extends Pick<ExecutionRequest, "program"> {
  /** Whether the experiment's settings may name code of this machine: modules, libraries, interpreters, programs. */
  readonly programs: boolean;
}

/**
 * Opens an experiment for a worker.
 *
 * @throws RelataError `units/unknown-job`, `units/program-refused`; DataError `units/other-job`; ConfigError `experiment/changed` and the codes
 * of planning
 */
export async function openQueuedExperiment(
  message: UnitMessage,
  { program, programs }: ExperimentWorker,
): Promise<OpenedJob> {
  const out = resolve(readRequest(message, requestSchema, "cell").out);
  const identity = await readIdentity(message, identitySchema, {
    ...{ jobs: jobsOf(out), place: out, what: "folder", word: "cell" },
    remedy:
      "Start workers in the submitter's folder, or in one that shows the same files under the same paths.",
  });
  const base = parseConfig(identity.base, `the job in ${out}`);
  if (!programs) requireNoPrograms(base, identity.plan as unknown as StageRequest["plan"], message.job);
  const extensions = await extensionsWith(undefined, base.extensions);
  const planned = {
    base,
    plan: identity.plan as unknown as StageRequest["plan"], // written by `recordExperiment`; the fingerprints tell
    sets: identity.sets as unknown as StageRequest["sets"],
    chosen: new Set(identity.chosen),
    extensions,
  };
  const { seeds, threads, wanted } = identity;
  const { stages, work } = workOf(planned, { seeds, out, threads }, wanted);
  const fingerprints = await fingerprintStages(stages, out, identity.relata);
  requireSame(
    identity,
    new Map(work.map(({ id }) => [id, fingerprints.get(id)?.fingerprint])),
    { out, base },
    message,
  );
  const cells = cellsOf(work);
  return {
    run: async (unit, { stopping }) => {
      const cell = cells[unit];
      if (cell === undefined) throw new RangeError(`there is no cell ${unit}`);
      if (await isCellFinished(cell, fingerprints)) return { outcome: "before", cost: 0 };
      const done = await finishedStages(cell.stages, fingerprints, "refuse");
      const request = { base, program, extensions, keep: identity.keep, signal: stopping, fromStopped: true };
      const execution = new Execution(request, cell.stages, fingerprints, done);
      const end = endOf(cell, await execution.run(1));
      if (end === "done") return { outcome: "published", cost: 0 };
      if (end === "stopped") return { outcome: "stopped", cost: 0 };
      throw cellFailed(cell, failureOf(cell, execution.failures));
    },
    dispose: () => Promise.resolve(),
  };
}

/** @throws DataError `units/other-job` when this worker would do other stages than those in the job, or do them from other files */
function requireSame(
  { stages }: Identity,
  own: ReadonlyMap<string, string | undefined>,
  { out, base }: { readonly out: string; readonly base: Config },
  { job }: UnitMessage,
): void {
  const other = Object.keys(stages).find((id) => own.get(id) !== stages[id]);
  const more = [...own.keys()].find((id) => stages[id] === undefined);
  if (other === undefined && more === undefined) return;
  throw new DataError({
    code: "units/other-job",
    message: `this worker would not do ${other ?? more} of ${out} as it is in the queue: its files or its version of relata are others, for instance under ${base.data.train}`,
    place: job,
    value: other ?? more,
    remedy:
      "Give every machine the same data, pictures and encoders under the paths that the submitter used, and the same version of relata.",
  });
}

function cellFailed({ id }: ExperimentCell, message: string): RelataError {
  return new RelataError({
    code: "experiment/cell-failed",
    message,
    place: id,
    remedy:
      "Fix what the error of the stage says; its log is in the stage's folder. The same command tries it again.",
    fault: "work",
  });
}
