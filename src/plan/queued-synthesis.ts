// A synthesis in a queue: the plan travels in the store, and a worker on another machine opens it with its own generators.
import { z } from "zod";
import type { ExtensionsInput } from "../extensions/load-extensions.ts";
import type { ChainPlan } from "../synthesis/chain-plan.ts";
import { COMPLETE_STORE, openParts, programRefused, recordedParts } from "../synthesis/queued-parts.ts";
import { type QueuedOutcome, type QueuedRun, runQueuedParts } from "../synthesis/run-queued-parts.ts";
import type { Manifest } from "../synthesis/store/manifest.ts";
import type { UnitMessage } from "../units/queue/broker.ts";
import type { OpenedJob } from "../units/queue/work-units.ts";
import type { GeneratorAdapters, GeneratorEnvironment } from "./adapters.ts";
import { extendedPlan } from "./load-plan.ts";
import type { SynthesisPlan } from "./plan-schema.ts";
import { openPlan } from "./run-plan.ts";

/** The kind of work in messages. */
const SYNTHESIS_KIND = "synthesize";

/** A plan as it can be read on another machine. */
export interface WrittenPlan {
  /** As its file has it: paths are relative to `folder`. It holds the names of variables with keys, and no key. */
  readonly value: unknown;
  /** As the submitter gave it: workers take it relative to their working folder. */
  readonly folder: string;
}

const identitySchema = z.strictObject({
  /** The store's folder as the submitter gave it. */
  store: z.string(),
  folder: z.string(),
  plan: z.looseObject({}),
  manifest: z.unknown(),
});

/** Has the missing views made by workers. @throws as `runQueuedParts` */
export function runQueued(
  store: string,
  prepared: { readonly plan: ChainPlan; readonly manifest: Manifest },
  { value, folder }: WrittenPlan,
  options: QueuedRun,
): Promise<QueuedOutcome> {
  return runQueuedParts(
    store,
    prepared,
    { kind: SYNTHESIS_KIND, identity: { folder, plan: value } },
    options,
  );
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
  const recorded = await recordedParts(message, identitySchema);
  if (recorded === undefined) return COMPLETE_STORE;
  const { store, place } = recorded;
  const { plan: value, folder } = recorded.identity;
  const { extensions: _, ...own } = value;
  const { adapters, extensions, programs } = worker;
  const plan = await extendedPlan(own, place, folder, adapters, extensions);
  if (!programs) requireNoProgram(plan, place);
  const { variables, onPreparation } = worker;
  return openParts(
    store,
    await openPlan(plan, { adapters, extensions, folder: store, variables, onPreparation }),
  );
}

/** @throws RelataError `units/program-refused` */
function requireNoProgram(plan: SynthesisPlan, place: string): void {
  const role = (["textToImage", "imageToText", "textToText"] as const).find(
    (one) => plan[one]?.adapter === "command",
  );
  if (role !== undefined) throw programRefused(role, place);
}
