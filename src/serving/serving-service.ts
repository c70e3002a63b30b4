// The service of `relata serve`: every model with its queue and workers, behind the one interface that doors and pages know.
import { setTimeout as sleep } from "node:timers/promises";
import { RelataError } from "../base/errors.ts";
import { packageFile } from "../base/own-files.ts";
import type { ProviderSetting } from "../extractors/shared/runtime-options.ts";
import type { Log } from "./log.ts";
import { ModelHost } from "./model-host.ts";
import type { NamedFolder } from "./model-names.ts";
import type { ExtractAnswer, ExtractJob, ModelStatistics, ServedModel, Service } from "./service.ts";
import type { ServeSettings } from "./settings.ts";
import { sizingFor, thisMachine } from "./sizing.ts";

/** What to serve, and how. */
export interface ServiceOptions {
  /** The first one is the default. */
  readonly models: readonly NamedFolder[];
  readonly settings: ServeSettings;
  readonly provider: ProviderSetting | undefined;
  readonly log: Log;
  /** The module of the worker processes; default: relata's own. */
  readonly workerEntry?: URL | undefined;
}

const WORKER_ENTRY = packageFile("dist/serving/workers/worker-main.js");

/** Models in worker processes. Call `start`, and `close` at the end. */
export class ServingService implements Service {
  readonly #hosts: ReadonlyMap<string, ModelHost>;
  readonly #default: ModelHost;
  readonly #settings: ServeSettings;
  #closing: Promise<void> | undefined;

  constructor({ models, settings, provider, log, workerEntry = WORKER_ENTRY }: ServiceOptions) {
    const { replicas, threads } = sizingFor(settings, thisMachine(models.map(({ folder }) => folder)));
    const { device, library, precision, verify, extension } = settings;
    const { maxBatchTokens, maxBatchSize, queueCapacity, maxQueueBytes } = settings;
    const hosts = models.map(
      ({ name, folder }) =>
        new ModelHost({
          name,
          folder,
          replicas,
          worker: { device, threads, library, precision, verify, extension, provider },
          entry: workerEntry,
          startTimeoutMs: settings.startTimeout * 1000,
          batchTimeoutMs: settings.workerTimeout * 1000,
          maxBatchTokens,
          maxBatchSize,
          queueCapacity,
          maxQueueBytes,
          log,
        }),
    );
    this.#settings = settings;
    this.#hosts = new Map(hosts.map((host) => [host.name, host]));
    this.#default = hosts[0]!; // `namedFolders` gives at least one
  }

  /** Resolves when every model is loaded. @throws the error of the first model that cannot be loaded; the others are ended */
  async start(): Promise<void> {
    try {
      await Promise.all(this.#all.map((host) => host.start()));
    } catch (error) {
      await Promise.all(this.#all.map((host) => host.end(true)));
      throw error;
    }
  }

  models(): readonly ServedModel[] {
    return this.#all.flatMap(({ served }) => (served ? [served] : []));
  }

  isReady(): boolean {
    return this.#closing === undefined && this.#all.every((host) => host.isReady);
  }

  async extract(job: ExtractJob): Promise<ExtractAnswer> {
    if (this.#closing !== undefined) throw closing("the server is shutting down");
    return this.#hostOf(job.model).accept(job);
  }

  statistics(): readonly ModelStatistics[] {
    return this.#all.flatMap((host) => host.statistics());
  }

  /** Loads every folder again; a model that cannot be loaded leaves the one that answers. */
  async reload(): Promise<void> {
    if (this.#closing !== undefined) return;
    for (const host of this.#all) await host.reload(); // one after the other: two versions of one model are in memory, not of all
  }

  /** Refuses new posts, finishes those that were accepted as far as the time allows, then ends the workers. A second call is harmless. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const overtime = new AbortController();
    const finished = Promise.all(this.#all.map((host) => host.idle())).then(() => "finished" as const);
    const late = sleep(this.#settings.shutdownTimeout * 1000, "late" as const, { signal: overtime.signal });
    late.catch(() => undefined); // it is aborted when all is finished
    const end = await Promise.race([finished, late]);
    overtime.abort();
    if (end === "late") {
      const reason = "the server had to end before the post was read (--shutdown-timeout)";
      for (const host of this.#all) host.giveUp(() => closing(reason));
    }
    await Promise.all(this.#all.map((host) => host.end(end === "late")));
  }

  /** Ends the workers at once. */
  async end(): Promise<void> {
    this.#closing ??= Promise.resolve();
    for (const host of this.#all) host.giveUp(() => closing("the server ends at once"));
    await Promise.all(this.#all.map((host) => host.end(true)));
  }

  get #all(): readonly ModelHost[] {
    return [...this.#hosts.values()];
  }

  #hostOf(name: string | undefined): ModelHost {
    const host = name === undefined ? this.#default : this.#hosts.get(name);
    if (host !== undefined) return host;
    throw new RelataError({
      code: "serving/no-such-model",
      message: `there is no model ${JSON.stringify(name)}`,
      place: "model",
      value: name,
      remedy: `Name one of ${[...this.#hosts.keys()].join(", ")}, or leave the name out.`,
    });
  }
}

function closing(message: string): RelataError {
  return new RelataError({
    code: "serving/closing",
    message,
    remedy: "Send the request again, to another server or later.",
    fault: "work",
  });
}
