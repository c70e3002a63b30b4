// Units through real servers: Redis and PostgreSQL, where they are installed.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installedServers, type QueueServer, startServer } from "../../../scripts/queue-servers.mjs";
import { Deferred } from "../../base/deferred.ts";
import { DataError } from "../../base/errors.ts";
import { type Broker, openBroker } from "./broker.ts";
import { type SubmitRequest, submitUnits } from "./submit-units.ts";
import { type OpenedJob, type WorkRequest, workUnits } from "./work-units.ts";

const LEASE_MS = 1_000;
const installed = installedServers();
const range = (count: number) => Array.from({ length: count }, (_, unit) => unit);
const once = { outcome: "published", cost: 0 } as const;

interface Extra {
  readonly workers?: number;
  /** When the workers begin. */
  readonly after?: Promise<void>;
}

if (installed.length < 2)
  console.log(`queues: only ${installed.join(", ") || "no server"} is installed here`);

describe.each(installed)("a queue on %s", (kind) => {
  let server: QueueServer;
  let names = 0;
  beforeAll(async () => {
    server = await startServer(kind);
  }, 120_000);
  afterAll(() => server.stop(), 60_000);
  const brokerOf = () => openBroker({ url: server.url, name: `test-${names++}` });

  /** Submits to a worker that keeps the units it has done. */
  async function through(
    broker: Broker,
    units: number,
    run: (unit: number, done: Set<number>) => Promise<void> | void,
    { after = Promise.resolve(), workers = 2, ...more }: Partial<SubmitRequest> & Extra = {},
  ) {
    const done = new Set<number>();
    const stop = new AbortController();
    const job: OpenedJob = {
      async run(unit) {
        await run(unit, done);
        const outcome = done.has(unit) ? "before" : "published";
        done.add(unit);
        return { outcome, cost: 0.5 };
      },
      dispose: () => Promise.resolve(),
    };
    const work: WorkRequest = {
      ...{ broker, leaseMs: LEASE_MS, signal: stop.signal },
      open: () => Promise.resolve(job),
    };
    const working = after.then(() => Promise.all(range(workers).map(() => workUnits(work))));
    const summary = await submitUnits({
      ...{ broker, kind: "test", job: "a1", request: null, units: range(units), recheckMs: LEASE_MS },
      isPublished: (unit) => Promise.resolve(done.has(unit)),
      ...more,
    }).finally(() => stop.abort());
    await working;
    return { summary, done };
  }

  it("has every unit done, a limited number at a time", async () => {
    const broker = await brokerOf();
    const queue = broker.queue();
    let most = 0;
    const { summary, done } = await through(
      broker,
      60,
      async () => {
        const { waiting = 0, active = 0 } = await queue.getJobCounts("waiting", "active");
        most = Math.max(most, waiting + active);
      },
      { depth: 7 },
    );
    await queue.close();
    expect(done.size).toBe(60);
    expect(summary).toMatchObject({ published: 60, failures: [], left: 0, requeued: 0, cost: 30 });
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(7);
  }, 60_000);

  it("gives up a unit that always fails, with its error, and has the rest done; a second submission tries it again", async () => {
    const broker = await brokerOf();
    let tries = 0;
    const run = (unit: number) => {
      if (unit !== 5) return;
      tries++;
      throw new DataError({ code: "units/input-changed", message: "other rows", remedy: "" });
    };
    const { summary, done } = await through(broker, 12, run, { attempts: 2 });
    expect(summary).toMatchObject({
      published: 11,
      failures: [{ unit: 5, code: "units/input-changed", message: "other rows" }],
    });
    expect([done.size, tries]).toEqual([11, 2]);
    const again = await through(broker, 12, () => undefined, { units: [5] });
    expect(again.summary).toMatchObject({ published: 1, failures: [] });
  }, 60_000);

  it("tries a unit again that failed once", async () => {
    const tried = new Map<number, number>();
    const { summary } = await through(await brokerOf(), 6, (unit) => {
      tried.set(unit, (tried.get(unit) ?? 0) + 1);
      if (unit === 2 && tried.get(unit) === 1) throw new TypeError("not yet");
    });
    expect(summary.failures).toEqual([]);
    expect([...tried.values()].sort()).toEqual([1, 1, 1, 1, 1, 2]);
  }, 60_000);

  it("gives a unit to another worker when its lease runs out, and both may finish it", async () => {
    const broker = await brokerOf();
    const done: string[] = [];
    const taken = new Deferred<void>();
    const paused = broker.worker(
      async ({ unit }) => {
        done.push(`paused begins ${unit}`);
        taken.resolve();
        await sleep(4 * LEASE_MS); // longer than its lease, which is not renewed
        done.push(`paused ends ${unit}`);
        return once;
      },
      { lockDuration: LEASE_MS, stalledInterval: LEASE_MS, skipLockRenewal: true, maxStalledCount: 5 },
    );
    paused.on("error", () => undefined); // its late answer is refused
    const submitting = through(broker, 3, (unit) => void done.push(`other ${unit}`), {
      ...{ workers: 1, after: taken.promise },
    });
    const { summary } = await submitting;
    expect(summary).toMatchObject({ published: 3, failures: [], requeued: 0 });
    await paused.close();
    const [unit] = done.filter((text) => text.startsWith("paused begins")).map((text) => text.slice(-1));
    expect(done).toContain(`other ${unit}`);
    expect(done).toContain(`paused ends ${unit}`);
  }, 60_000);

  it("puts units in again that the queue has lost", async () => {
    const broker = await brokerOf();
    const queue = broker.queue();
    const notes: string[] = [];
    let isLost = false;
    const { summary, done } = await through(
      broker,
      20,
      async (unit) => {
        if (unit !== 3 || isLost) return;
        isLost = true;
        await queue.drain(true);
      },
      { workers: 1, onNote: (text) => notes.push(text) },
    );
    await queue.close();
    expect(done.size).toBe(20);
    expect(summary.failures).toEqual([]);
    expect(summary.requeued).toBeGreaterThan(10);
    expect(notes[0]).toContain("was not in the queue any more");
  }, 60_000);

  it("continues after the server was killed and restarted", async () => {
    const broker = await brokerOf();
    const notes: string[] = [];
    let restart: Promise<void> | undefined;
    const { summary, done } = await through(
      broker,
      30,
      async (unit) => {
        if (unit === 5)
          restart ??= server
            .kill()
            .then(() => sleep(500))
            .then(() => server.start());
        await sleep(30);
      },
      { onNote: (text) => notes.push(text) },
    );
    await restart;
    expect(done.size).toBe(30);
    expect(summary.failures).toEqual([]);
    expect(notes.some((text) => text.includes("does not answer"))).toBe(true);
  }, 120_000);

  it("hands out no unit without a grant, and one that stopped again when there is more", async () => {
    const broker = await brokerOf();
    const given: (number | undefined)[] = [];
    let left = 5;
    const open = new Map<number, number>();
    const stop = new AbortController();
    const made = new Map<number, number>();
    const job: OpenedJob = {
      async run(unit, { allowance = Number.NaN }) {
        given.push(allowance);
        const total = Math.min(1, (made.get(unit) ?? 0) + (unit === 0 ? 0.25 : 0.5)); // unit 0 needs four turns
        made.set(unit, total);
        const isDone = total === 1 || unit !== 0;
        return { outcome: isDone ? "published" : "stopped", cost: unit === 0 ? 0.25 : 0.5, total };
      },
      dispose: () => Promise.resolve(),
    };
    const working = workUnits({ broker, signal: stop.signal, open: () => Promise.resolve(job) });
    const summary = await submitUnits({
      ...{ broker, kind: "test", job: "a1", request: null, units: range(20) },
      isPublished: (unit) => Promise.resolve(made.has(unit) && unit !== 0),
      budget: {
        grant(unit) {
          if (left < 1) return undefined;
          left -= 1;
          open.set(unit, 1);
          return 1;
        },
        async ended(unit, answer) {
          open.delete(unit);
          left += 1 - (answer?.cost ?? 1);
        },
      },
    }).finally(() => stop.abort());
    await working;
    expect(open.size).toBe(0);
    expect(given.every((allowance) => allowance === 1)).toBe(true);
    // Each costs half of what it might, or a quarter, so the money that is left over is spent on further ones.
    expect(summary.cost).toBeGreaterThan(4);
    expect(summary.cost).toBeLessThanOrEqual(5);
    expect(summary.cost).toBe(5 - left);
    expect(summary.published + summary.left).toBe(20);
    expect(summary).toMatchObject({ failures: [], isFailing: false });
  }, 60_000);

  it("hands a stopped unit out until it is done", async () => {
    const broker = await brokerOf();
    const stop = new AbortController();
    let turns = 0;
    const job: OpenedJob = {
      run: async () => ({ outcome: ++turns < 3 ? "stopped" : "published", cost: 1, total: turns }),
      dispose: () => Promise.resolve(),
    };
    const working = workUnits({ broker, signal: stop.signal, open: () => Promise.resolve(job) });
    const summary = await submitUnits({
      ...{ broker, kind: "test", job: "a2", request: null, units: [7] },
      isPublished: () => Promise.resolve(turns >= 3),
    }).finally(() => stop.abort());
    await working;
    expect(summary).toMatchObject({ published: 1, left: 0, cost: 3 });
  }, 60_000);

  it("takes back what no worker has begun when it is told to end, and stops after too many failures", async () => {
    const broker = await brokerOf();
    const queue = broker.queue();
    const submission = { broker, kind: "test", job: "a3", request: null, units: range(30), attempts: 1 };
    const isPublished = () => Promise.resolve(false);
    const stop = new AbortController();
    const submitting = submitUnits({ ...submission, isPublished, signal: stop.signal });
    while ((await queue.getJobCounts("waiting")).waiting !== 30) await sleep(20);
    stop.abort(new Error("enough"));
    await expect(submitting).rejects.toThrow("enough");
    expect(await queue.getJobCounts("waiting")).toMatchObject({ waiting: 0 });
    const working = broker.worker(() => Promise.reject(new Error("no")), { lockDuration: LEASE_MS });
    const summary = await submitUnits({ ...submission, isPublished, mostGivenUp: 4 });
    await working.close();
    await queue.close();
    expect(summary.isFailing).toBe(true);
    expect(summary.failures.length).toBeGreaterThanOrEqual(4);
    expect(summary.failures.length + summary.left).toBe(30);
  }, 60_000);
});

describe("an address", () => {
  it("is refused if it does not name a queue, or nobody answers there", async () => {
    await expect(openBroker({ url: "amqp://host", name: "x" })).rejects.toMatchObject({
      code: "units/unknown-queue",
    });
    const refused = openBroker({ url: "postgres://user:secret@127.0.0.1:9/db", name: "x" });
    await expect(refused).rejects.toMatchObject({
      code: "units/queue-unreachable",
      message: expect.not.stringContaining("secret"),
    });
  }, 60_000);
});
