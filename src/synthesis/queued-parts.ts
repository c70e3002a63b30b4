// Parts of a store in a queue, for every kind of work that fills one: a record in the store says what the work is, a message only where the store
// is, and a worker on another machine opens it from both.
import { existsSync } from "node:fs";
import { z } from "zod";
import { RelataError } from "../base/errors.ts";
import { type Json, toJson } from "../base/json.ts";
import { folderStore } from "../units/folder-store.ts";
import { type Job, jobOf, publishJob } from "../units/job.ts";
import type { UnitAnswer, UnitMessage } from "../units/queue/broker.ts";
import { readIdentity, readRequest } from "../units/queue/read-message.ts";
import type { OpenedJob } from "../units/queue/work-units.ts";
import type { ChainPlan } from "./chain-plan.ts";
import { PartRunner } from "./run-part.ts";
import { storeLayout } from "./store/layout.ts";
import { type Manifest, readManifest } from "./store/manifest.ts";

/** What the work is: all that a worker needs besides the store, as plain data without any key. */
export interface PartsJob {
  /** The kind of work in messages, such as "synthesize". */
  readonly kind: string;
  readonly identity: { readonly [field: string]: unknown };
}

const requestSchema = z.strictObject({ store: z.string().min(1) });

/** Writes what the job is into its store, which exists. */
export async function recordParts(
  store: string,
  { kind, identity }: PartsJob,
  manifest: Manifest,
): Promise<Job> {
  const job = jobOf({ kind, identity: toJson({ store, ...identity, manifest }) });
  await publishJob(folderStore(storeLayout(store).jobs), job);
  return job;
}

/** What messages say beside the part's number. */
export function queuedParts(store: string): Json {
  return { store };
}

/** A job that a message names. */
export interface RecordedParts<Identity> {
  readonly store: string;
  readonly identity: Identity;
  /** The record, for messages. */
  readonly place: string;
}

/**
 * Reads what the job of a message is; undefined if its store is complete.
 *
 * @throws RelataError `units/unknown-job`; DataError `units/other-job`; SynthesisError `synthesis/no-such-store`
 */
export async function recordedParts<Schema extends z.ZodType>(
  message: UnitMessage,
  schema: Schema,
): Promise<RecordedParts<z.output<Schema>> | undefined> {
  const { store } = readRequest(message, requestSchema, "part");
  await readManifest(store); // the store exists
  if (existsSync(storeLayout(store).ledger)) return undefined;
  const jobs = folderStore(storeLayout(store).jobs);
  const identity = await readIdentity(message, schema, {
    ...{ jobs, place: store, what: "store", word: "part" },
    remedy: "Give every worker the store's folder and the data under the paths that the submitter used.",
  });
  return { store, identity, place: `${jobs.place}/${message.job}` };
}

/** A message that comes late, or twice: its store is complete. */
export const COMPLETE_STORE: OpenedJob = {
  run: () => Promise.resolve({ outcome: "before", cost: 0 }),
  dispose: () => Promise.resolve(),
};

/** Does parts of a store with open generators. */
export function openParts(
  store: string,
  opened: { readonly plan: ChainPlan; readonly manifest: Manifest; dispose(): Promise<void> },
): OpenedJob {
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

/** @throws RelataError `units/program-refused` */
export function programRefused(what: string, place: string): RelataError {
  return new RelataError({
    code: "units/program-refused",
    message: `${what} is a program, and this worker starts none that a queue names`,
    place,
    remedy:
      "Start the worker with --programs, if nobody else can write to the queue and to the folders that it sees.",
  });
}
