// What a server says of itself under /metrics: how long its event loop was held up, how large its batches were.

/** Numbers of a Prometheus text, by name and labels unchanged. */
export type Metrics = ReadonlyMap<string, number>;

/** Reads /metrics; undefined from a server that has none. @throws TypeError if the server cannot be reached */
export async function readMetrics(url: string, token: string | undefined): Promise<Metrics | undefined> {
  const address = new URL("metrics", url.endsWith("/") ? url : `${url}/`);
  const response = await fetch(address, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  const text = await response.text();
  return response.ok ? parseMetrics(text) : undefined;
}

/** Parses Prometheus' text format. */
function parseMetrics(text: string): Metrics {
  const metrics = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^([a-zA-Z_:][\w:]*(?:\{.*\})?) (\S+)/.exec(line) ?? [];
    if (name !== undefined) metrics.set(name, value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value));
  }
  return metrics;
}

/** Milliseconds by which the event loop was late since the numbers were read last: quantile 0.99, and the most. */
export function eventLoopDelayMs(
  metrics: Metrics | undefined,
): { readonly p99: number; readonly most: number } | undefined {
  const at = (quantile: string) => metrics?.get(`relata_event_loop_delay_seconds{quantile="${quantile}"}`);
  const [p99, most] = [at("0.99"), at("1")];
  return p99 === undefined || most === undefined ? undefined : { p99: 1000 * p99, most: 1000 * most };
}

/** Sums a metric over its labels. */
export function totalOf(metrics: Metrics | undefined, name: string): number {
  let total = 0;
  for (const [key, value] of metrics ?? []) if (key === name || key.startsWith(`${name}{`)) total += value;
  return total;
}
