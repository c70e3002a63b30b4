// The cells of an experiment through a real server: a worker in a process of its own is killed in the middle of a cell, and one cell always fails.
// The report is that of one undisturbed run.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installedServers, type QueueServer, startServer } from "../../scripts/queue-servers.mjs";
import { EXPERIMENT_KIND, openQueuedExperiment } from "../../src/experiments/queued-cells.ts";
import { runExperiment } from "../../src/experiments/run-experiment.ts";
import { submitCells } from "../../src/experiments/submit-cells.ts";
import {
  calls,
  PROGRAM,
  testFolder,
  weights,
  weightsRequest,
} from "../../src/experiments/testing/weights.ts";
import { type Broker, openBroker, type UnitMessage } from "../../src/units/queue/broker.ts";
import { workUnits } from "../../src/units/queue/work-units.ts";
import { CLI } from "./run-cli.ts";

const hasRedis = installedServers().includes("redis");
if (!hasRedis) console.log("relata experiment run --queue: redis-server is not installed here");

const LEASE_MS = 1000;
const worker = { program: PROGRAM, programs: false };
let server: QueueServer;
let folder: string;
let victim: ChildProcess | undefined;
beforeAll(async () => {
  if (!hasRedis) return;
  folder = await testFolder();
  server = await startServer("redis");
}, 120_000);
afterAll(async () => {
  victim?.kill("SIGKILL");
  await server?.stop();
  if (hasRedis) await rm(folder, { recursive: true, force: true, maxRetries: 10 });
}, 60_000);

/** A worker with the test program in a process of its own. */
function startProcess(name: string): ChildProcess {
  const built = (path: string) => JSON.stringify(new URL(`../${path}.js`, pathToFileURL(CLI)).href);
  const program = `
    const { openBroker } = await import(${built("units/queue/broker")});
    const { workUnits } = await import(${built("units/queue/work-units")});
    const { openQueuedExperiment } = await import(${built("experiments/queued-cells")});
    const broker = await openBroker(${JSON.stringify({ url: server.url, name })});
    const open = (message) => openQueuedExperiment(message, ${JSON.stringify(worker)});
    await workUnits({ broker, leaseMs: ${LEASE_MS}, signal: new AbortController().signal, open });`;
  return spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: "ignore" });
}

function startHere(broker: Broker) {
  const stop = new AbortController();
  const open = (message: UnitMessage) => openQueuedExperiment(message, worker);
  const done = workUnits({ broker, leaseMs: LEASE_MS, signal: stop.signal, open });
  return { stop, done };
}

describe.runIf(hasRedis)("cells of an experiment in a queue", () => {
  it("are done though a worker is killed; the one that fails is named, and the report has the others", async () => {
    const values = [8, 98, 13, 3]; // 98 waits the first time, 13 fails
    const more = { seeds: [1, 2], jobs: 1 };
    const broker = await openBroker({ url: server.url, name: "cells" });
    const given: string[] = [];
    const submitting = submitCells({
      ...weightsRequest(folder, values, more),
      ...{ broker, attempts: 2 },
      onCellFailure: ({ cell }) => given.push(cell),
    });
    victim = startProcess("cells");
    while (!existsSync(join(folder, "waiting"))) await sleep(20);
    victim.kill("SIGKILL");
    await once(victim, "exit");
    const others = [startHere(broker), startHere(broker)];
    const submitted = await submitting;
    for (const { stop } of others) stop.abort();
    await Promise.all(others.map(({ done }) => done));
    broker[Symbol.dispose]();

    const poisoned = ["cells/w13/seed-1", "cells/w13/seed-2"];
    expect(given.sort()).toEqual(poisoned);
    expect(submitted).toMatchObject({ cells: 8, done: 6, missing: poisoned });
    expect(submitted.failed[0]?.message).toMatch(
      /^\[experiment\/cell-failed\] cells\/w13\/seed-\d\/train: error\[training\/non-finite-loss\]: the loss is NaN$/,
    );
    const made = await calls(folder);
    expect(made.filter((call) => /^train (8|3) /.test(call))).toHaveLength(4);
    expect(made.filter((call) => call === "train 98 1" || call === "train 98 2")).toHaveLength(3); // one was killed
    const alone = await runExperiment(weightsRequest(folder, values, { ...more, out: "alone" }));
    expect(alone.status).toBe("failed");
    expect(submitted.results).toEqual(alone.results);
  }, 120_000);

  it("are refused by a worker that sees other files, or that would have to run code which the queue names", async () => {
    const message = async (out: string): Promise<UnitMessage> => {
      const jobs = join(folder, out, "jobs");
      const { readdir } = await import("node:fs/promises");
      const [job = ""] = await readdir(jobs);
      return { version: 1, kind: EXPERIMENT_KIND, job, unit: 0, request: { out: join(folder, out) } };
    };
    const known = await message("out");
    await expect(
      openQueuedExperiment({ ...known, request: { out: "elsewhere" } }, worker),
    ).rejects.toMatchObject({ code: "units/other-job" });
    const data = join(folder, "data.jsonl");
    const text = await readFile(data, "utf8");
    await writeFile(data, text.replace("0 met b", "0 saw b"));
    await expect(openQueuedExperiment(known, worker)).rejects.toMatchObject({ code: "units/other-job" });
    await writeFile(data, text);
    await (await openQueuedExperiment(known, worker)).dispose();

    const named = weightsRequest(folder, weights(8), { out: "named", seeds: [1] });
    const { base } = named;
    const broker = await openBroker({ url: server.url, name: "named" });
    const stop = new AbortController();
    const submitting = submitCells({
      ...named,
      ...{ broker, signal: stop.signal },
      base: { ...base, training: { ...base.training, library: "/lib/other.so" } },
    }).catch(() => undefined);
    while (!existsSync(join(folder, "named", "jobs"))) await sleep(20);
    await sleep(100);
    await expect(openQueuedExperiment(await message("named"), worker)).rejects.toMatchObject({
      code: "units/program-refused",
    });
    stop.abort();
    await submitting;
    broker[Symbol.dispose]();
  }, 60_000);
});
