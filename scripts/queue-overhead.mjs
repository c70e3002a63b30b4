// What a unit costs beside its work: units that do nothing, through Redis, with one worker in this process, and publishing alone.
// Needs the build (dist/) and redis-server. Usage: node scripts/queue-overhead.mjs [--units 300]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { folderStore } from "../dist/units/folder-store.js";
import { jobOf, unitKey } from "../dist/units/job.js";
import { openBroker } from "../dist/units/queue/broker.js";
import { submitUnits } from "../dist/units/queue/submit-units.js";
import { workUnits } from "../dist/units/queue/work-units.js";
import { runUnit } from "../dist/units/run-units.js";
import { startServer } from "./queue-servers.mjs";

const { values } = parseArgs({ options: { units: { type: "string", default: "300" } } });
const count = Number(values.units);
const units = Array.from({ length: count }, (_, unit) => unit);
const folder = await mkdtemp(join(tmpdir(), "relata-queue-overhead-"));
const server = await startServer("redis");
try {
  const job = jobOf({ kind: "test", identity: {} });
  const parts = [Buffer.alloc(500_000, "x"), Buffer.alloc(0)]; // the size of 1,024 short posts
  const work = { job, run: () => Promise.resolve({ facts: {}, parts }) };
  const alone = folderStore(join(folder, "alone"));
  const publishing = await timed(async () => {
    for (const unit of units) await runUnit(alone, work, unit);
  });
  const store = folderStore(join(folder, "queue"));
  using broker = await openBroker({ url: server.url, name: "overhead" });
  const redis = new Redis(server.url);
  const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await redis.info("stats"))?.[1]);
  const stop = new AbortController();
  const open = async () => ({
    run: async (unit) => ({ outcome: await runUnit(store, work, unit), cost: 0 }),
    dispose: () => Promise.resolve(),
  });
  const before = await commands();
  const working = workUnits({ broker, open, signal: stop.signal });
  const queued = await timed(() =>
    submitUnits({
      ...{ broker, kind: "test", job: job.id, request: null, units },
      isPublished: (unit) => store.has(unitKey(job.id, unit)),
    }),
  );
  const requests = (await commands()) - before;
  stop.abort();
  await working;
  redis.disconnect();
  console.log(`publishing: ${(publishing / count).toFixed(1)} ms a unit of ${parts[0].length} bytes`);
  console.log(
    `with the queue: ${(queued / count).toFixed(1)} ms a unit, ${(requests / count).toFixed(1)} commands of Redis`,
  );
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

async function timed(work) {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
