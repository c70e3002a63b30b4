// Opens a queue of BullMQ on Redis or PostgreSQL. The libraries are optional: they are loaded when a queue is named.
import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Job, Queue, QueueEvents, Worker, WorkerOptions } from "bullmq";
import { ConfigError, RelataError } from "../../base/errors.ts";

/** A queue's address and name. */
export interface QueueAddress {
  /** `redis://`, `rediss://`, `postgres://` or `postgresql://`. */
  readonly url: string;
  /** Workers and submitters of one queue use the same name. */
  readonly name: string;
}

/** What a message asks of a worker. */
export interface UnitMessage {
  readonly version: 1;
  /** The kind of work, such as "extract". */
  readonly kind: string;
  readonly job: string;
  readonly unit: number;
  /** What the kind of work needs to open the job on another machine. */
  readonly request: unknown;
  /** What the unit may cost altogether, what it has cost before included; absent: no limit. */
  readonly allowance?: number | undefined;
}

/** What a worker answers. */
export interface UnitAnswer {
  /**
   * "before": it was published already. "stopped": it is not published, because its allowance is used up or its worker was told to end;
   * what was done is kept, and the unit can be handed out again.
   */
  readonly outcome: "published" | "before" | "stopped";
  /** Money that the unit cost now. */
  readonly cost: number;
  /** Money that it has cost altogether, failed attempts included, if the worker knows. */
  readonly total?: number | undefined;
}

export type UnitQueue = Queue<UnitMessage, UnitAnswer, string>;
export type UnitWorker = Worker<UnitMessage, UnitAnswer, string>;

/** Opens connections to one queue. Disposed of after they are closed, it lets the process end: BullMQ may open another one to PostgreSQL while it closes, and forget it. */
export interface Broker extends Disposable {
  /** The address without its password, for messages. */
  readonly place: string;
  queue(): UnitQueue;
  events(): QueueEvents;
  worker(
    process: (message: UnitMessage) => Promise<UnitAnswer>,
    options: Omit<WorkerOptions, "connection">,
  ): UnitWorker;
}

/** BullMQ's own types tie each class to one kind of server; here the server is chosen at run time. */
interface Constructors {
  readonly Queue: new (name: string, options: object, ...backend: unknown[]) => UnitQueue;
  readonly QueueEvents: new (name: string, options: object, ...backend: unknown[]) => QueueEvents;
  readonly Worker: new (
    name: string,
    process: (job: Job<UnitMessage>) => Promise<UnitAnswer>,
    options: object,
    ...backend: unknown[]
  ) => UnitWorker;
}

const LIBRARIES = { redis: ["bullmq", "ioredis"], postgres: ["bullmq", "pg"] } as const;
const CONNECT_MS = 15_000;
const SCHEMA = "relata_queue"; // of PostgreSQL; other queues of BullMQ in the same database stay apart

/**
 * Loads the libraries and checks that the server answers.
 *
 * @throws ConfigError `units/unknown-queue`, `units/no-queue-library`; RelataError `units/queue-unreachable`
 */
export async function openBroker({ url, name }: QueueAddress): Promise<Broker> {
  const kind = kindOf(url);
  const place = withoutPassword(url);
  for (const library of LIBRARIES[kind]) await requireLibrary(library, kind);
  const bullmq = await import("bullmq");
  const sockets = new PassingSockets();
  const connection =
    kind === "redis"
      ? {
          url,
          maxRetriesPerRequest: null,
          retryStrategy: (times: number) => Math.min(100 * 2 ** times, 5_000),
        }
      : { connectionString: url, schema: SCHEMA, migrate: true, stream: () => sockets.open() };
  const backend = kind === "redis" ? [] : [bullmq.createPostgresBackend];
  const { Queue, QueueEvents, Worker } = bullmq as unknown as Constructors;
  const broker: Broker = {
    place,
    queue: () => new Queue(name, { connection }, ...backend),
    events: () => new QueueEvents(name, { connection }, ...backend),
    worker: (process, options) =>
      new Worker(name, (job) => process(job.data), { ...options, connection }, ...backend),
    [Symbol.dispose]: () => sockets.release(),
  };
  try {
    await requireAnswer(broker);
  } catch (error) {
    broker[Symbol.dispose]();
    throw error;
  }
  return broker;
}

/** Sockets of a client's library, which keep the process alive until they are released. */
class PassingSockets {
  readonly #open = new Set<Socket>();
  #released = false;

  open(): Socket {
    const socket = new Socket();
    if (this.#released) return socket.unref();
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    return socket;
  }

  /** The sockets stay open as long as something else keeps the process alive. */
  release(): void {
    this.#released = true;
    for (const socket of this.#open) socket.unref();
  }
}

/** @throws ConfigError `units/unknown-queue` */
function kindOf(url: string): keyof typeof LIBRARIES {
  const scheme = /^([a-z]+):\/\//.exec(url)?.[1];
  if (scheme === "redis" || scheme === "rediss") return "redis";
  if (scheme === "postgres" || scheme === "postgresql") return "postgres";
  throw new ConfigError({
    code: "units/unknown-queue",
    message: `${withoutPassword(url)} is not the address of a queue`,
    place: "--queue",
    remedy: "Use redis://host:6379 (rediss:// with TLS) or postgres://user:password@host/database.",
  });
}

function withoutPassword(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^:/@]*):[^@]*@/, "$1@");
}

async function requireLibrary(library: string, kind: string): Promise<void> {
  try {
    import.meta.resolve(library);
  } catch (cause) {
    throw new ConfigError({
      code: "units/no-queue-library",
      message: `a queue on ${kind === "redis" ? "Redis" : "PostgreSQL"} needs the package ${library}, which is not installed`,
      place: "--queue",
      value: library,
      remedy: `Install it beside relata: npm install ${LIBRARIES[kind as keyof typeof LIBRARIES].join(" ")}`,
      cause,
    });
  }
}

/** Asks the server once; later outages are waited for. */
async function requireAnswer(broker: Broker): Promise<void> {
  const queue = broker.queue();
  let last: unknown;
  queue.on("error", (error) => {
    last = error;
  });
  const stop = new AbortController();
  try {
    const counts = queue.getJobCounts("waiting");
    counts.catch(() => undefined); // may fail after the time is over
    await Promise.race([
      counts,
      sleep(CONNECT_MS, undefined, { signal: stop.signal }).then(() => {
        throw last ?? new Error(`no answer within ${CONNECT_MS / 1000} s`);
      }),
    ]);
  } catch (cause) {
    throw new RelataError({
      code: "units/queue-unreachable",
      message: `${broker.place} does not answer: ${messageOf(cause)}`,
      place: broker.place,
      remedy: "Check the address, the password and that the server runs.",
      cause,
      fault: "work",
    });
  } finally {
    stop.abort();
    void queue.close().catch(() => undefined); // waits for a server that may be away
  }
}

/** What an error of a driver says. Those of several addresses carry their causes in a list. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
