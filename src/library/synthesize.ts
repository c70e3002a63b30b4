// `synthesize`: runs a plan of generated views into a store.

import { dirname, resolve } from "node:path";
import { ConfigError } from "../base/errors.ts";
import type { PreparationProgress } from "../base/progress.ts";
import { FIELD, type RequestShape, requireRequest } from "../base/require-request.ts";
import type { ExtensionSource } from "../extensions/load-extensions.ts";
import type { SynthesisPlanInput } from "../plan/plan-schema.ts";
import type { WrittenPlan } from "../plan/queued-synthesis.ts";
import type { PreparedPlan } from "../plan/run-plan.ts";
import type { InstanceAccount } from "../plan/source-instances.ts";
import type { Estimate } from "../synthesis/estimate.ts";
import type { SynthesisOutcome } from "../synthesis/run-chains.ts";
import type { QueuedOutcome } from "../synthesis/run-queued-parts.ts";
import type { FailureKind, RunCounts } from "../synthesis/run-state.ts";
import type { Manifest } from "../synthesis/store/manifest.ts";
import type { StoreSurvey } from "../synthesis/store/survey.ts";
import type { QueueAddress } from "../units/queue/broker.ts";
import type { UnitFailure } from "../units/unit-failure.ts";

/** Which plan to run into which store, what it may cost, and the progress callbacks. */
export interface SynthesizeRequest {
  /**
   * The plan as plain fields (docs/synthetic-data.md lists them) with paths relative to the working folder,
   * or the path of its file.
   */
  readonly plan: SynthesisPlanInput | string;
  /** Folder of the generated views, created if needed. Views that it already holds are not generated again. */
  readonly store: string;
  /**
   * Limit on the total cost of the store, including earlier runs, in the unit of the plan's `costPerCall`;
   * default: no limit.
   */
  readonly budget?: number | undefined;
  /** Process only this many instances in this call. */
  readonly limit?: number | undefined;
  /** Process only the parts of the store that belong to this share, counted from 0; other processes do the others. Default: all. */
  readonly share?: { readonly index: number; readonly count: number } | undefined;
  /**
   * Let `relata work` processes generate: parts of the store are handed out through a queue, and no generator is called in this process.
   * The budget counts for all of them together. Not with `share` or `limit`.
   */
  readonly queue?: SynthesisQueue | undefined;
  /** Whether to estimate only: no generator is called, and the store is not changed. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Extensions to use: what `defineReader` and the other functions of `relata/extend` return (docs/extending.md), or modules, as paths relative to the working folder or package names. */
  readonly extensions?: readonly ExtensionSource[] | undefined;
  /** Where to read API keys of services from; default `process.env`. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * Starts no further calls; `stop` of the summary is then "interrupted", and the same call resumes the
   * work.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called once, before the first call of a generator: what will be generated and its maximum cost. An
   * error thrown here stops the run.
   */
  readonly onEstimate?: ((prepared: PreparedSynthesis) => void | Promise<void>) | undefined;
  /** Called while opening generators, for example when indexing captions or loading a network. */
  readonly onPreparation?: ((progress: PreparationProgress) => void) | undefined;
  /** Called after every call of a generator. */
  readonly onProgress?: ((counts: RunCounts) => void) | undefined;
  /** Called for the first failed call of each kind; not with `queue`. */
  readonly onFailure?: ((failure: FailureKind) => void) | undefined;
  /** With `queue`: called for every part that is given up. */
  readonly onPartFailure?: ((failure: UnitFailure) => void) | undefined;
  /** With `queue`: called when the server stops answering, and when parts are put into the queue again. */
  readonly onNote?: ((text: string) => void) | undefined;
}

/** A queue, and how it is used. */
export interface SynthesisQueue extends QueueAddress {
  /** Parts in the queue at once; default 64. */
  readonly depth?: number | undefined;
  /** How often a part may fail before it is given up; default 3. */
  readonly attempts?: number | undefined;
}

/** What a plan needs from its store, before anything is generated. */
export interface PreparedSynthesis {
  readonly estimate: Estimate;
  /** How many of the plan's documents were used or skipped, and why; undefined if they were not read. */
  readonly account: InstanceAccount | undefined;
  /** Describes what the store is for. */
  readonly manifest: Manifest;
}

/** The result of `synthesize`. */
export interface SynthesizeSummary extends PreparedSynthesis {
  readonly store: string;
  /** What this call generated; undefined for a dry run. With `queue`: what workers generated meanwhile. */
  readonly outcome: SynthesisOutcome | QueuedOutcome | undefined;
  /** The current contents of the store. */
  readonly survey: StoreSurvey;
}

const REQUEST: RequestShape<SynthesizeRequest> = {
  plan: FIELD.source,
  store: FIELD.text,
  budget: FIELD.amount.optional(),
  limit: FIELD.count.optional(),
  share: FIELD.fields.optional(),
  queue: FIELD.fields.optional(),
  dryRun: FIELD.flag.optional(),
  extensions: FIELD.list.optional(),
  variables: FIELD.fields.optional(),
  signal: FIELD.signal.optional(),
  onEstimate: FIELD.callback.optional(),
  onPreparation: FIELD.callback.optional(),
  onProgress: FIELD.callback.optional(),
  onFailure: FIELD.callback.optional(),
  onPartFailure: FIELD.callback.optional(),
  onNote: FIELD.callback.optional(),
};

/**
 * Generates the chains of pictures and texts that a plan asks for and its store does not hold yet. Several
 * processes may work on one store at once. Calls to services can cost money: set a `budget`, or check the
 * estimate first (`dryRun`, `onEstimate`).
 *
 * @throws ConfigError for the plan (`config/invalid`, `config/not-found`, `config/contradiction`) and the queue (`units/unknown-queue`,
 * `units/no-queue-library`); RelataError `units/queue-unreachable`;
 * SynthesisError `synthesis/other-plan` when the store belongs to another plan, `synthesis/no-instances`,
 * `synthesis/damaged-store`; the errors of opening readers and generators
 * @example
 * import { synthesize } from "relata";
 *
 * const { outcome, survey } = await synthesize({
 *   plan: {
 *     data: { path: "train.jsonl" },
 *     direction: "text",
 *     rounds: 1,
 *     textToImage: { adapter: "sd-webui", url: "http://127.0.0.1:7860" },
 *   },
 *   store: "views",
 *   onProgress: ({ done, planned }) => console.error(`${done} of ${planned}`),
 * });
 * if (!outcome?.complete) console.error(`${survey.failedAttempts} calls failed; call again to continue`);
 */
export async function synthesize(request: SynthesizeRequest): Promise<SynthesizeSummary> {
  requireRequest(REQUEST, request, "the request to synthesize");
  const { store, limit, budget, share, dryRun = false, variables = process.env } = request;
  const { signal, onEstimate, onPreparation, onProgress, onFailure } = request;
  requireWhole(request);
  const { GENERATOR_ADAPTERS } = await import("../experiments/generator-adapters.ts");
  const { extendedPlan } = await import("../plan/load-plan.ts");
  const { preparePlan } = await import("../plan/run-plan.ts");
  const written = await writtenPlan(request.plan);
  const { value, folder } = written;
  const { extensions } = request;
  const place = typeof request.plan === "string" ? resolve(request.plan) : "plan";
  const plan = await extendedPlan(value, place, resolve(folder), GENERATOR_ADAPTERS, extensions);
  const prepared: PreparedPlan = await preparePlan(plan, {
    adapters: GENERATOR_ADAPTERS,
    extensions,
    folder: store,
    limit,
    signal,
    variables,
    onPreparation,
  });
  try {
    const { estimate, account, manifest, before } = prepared;
    await onEstimate?.({ estimate, account, manifest });
    if (dryRun) return { store, estimate, account, manifest, outcome: undefined, survey: before };
    const outcome =
      request.queue === undefined
        ? await prepared.run({ budget, share, signal, onProgress, onFailure })
        : await throughQueue(request.queue, request, prepared, written);
    const { surveyStore } = await import("../synthesis/store/survey.ts");
    const survey = await surveyStore(store, manifest);
    return { store, estimate, account, manifest, outcome, survey };
  } finally {
    await prepared.dispose();
  }
}

async function throughQueue(
  { url, name, depth, attempts }: SynthesisQueue,
  { store, budget, signal, onProgress, onPartFailure, onNote }: SynthesizeRequest,
  prepared: PreparedPlan,
  written: WrittenPlan,
): Promise<QueuedOutcome> {
  const { openBroker } = await import("../units/queue/broker.ts");
  const { runQueued } = await import("../plan/queued-synthesis.ts");
  using broker = await openBroker({ url, name });
  const options = { broker, depth, attempts, budget, signal, onProgress, onPartFailure, onNote };
  return await runQueued(store, prepared, written, options); // the broker outlives it
}

/** @throws ConfigError `config/contradiction` */
function requireWhole({ queue, share, limit }: SynthesizeRequest): void {
  const other = share !== undefined ? "share (--shard)" : limit !== undefined ? "limit" : undefined;
  if (queue === undefined || other === undefined) return;
  throw new ConfigError({
    code: "config/contradiction",
    message: `a queue is given with ${other}, but it hands out all parts of the store, and whole ones`,
    place: "queue",
    remedy: "Leave one of them out. To try a plan with a few instances, run it without a queue first.",
  });
}

async function writtenPlan(plan: SynthesizeRequest["plan"]): Promise<WrittenPlan> {
  if (typeof plan !== "string") return { value: plan, folder: "." };
  const { readConfigFile } = await import("../config/load.ts");
  return { value: await readConfigFile(resolve(plan)), folder: dirname(plan) };
}
