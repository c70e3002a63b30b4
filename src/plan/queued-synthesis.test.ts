// Parts of a store through a real queue, with workers in this process whose generators count what they are asked.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { installedServers, type QueueServer, startServer } from "../../scripts/queue-servers.mjs";
import { recordParts } from "../synthesis/queued-parts.ts";
import type { QueuedRun } from "../synthesis/run-queued-parts.ts";
import {
  type Move,
  type Scripted,
  ScriptedPictures,
  ScriptedTexts,
} from "../synthesis/testing/scripted-generators.ts";
import { type Broker, openBroker, type UnitMessage } from "../units/queue/broker.ts";
import { workUnits } from "../units/queue/work-units.ts";
import type { GeneratorAdapters } from "./adapters.ts";
import { parsePlan } from "./load-plan.ts";
import { openQueuedSynthesis, runQueued } from "./queued-synthesis.ts";
import { preparePlan } from "./run-plan.ts";

const PARTS = 4; // of one instance each
const CHAINS = 11;
const STEPS = 3; // picture, text, picture
const PICTURES = PARTS * CHAINS * 2;
const TEXTS = PARTS * CHAINS;
const [PICTURE_PRICE, TEXT_PRICE] = [1, 0.5];
const hasRedis = installedServers().includes("redis");
if (!hasRedis) console.log("parts of a store in a queue: redis-server is not installed here");

let server: QueueServer;
let work = "";
let pictures: ScriptedPictures;
let texts: ScriptedTexts;
let names = 0;
const plan = {
  data: { path: "posts.jsonl" },
  ...{ direction: "text", rounds: 2, chains: CHAINS, seed: 3, checks: { duplicateLevels: false } },
  ...{ textToImage: { adapter: "scripted" }, imageToText: { adapter: "scripted" } },
};
const at = (name: string) => join(work, name);

/** Generators that this test's plans name; `script` says what they do. */
function generators(script: Scripted = {}): void {
  pictures = new ScriptedPictures({ ...script, costPerCall: PICTURE_PRICE });
  texts = new ScriptedTexts({ costPerCall: TEXT_PRICE });
}

const entry = <Generator>(generator: () => Generator) => ({
  paths: [],
  load: () => Promise.resolve({ read: () => () => Promise.resolve(generator()) }),
});
const adapters: GeneratorAdapters = {
  textToImage: { scripted: entry(() => pictures), command: entry(() => pictures) },
  imageToText: { scripted: entry(() => texts) },
  textToText: {},
};

const prepared = (store: string) =>
  preparePlan(parsePlan(plan, "test", work, adapters), { adapters, folder: at(store), variables: {} });

const openJob = (message: UnitMessage) =>
  openQueuedSynthesis(message, { adapters, variables: {}, programs: false });

/** What the generators were asked, and what that costs. */
const asked = () => ({
  pictures: pictures.requests.length,
  texts: texts.requests.length,
  cost: pictures.requests.length * PICTURE_PRICE + texts.requests.length * TEXT_PRICE,
});

function startWorker(broker: Broker, concurrency = 1) {
  const stop = new AbortController();
  const done = workUnits({ broker, concurrency, leaseMs: 1000, signal: stop.signal, open: openJob });
  return { stop, done };
}

interface Disturbed extends Partial<QueuedRun> {
  /** Done when all messages are in the queue, before workers start. */
  readonly first?: (broker: Broker) => Promise<void>;
}

/** Submits a store to three workers. */
async function submit(store: string, { first, ...options }: Disturbed = {}) {
  const broker = await openBroker({ url: server.url, name: `plan-${names++}` });
  const { plan: chains, manifest } = await prepared(store);
  const written = { value: plan, folder: work };
  const submitting = runQueued(at(store), { plan: chains, manifest }, written, { broker, ...options });
  submitting.catch(() => undefined); // seen below
  await first?.(broker);
  const workers = [1, 2, 1].map((concurrency) => startWorker(broker, concurrency));
  try {
    return await submitting;
  } finally {
    for (const { stop } of workers) stop.abort();
    await Promise.all(workers.map(({ done }) => done));
  }
}

/** The messages, when all parts are in the queue. */
async function messagesIn(broker: Broker) {
  const queue = broker.queue();
  while ((await queue.getJobCounts("waiting")).waiting !== PARTS) await sleep(20);
  return { queue, messages: (await queue.getJobs(["waiting"])).map(({ data }) => data) };
}

/** The files of a store; `timings.jsonl` has clock times. */
function filesOf(store: string): Readonly<Record<string, string>> {
  const entries = readdirSync(at(store), { recursive: true, withFileTypes: true });
  const files = entries.filter((file) => file.isFile() && file.name !== "timings.jsonl");
  return Object.fromEntries(
    files.map(({ parentPath, name }) => [
      join(parentPath, name).slice(at(store).length),
      readFileSync(join(parentPath, name), "latin1"),
    ]),
  );
}

async function undisturbed(): Promise<Readonly<Record<string, string>>> {
  generators();
  const alone = await prepared("alone");
  expect(await alone.run({})).toMatchObject({ complete: true });
  return filesOf("alone");
}

beforeAll(async () => {
  if (hasRedis) server = await startServer("redis");
}, 120_000);
afterAll(() => server?.stop(), 60_000);
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "relata-run-queued-"));
  const posts = Array.from({ length: PARTS }, (_, i) => ({ id: `post-${i}`, text: `Ada met Bo at ${i}` }));
  const rows = posts.map((post) => JSON.stringify({ ...post, entities: [], relations: [] }));
  writeFileSync(at("posts.jsonl"), `${rows.join("\n")}\n`);
  generators();
});
afterEach(() => rmSync(work, { recursive: true, force: true, maxRetries: 10 }));

describe.runIf(hasRedis)("parts of a store in a queue", () => {
  test("are each made once, though every message comes twice, and leave the store of one run", async () => {
    const wanted = await undisturbed();
    generators();
    const counts: number[] = [];
    const outcome = await submit("views", {
      onProgress: ({ done }) => counts.push(done),
      first: async (broker) => {
        const { queue, messages } = await messagesIn(broker);
        expect(messages.map(({ request }) => request)).toEqual(messages.map(() => ({ store: at("views") })));
        await queue.addBulk(
          messages.map((data) => ({ name: "twice", data, opts: { jobId: `twice-${data.unit}` } })),
        );
        await queue.close();
      },
    });
    expect(asked()).toMatchObject({ pictures: PICTURES, texts: TEXTS });
    const all = PARTS * CHAINS * STEPS;
    expect(outcome).toMatchObject({
      ...{ complete: true, stop: undefined, parts: PARTS, givenUp: [], failures: [] },
      counts: { planned: all, done: all, calls: all, failed: 0, spent: asked().cost },
    });
    expect(counts.at(-1)).toBe(all);
    expect(filesOf("views")).toEqual(wanted);
  }, 60_000);

  test("that fail are reported with what failed, the rest is done, and the same command makes only what is missing", async () => {
    const wanted = await undisturbed();
    const move = ({ instance, step }: { instance: string; step: number }): Move =>
      instance === "post-2" && step === 3 ? "fail" : "answer";
    generators({ move });
    const failures: number[] = [];
    const failed = await submit("views", { attempts: 1, onPartFailure: ({ unit }) => failures.push(unit) });
    expect(failures).toEqual([2]);
    expect(failed).toMatchObject({
      ...{ complete: false, stop: undefined, parts: PARTS - 1 },
      givenUp: [
        {
          unit: 2,
          code: "synthesis/calls-failed",
          message: expect.stringContaining("11 calls of part 2 failed: synthesis/timeout"),
        },
      ],
      failures: [{ code: "synthesis/timeout", count: CHAINS, instance: "post-2", step: 3 }],
      counts: { done: PARTS * CHAINS * STEPS - CHAINS },
    });
    generators();
    expect(await submit("views")).toMatchObject({ complete: true, parts: 1 });
    expect(asked()).toMatchObject({ pictures: CHAINS, texts: 0 });
    expect(filesOf("views")).toEqual(wanted);
  }, 60_000);

  test("share a budget, which failed attempts use up too, and nothing is spent beyond it", async () => {
    const wanted = await undisturbed();
    let failing = 3;
    generators({ move: ({ step }) => (step === 1 && failing-- > 0 ? "fail" : "answer") });
    const budget = 40; // of 110
    const { complete, stop, counts, givenUp } = await submit("views", { budget, depth: 3 });
    expect([complete, stop, givenUp]).toEqual([false, "budget", []]);
    expect(failing).toBeLessThanOrEqual(0);
    expect(asked().cost).toBeLessThanOrEqual(budget);
    expect(asked().cost).toBeGreaterThan(budget - PICTURE_PRICE);
    expect(counts.spent).toBeCloseTo(asked().cost);
    const none = await submit("views", { budget });
    expect(none.counts.calls).toBe(0); // neither for the budget that is used up
    const answered = asked().pictures - 3 + asked().texts;
    generators();
    expect(await submit("views")).toMatchObject({ complete: true });
    expect(asked().pictures + asked().texts + answered).toBe(PARTS * CHAINS * STEPS);
    expect(filesOf("views")).toEqual(wanted);
  }, 60_000);

  test("go to another worker when theirs is told to end, and continue there", async () => {
    let calls = 0;
    let first: ReturnType<typeof startWorker> | undefined;
    generators({
      move: () => {
        if (++calls === 5) first?.stop.abort();
        return "answer";
      },
    });
    const outcome = await submit("views", {
      first: async (broker) => {
        await (await messagesIn(broker)).queue.close();
        first = startWorker(broker);
        const { stopped, published } = await first.done;
        expect([stopped, published]).toEqual([1, 0]);
      },
    });
    expect(outcome).toMatchObject({ complete: true, parts: PARTS, requeued: 0 });
    expect(asked()).toMatchObject({ pictures: PICTURES, texts: TEXTS });
  }, 60_000);

  test("are taken back when the submitter is told to end", async () => {
    const stop = new AbortController();
    const outcome = await submit("views", {
      signal: stop.signal,
      first: async (broker) => {
        const { queue } = await messagesIn(broker);
        stop.abort(new Error("enough"));
        while ((await queue.getJobCounts("waiting")).waiting !== 0) await sleep(20);
        await queue.close();
      },
    });
    expect(outcome).toMatchObject({ complete: false, stop: "interrupted" });
    expect(asked()).toMatchObject({ pictures: 0, texts: 0 });
  }, 60_000);
});

describe("a worker", () => {
  const message = (store: string, job: string): UnitMessage => ({
    ...{ version: 1, kind: "synthesize", unit: 0 },
    ...{ job, request: { store } },
  });

  test("refuses a store that is not there, or does not have the job", async () => {
    await expect(openJob(message(at("nowhere"), "a"))).rejects.toMatchObject({
      code: "synthesis/no-such-store",
    });
    const only = await prepared("views");
    await only.run({ signal: AbortSignal.abort() }); // makes the store, and no call
    await expect(openJob(message(at("views"), "a"))).rejects.toMatchObject({ code: "units/other-job" });
    await expect(openJob({ ...message(at("views"), "a"), request: { folder: "x" } })).rejects.toMatchObject({
      code: "units/unknown-job",
    });
  });

  test("does nothing for a message that comes when the store is complete", async () => {
    await (await prepared("views")).run({});
    const files = filesOf("views");
    const job = await openJob(message(at("views"), "a"));
    const { signal } = new AbortController();
    expect(await job.run(1, { signal, stopping: signal, allowance: undefined })).toEqual({
      ...{ outcome: "before", cost: 0 },
    });
    expect(filesOf("views")).toEqual(files);
  });

  test("starts no program that a queue names, and opens no plan that is not that of the store", async () => {
    const { plan: _, manifest, run } = await prepared("views");
    await run({ signal: AbortSignal.abort() });
    const store = at("views");
    const record = async (value: object) =>
      message(
        store,
        (await recordParts(store, { kind: "synthesize", identity: { folder: work, plan: value } }, manifest))
          .id,
      );
    const program = await record({ ...plan, textToImage: { adapter: "command" } });
    await expect(openJob(program)).rejects.toMatchObject({ code: "units/program-refused" });
    const other = await record({ ...plan, seed: 4 });
    await expect(openJob(other)).rejects.toMatchObject({ code: "synthesis/other-plan" });
    const same = await openJob(await record(plan));
    const signal = AbortSignal.abort();
    expect(await same.run(0, { signal, stopping: signal, allowance: undefined })).toEqual({
      ...{ outcome: "stopped", cost: 0 },
    });
    await same.dispose();
  });
});
