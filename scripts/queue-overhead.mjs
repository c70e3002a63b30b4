// What a unit costs beside its work: units that do nothing, with one worker in this process, and publishing alone. Counts what the queue's server
// and the store are asked for. With --store s3, posts are published too, as `relata extract --publish-posts` does.
// Needs the build (dist/) and redis-server or PostgreSQL. Usage: node scripts/queue-overhead.mjs [--server redis] [--store folder] [--units 300]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { folderStore } from "../dist/units/folder-store.js";
import { jobOf, publishedUnits, publishJob, unitKey } from "../dist/units/job.js";
import { openBroker } from "../dist/units/queue/broker.js";
import { submitUnits } from "../dist/units/queue/submit-units.js";
import { workUnits } from "../dist/units/queue/work-units.js";
import { runUnit } from "../dist/units/run-units.js";
import { openS3Store } from "../dist/units/s3/s3-store.js";
import { startServer } from "./queue-servers.mjs";
import { S3TestServer, TEST_KEYS } from "./s3-server.mjs";
import { countsOf } from "./unit-places.mjs";

const { values } = parseArgs({
  options: {
    units: { type: "string", default: "300" },
    server: { type: "string", default: "redis" },
    store: { type: "string", default: "folder" },
  },
});
const count = Number(values.units);
const isBucket = values.store === "s3";
const RESULT = Buffer.alloc(500_000, "x"); // the size of 1,024 short posts
const POSTS = Buffer.alloc(200_000, "x"); // and of the posts themselves
const units = Array.from({ length: count }, (_, unit) => unit);
const folder = await mkdtemp(join(tmpdir(), "relata-queue-overhead-"));
const server = await startServer(values.server);
const bucket = isBucket ? await S3TestServer.start() : undefined;
let broker;
try {
  const job = jobOf({ kind: "test", identity: {} });
  const run = () => Promise.resolve({ facts: {}, parts: [RESULT, Buffer.alloc(0)] });
  const alone = await openStore("alone");
  const publishing = await timed(async () => {
    for (const unit of units) await runUnit(alone, { job, run }, unit);
  });
  const store = await openStore("queue");
  broker = await openBroker({ url: server.url, name: "overhead" });
  const load = await loadOf(values.server, server.url);
  const stop = new AbortController();
  const open = async () => ({
    async run(unit) {
      if (isBucket) await store.get(unitKey(job.id, unit, "posts"));
      return { outcome: await runUnit(store, { job, run }, unit), cost: 0 };
    },
    dispose: () => Promise.resolve(),
  });
  const before = { load: await load.count(), requests: requests() };
  await publishJob(store, job);
  await publishedUnits(store, job.id); // as a submitter does
  const working = workUnits({ broker, open, signal: stop.signal });
  const queued = await timed(() =>
    submitUnits({
      ...{ broker, kind: "test", job: job.id, request: null, units },
      isPublished: (unit) => store.has(unitKey(job.id, unit)),
      ...(isBucket && {
        prepare: async (unit) => void (await store.putIfAbsent(unitKey(job.id, unit, "posts"), POSTS)),
      }),
    }),
  );
  const asked = (await load.count()) - before.load;
  stop.abort();
  await working;
  await load.close();
  const perUnit = (number) => Number((number / count).toFixed(1));
  const report = {
    server: values.server,
    store: isBucket ? "s3 test server" : "folder",
    units: count,
    publishingMsPerUnit: perUnit(publishing),
    queuedMsPerUnit: perUnit(queued),
    [`${load.what}PerUnit`]: perUnit(asked),
  };
  if (bucket !== undefined) {
    const gathering = await timed(async () => {
      for (const unit of units) await store.get(unitKey(job.id, unit));
    });
    const now = requests();
    const more = Object.entries(now).map(([kind, n]) => [kind, perUnit(n - (before.requests[kind] ?? 0))]);
    report.gatheringMsPerUnit = perUnit(gathering);
    report.storeRequestsPerUnit = Object.fromEntries(more);
    report.storedBytesPerUnit = perUnit(
      [...bucket.objects].reduce(
        (sum, [key, { bytes }]) => sum + (key.startsWith("queue/") ? bytes.length : 0),
        0,
      ),
    );
  }
  console.log(JSON.stringify(report, undefined, 2));
} finally {
  broker?.[Symbol.dispose]?.();
  await server.stop();
  await bucket?.close();
  await rm(folder, { recursive: true, force: true });
}

function openStore(name) {
  if (bucket === undefined) return folderStore(join(folder, name));
  return openS3Store(`s3://bucket/${name}?endpoint=${bucket.url}`, { environment: TEST_KEYS });
}

function requests() {
  return bucket === undefined ? {} : countsOf(bucket);
}

/** What a server counts of the work that it does. */
async function loadOf(kind, url) {
  if (kind === "redis") {
    const { Redis } = await import("ioredis");
    const redis = new Redis(url);
    return {
      what: "redisCommands", // those inside scripts included
      count: async () => Number(/total_commands_processed:(\d+)/.exec(await redis.info("stats"))?.[1]),
      close: async () => redis.disconnect(),
    };
  }
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    what: "postgresTransactions",
    async count() {
      await sleep(3_000); // sessions report what they did after a while
      const { rows } = await client.query(
        "select xact_commit + xact_rollback as n from pg_stat_database where datname = current_database()",
      );
      return Number(rows[0].n);
    },
    close: () => client.end(),
  };
}

async function timed(work) {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
