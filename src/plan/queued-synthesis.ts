// A synthesis in a queue: its record in the store says what it is, a message only where the store is, and a worker on another machine opens it from
// both with its own generators.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { DataError, RelataError } from "../base/errors.ts";
import { type Json, toJson } from "../base/json.ts";
import { checkShape } from "../base/schema-issues.ts";
import type { ExtensionsInput } from "../extensions/load-extensions.ts";
import { PartRunner } from "../synthesis/run-part.ts";
import { storeLayout } from "../synthesis/store/layout.ts";
import { type Manifest, readManifest } from "../synthesis/store/manifest.ts";
import { folderStore } from "../units/folder-store.ts";
import { type Job, jobOf, publishJob, readJob } from "../units/job.ts";
import type { UnitAnswer, UnitMessage } from "../units/queue/broker.ts";
import type { OpenedJob } from "../units/queue/work-units.ts";
import type { GeneratorAdapters, GeneratorEnvironment } from "./adapters.ts";
import { extendedPlan } from "./load-plan.ts";
import type { SynthesisPlan } from "./plan-schema.ts";
import { openPlan } from "./run-plan.ts";

/** The kind of work in messages. */
export const SYNTHESIS_KIND = "synthesize";

/** A plan as it can be read on another machine. */
export interface WrittenPlan {
  /** As its file has it: paths are relative to `folder`. */
  readonly value: unknown;
  /** As the submitter gave it: workers take it relative to their working folder. */
  readonly folder: string;
}

const requestSchema = z.strictObject({ store: z.string().min(1) });
const identitySchema = z.strictObject({
  /** The store's folder as the submitter gave it. */
  store: z.string(),
  folder: z.string(),
  plan: z.looseObject({}),
  manifest: z.unknown(),
});

/** Writes what the job is into its store, which exists. It holds the names of variables with keys, and no key. */
export async function recordSynthesis(
  store: string,
  { value, folder }: WrittenPlan,
  manifest: Manifest,
): Promise<Job> {
  const identity = toJson({ store, folder, plan: value, manifest });
  const job = jobOf({ kind: SYNTHESIS_KIND, identity });
  await publishJob(folderStore(storeLayout(store).jobs), job);
  return job;
}

/** What messages say beside the part's number. */
export function queuedSynthesis(store: string): Json {
  return { store };
}

/** What a worker brings along. */
export interface SynthesisWorker extends Pick<GeneratorEnvironment, "variables" | "onPreparation"> {
  readonly adapters: GeneratorAdapters;
  /** The worker's own: a store names no code to run. */
  readonly extensions?: ExtensionsInput | undefined;
  /** Whether plans may start programs of this machine. */
  readonly programs: boolean;
}

/**
 * Opens a synthesis for a worker.
 *
 * @throws RelataError `units/unknown-job`; DataError `units/other-job`; SynthesisError `synthesis/no-such-store`, `synthesis/other-plan`,
 * `units/program-refused`; the errors of data and generators
 */
export async function openQueuedSynthesis(message: UnitMessage, worker: SynthesisWorker): Promise<OpenedJob> {
  const checked = checkShape(requestSchema, message.request, { whole: "the request" });
  if (!checked.success) throw unreadable(message, checked.faults[0]);
  const { store } = checked.data;
  await readManifest(store); // the store exists
  if (existsSync(storeLayout(store).ledger)) return COMPLETE;
  const { plan: value, folder } = await recordOf(message, store);
  const { extensions: _, ...own } = value;
  const place = join(storeLayout(store).jobs, message.job);
  const { adapters, extensions, programs } = worker;
  const plan = await extendedPlan(own, place, folder, adapters, extensions);
  if (!programs) requireNoProgram(plan, place);
  const { variables, onPreparation } = worker;
  const opened = await openPlan(plan, { adapters, extensions, folder: store, variables, onPreparation });
  const runner = new PartRunner(store, opened.plan, opened.manifest);
  return {
    run: async (part, { stopping: signal, allowance }): Promise<UnitAnswer> => {
      const { state, cost, total } = await runner.run(part, { signal, allowance });
      return {
        outcome: state === "finished" ? "published" : state,
        cost,
        ...(total !== undefined && { total }),
      };
    },
    dispose: async () => {
      await runner.dispose();
      await opened.dispose();
    },
  };
}

/** A message that comes late, or twice. */
const COMPLETE: OpenedJob = {
  run: () => Promise.resolve({ outcome: "before", cost: 0 }),
  dispose: () => Promise.resolve(),
};

async function recordOf(message: UnitMessage, store: string): Promise<z.output<typeof identitySchema>> {
  const jobs = folderStore(storeLayout(store).jobs);
  const job = await readJob(jobs, message.job);
  if (job === undefined || jobOf(job).id !== message.job)
    throw new DataError({
      code: "units/other-job",
      message: `${store} does not have the job in the queue, so it is not the store of the submitter`,
      place: jobs.place,
      remedy:
        "Give every worker the store's folder and the plan's data under the paths that the submitter used.",
    });
  const checked = checkShape(identitySchema, job.identity, { whole: "the job" });
  if (!checked.success) throw unreadable(message, checked.faults[0]);
  return checked.data;
}

/** @throws RelataError `units/program-refused` */
function requireNoProgram(plan: SynthesisPlan, place: string): void {
  const role = (["textToImage", "imageToText", "textToText"] as const).find(
    (one) => plan[one]?.adapter === "command",
  );
  if (role === undefined) return;
  throw new RelataError({
    code: "units/program-refused",
    message: `${role} is a program, and this worker starts none that a queue names`,
    place,
    remedy:
      "Start the worker with --programs, if nobody else can write to the queue and to the folders that it sees.",
  });
}

function unreadable({ unit, job }: UnitMessage, fault: string | undefined): RelataError {
  return new RelataError({
    code: "units/unknown-job",
    message: `the message of part ${unit} cannot be read: ${fault}`,
    place: job,
    remedy: "Use the same version of relata for submitters and workers.",
    fault: "work",
  });
}
