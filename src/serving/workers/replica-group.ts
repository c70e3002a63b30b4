// The replicas of one version of a model. A reload makes another group; the old one finishes what it has.
import { Deferred } from "../../base/deferred.ts";
import type { ModelDescription } from "../../client/api-types.ts";
import { Replica, type ReplicaEvents } from "./replica.ts";
import { type WorkerStart, workerFailed } from "./worker-process.ts";

/** What a group reports to the model that it belongs to. */
export interface GroupEvents extends Omit<ReplicaEvents, "onReady"> {
  onReady(replica: Replica, group: ReplicaGroup): void;
  /** A worker was started again and found another model in the folder. */
  onOtherVersion(replica: Replica, version: string): void;
}

/** A model that a group has loaded. */
export interface LoadedVersion {
  readonly version: string;
  readonly description: ModelDescription;
  readonly loadedAt: Date;
}

/** Worker processes with the same model. */
export class ReplicaGroup {
  readonly folder: string;
  readonly replicas: readonly Replica[];
  readonly #loaded = new Deferred<void>();
  #version: LoadedVersion | undefined;

  constructor(count: number, start: WorkerStart, events: GroupEvents) {
    this.folder = start.folder;
    this.#loaded.promise.catch(() => undefined); // whoever waits for it is told
    const ofReplicas: ReplicaEvents = {
      ...events,
      onReady: (replica, { version, description }) => {
        this.#version ??= { version, description, loadedAt: new Date() };
        if (this.#version.version !== version) {
          replica.replace("its folder has another model than the others have loaded");
          return events.onOtherVersion(replica, version);
        }
        if (this.replicas.every(({ isReady }) => isReady)) this.#loaded.resolve(undefined);
        events.onReady(replica, this);
      },
      onLost: (replica, loss) => {
        if (this.#version === undefined)
          this.#loaded.reject(loss.error ?? workerFailed(this.folder, loss.reason));
        events.onLost(replica, loss);
      },
    };
    this.replicas = Array.from({ length: count }, () => new Replica(start, ofReplicas));
  }

  /** Undefined until its first worker is ready. */
  get version(): LoadedVersion | undefined {
    return this.#version;
  }

  get ready(): number {
    return this.replicas.filter(({ isReady }) => isReady).length;
  }

  /** Posts that its workers have. */
  get inFlight(): number {
    return this.replicas.reduce((sum, { posts }) => sum + posts, 0);
  }

  /** Resolves when all workers are ready. @throws the error of a model that cannot be loaded, `serving/worker-failed` */
  get loaded(): Promise<void> {
    return this.#loaded.promise;
  }

  /** Lets every worker finish what it has and end. */
  async retire(): Promise<void> {
    for (const replica of this.replicas) replica.end();
    this.#loaded.reject(workerFailed(this.folder, "it is no longer needed"));
    await Promise.all(this.replicas.map(({ ended }) => ended));
  }

  /** Ends every worker at once. */
  async kill(reason: string): Promise<void> {
    for (const replica of this.replicas) replica.kill(reason);
    this.#loaded.reject(workerFailed(this.folder, reason));
    await Promise.all(this.replicas.map(({ ended }) => ended));
  }
}
