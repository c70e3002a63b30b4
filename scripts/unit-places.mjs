// Where the units of a demonstration are published: a folder, or a bucket whose server fails at random and is away now and then. Both say what
// is published.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { drawsOf } from "./disturbing.mjs";
import { S3TestServer, TEST_KEYS } from "./s3-server.mjs";

/** A folder, which all processes see. */
export function unitFolder(path) {
  const jobs = () => (existsSync(path) ? readdirSync(path) : []);
  return {
    options: ["--units", path],
    env: {},
    isDivided: () => jobs().some((job) => existsSync(join(path, job, "rows.jsonl"))),
    /** The published units; what killed workers left unfinished does not count. */
    published: () =>
      jobs().flatMap((job) => {
        const base = join(path, job, "units");
        if (!existsSync(base)) return [];
        return readdirSync(base).flatMap((group) =>
          readdirSync(join(base, group))
            .filter((name) => !name.endsWith(".tmp"))
            .map((name) => `${group}/${name}`),
        );
      }),
    report: () => ({}),
    disturb: async () => undefined,
    stop: async () => undefined,
  };
}

/** Each of these happens to so many of a hundred requests. */
const FAULTS = { "slow-down": 3, error: 2, conflict: 2, reset: 1, "reset-after": 2, truncate: 2 };

/** A bucket. Workers find it by its address and get their posts from it. */
export async function unitBucket(seed) {
  const draw = drawsOf(seed);
  const faults = {};
  let isAway = false;
  let outages = 0;
  const drawFault = () => {
    let left = draw() * 100;
    return Object.entries(FAULTS).find(([, share]) => {
      left -= share;
      return left < 0;
    })?.[0];
  };
  const server = await S3TestServer.start({
    fault() {
      const fault = isAway ? "slow-down" : drawFault();
      if (fault !== undefined) faults[fault] = (faults[fault] ?? 0) + 1;
      return fault;
    },
  });
  const keys = (kind) => [...server.objects.keys()].filter((key) => key.includes(`/${kind}`));
  return {
    options: ["--units", `s3://bucket/faults?endpoint=${server.url}`, "--publish-posts"],
    env: TEST_KEYS,
    isDivided: () => keys("rows.jsonl").length > 0,
    published: () => keys("units/"),
    report: () => ({ store: { faults, outages, requests: countsOf(server) } }),
    /** Answers every request with status 503 for some seconds, again and again. */
    async disturb(wait, isOver) {
      while (!isOver()) {
        await wait(10 + draw() * 20);
        if (isOver()) return;
        isAway = true;
        outages++;
        await wait(2 + draw() * 6);
        isAway = false;
      }
    },
    stop: () => server.close(),
  };
}

/** How many requests of each kind a test server got. */
export function countsOf({ received }) {
  const counts = {};
  for (const { method, query } of received) {
    const kind = query.has("list-type") ? "LIST" : method;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
