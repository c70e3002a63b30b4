// Counts and times for Prometheus: the only file that knows prom-client.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { ModelStatistics, Histogram as ServiceHistogram } from "./service.ts";

/** How a request ended. */
export interface RequestSample {
  readonly method: string;
  /** The route's pattern, never a path that a caller made up. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

// From what a text takes with a small model to what a deadline allows.
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What each number of a model's statistics is called. */
const MODEL_METRICS: readonly {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly read: (statistics: ModelStatistics) => number;
}[] = [
  {
    name: "replicas_ready",
    help: "Worker processes that answer",
    type: "gauge",
    read: ({ replicas }) => replicas.ready,
  },
  {
    name: "replicas_wanted",
    help: "Worker processes that should answer",
    type: "gauge",
    read: ({ replicas }) => replicas.wanted,
  },
  { name: "posts_waiting", help: "Posts that wait", type: "gauge", read: ({ waiting }) => waiting.posts },
  {
    name: "bytes_waiting",
    help: "Bytes of texts and pictures that wait",
    type: "gauge",
    read: ({ waiting }) => waiting.bytes,
  },
  {
    name: "posts_in_flight",
    help: "Posts that workers read",
    type: "gauge",
    read: ({ inFlight }) => inFlight,
  },
  {
    name: "workers_lost_total",
    help: "Workers that ended without being asked to",
    type: "counter",
    read: ({ lostWorkers }) => lostWorkers,
  },
];

const OUTCOMES = ["answered", "failed", "cancelled", "expired", "refused", "retried"] as const;

/** The metrics of one server. */
export class ServingMetrics {
  readonly #registry = new Registry();
  readonly #requests = new Counter({
    name: "relata_requests_total",
    help: "Requests answered",
    labelNames: ["method", "route", "status"],
    registers: [this.#registry],
  });
  readonly #requestSeconds = new Histogram({
    name: "relata_request_seconds",
    help: "Time to the end of an answer",
    labelNames: ["route"],
    buckets: SECONDS,
    registers: [this.#registry],
  });
  readonly #inProgress = this.#gauge("requests_in_progress", "Requests that are being answered");
  readonly #heldBytes = this.#gauge("body_bytes_held", "Bytes of the bodies of requests in progress");

  /** @param statistics of the models, read whenever the metrics are asked for */
  constructor(statistics: () => readonly ModelStatistics[]) {
    collectDefaultMetrics({ register: this.#registry }); // memory, processor time
    this.#addEventLoop();
    this.#addModels(statistics);
  }

  requestDone({ method, route, status, seconds }: RequestSample): void {
    this.#requests.inc({ method, route, status: String(status) });
    this.#requestSeconds.observe({ route }, seconds);
  }

  /** How many requests are being answered, and how many bytes of them are held. */
  load(requests: number, bytes: number): void {
    this.#inProgress.set(requests);
    this.#heldBytes.set(bytes);
  }

  /** The media type of `text`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name: `relata_${name}`, help, registers: [this.#registry] });
  }

  /** How late the event loop was since the metrics were asked for last; the library's own numbers include its 10 ms between two looks. */
  #addEventLoop(): void {
    const resolution = 5; // milliseconds between two looks
    const delays = monitorEventLoopDelay({ resolution });
    delays.enable();
    const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - resolution / 1000);
    this.#add("event_loop_delay_seconds", "How late the event loop was since the last look", "gauge", () => {
      const samples = [0.5, 0.9, 0.99].map((quantile) => ({
        labels: { quantile },
        value: delays.count === 0 ? 0 : seconds(delays.percentile(100 * quantile)),
      }));
      const most = { labels: { quantile: 1 }, value: delays.count === 0 ? 0 : seconds(delays.max) };
      delays.reset();
      return [...samples, most];
    });
  }

  #addModels(statistics: () => readonly ModelStatistics[]): void {
    for (const { name, help, type, read } of MODEL_METRICS) {
      this.#add(name, help, type, () =>
        statistics().map((one) => ({ labels: labelsOf(one), value: read(one) })),
      );
    }
    this.#add("posts_total", "Posts by how they ended", "counter", () =>
      statistics().flatMap((one) =>
        OUTCOMES.map((outcome) => ({ labels: { ...labelsOf(one), outcome }, value: one.posts[outcome] })),
      ),
    );
    for (const [name, help, read] of [
      ["batch_posts", "Posts of a batch", (one) => one.batchSizes],
      ["post_queued_seconds", "Time that posts waited", (one) => one.queuedSeconds],
      ["post_read_seconds", "Time that posts took in a worker", (one) => one.readSeconds],
    ] satisfies readonly [string, string, (one: ModelStatistics) => ServiceHistogram][]) {
      const full = `relata_${name}`;
      this.#add(name, help, "histogram", () =>
        statistics().flatMap((one) => bucketsOf(full, labelsOf(one), read(one))),
      );
    }
  }

  /** Adds numbers that are counted elsewhere: the registry asks whatever it holds for its values. */
  #add(
    name: string,
    help: string,
    type: "gauge" | "counter" | "histogram",
    values: () => readonly Sample[],
  ): void {
    const full = `relata_${name}`;
    const metric = {
      name: full,
      get: async () => ({ name: full, help, type, aggregator: "sum", values: values() }),
    };
    this.#registry.registerMetric(metric as object as Gauge);
  }
}

interface Sample {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

function labelsOf({ model }: ModelStatistics): { readonly model: string; readonly version: string } {
  return { model: model.name, version: model.version };
}

/** Prometheus' buckets count everything up to their bound. */
function bucketsOf(
  name: string,
  labels: Readonly<Record<string, string>>,
  { bounds, counts, sum }: ServiceHistogram,
): readonly Sample[] {
  let below = 0;
  const buckets = counts.map((count, i): Sample => {
    below += count;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: bounds[i] ?? "+Inf" }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: below },
  ];
}
