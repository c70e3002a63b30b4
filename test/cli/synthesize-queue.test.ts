// Generated views through a real server: three workers in processes of their own, of which one is killed, and every message twice. The store is that
// of one undisturbed run.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installedServers, type QueueServer, startServer } from "../../scripts/queue-servers.mjs";
import { openBroker } from "../../src/units/queue/broker.ts";
import { writeWorld } from "../../src/world/write.ts";
import { storeFiles } from "../synthesis/store-files.ts";
import { CLI } from "./run-cli.ts";
import { relata } from "./warm-program.ts";

const PARTS = 4; // of one post each
const CHAINS = 11;
const STEPS = 3;
const hasRedis = installedServers().includes("redis");
if (!hasRedis) console.log("synthesize --queue: redis-server is not installed here");

let folder: string;
let server: QueueServer;
const workers = new Set<ChildProcess>();
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  if (!hasRedis) return;
  folder = await mkdtemp(join(tmpdir(), "relata-synthesize-queue-"));
  await writeWorld(at("world"), { train: PARTS, validation: 1, test: 1 });
  const simulator = { adapter: "simulator", world: "world", costPerCall: 0.5 };
  const plan = {
    data: { path: "world/train.jsonl" },
    ...{ direction: "text", rounds: 2, chains: CHAINS, seed: 5 },
    ...{ textToImage: { ...simulator, duplicate: 0.4 }, imageToText: simulator },
  };
  await writeFile(at("plan.json"), JSON.stringify(plan));
  server = await startServer("redis");
}, 120_000);
afterAll(async () => {
  for (const worker of workers) worker.kill("SIGKILL");
  await server?.stop();
  if (hasRedis) await rm(folder, { recursive: true, force: true, maxRetries: 10 });
}, 60_000);

const synthesize = (store: string, ...more: string[]) =>
  relata(["synthesize", "plan.json", "--store", store, ...more], { cwd: folder });

function startWorker(): ChildProcess {
  const args = [CLI, "work", "--queue", server.url, "--lease", "2"];
  const worker = spawn(process.execPath, args, { cwd: folder, stdio: "ignore" });
  workers.add(worker);
  return worker;
}

/** Whether a worker has recorded a call in a store. */
function hasBegun(store: string): boolean {
  const logs = join(at(store), "work", "logs");
  return existsSync(logs) && readdirSync(logs).some((name) => statSync(join(logs, name)).size > 0);
}

describe.runIf(hasRedis)("relata synthesize --queue", () => {
  it("leaves the store of one run, though a worker is killed and every message comes twice", async () => {
    const alone = await synthesize("one", "--yes", "--json");
    expect(alone.code, alone.stderr).toBe(0);
    const url = ["--queue", server.url];
    const estimated = await synthesize("many", ...url, "--dry-run");
    expect(estimated.stdout).toContain("dry run: nothing was generated");
    const unasked = await synthesize("many", ...url);
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("cli/needs-consent")]);
    expect(existsSync(at("many"))).toBe(false);

    const submitted = synthesize("many", ...url, "--yes", "--json");
    using broker = await openBroker({ url: server.url, name: "relata" });
    const queue = broker.queue();
    while ((await queue.getJobCounts("waiting")).waiting !== PARTS) await sleep(50);
    const messages = await queue.getJobs(["waiting"]);
    await queue.addBulk(
      messages.map(({ data }) => ({ name: "twice", data, opts: { jobId: `twice-${data.unit}` } })),
    );
    await queue.close();
    const victim = startWorker();
    while (!hasBegun("many")) await sleep(5);
    victim.kill("SIGKILL");
    await once(victim, "exit");
    const others = [startWorker(), startWorker()];
    const { code, stdout, stderr } = await submitted;
    expect(code, stderr).toBe(0);
    const outcome = JSON.parse(stdout);
    expect(outcome).toMatchObject({ complete: true, givenUp: [], survey: JSON.parse(alone.stdout).survey });
    expect(outcome.survey.planned).toBe(PARTS * CHAINS * STEPS);
    expect(outcome.counts.done).toBe(outcome.survey.planned);
    expect(storeFiles(at("many"))).toEqual(storeFiles(at("one")));

    const again = await synthesize("many", ...url, "--yes", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({ complete: true, parts: 0, counts: { calls: 0 } });
    for (const worker of others) worker.kill("SIGTERM");
    for (const worker of others) if (worker.exitCode === null) await once(worker, "exit");
    expect(others.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(storeFiles(at("many"))).toEqual(storeFiles(at("one"))); // late messages changed nothing
  }, 180_000);

  it("refuses a part of the store or of its instances", async () => {
    for (const other of [
      ["--shard", "0/2"],
      ["--limit", "3"],
    ]) {
      const { code, stderr } = await synthesize("other", "--queue", server.url, ...other);
      expect([code, stderr]).toEqual([2, expect.stringContaining("config/contradiction")]);
    }
  });
});
