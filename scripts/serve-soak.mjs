// Puts a server under constant load for minutes and prints the memory of all its processes over time. Needs the build (dist/) and Linux' /proc.
// Usage: node scripts/serve-soak.mjs <bundle> --posts <file> [--pictures <folder>] [--callers 8] [--minutes 10] [-- <options of relata serve>]
import { parseArgs } from "node:util";
import { runLoad } from "../dist/checks/bench/serve/load.js";
import { startOwnServer } from "../dist/checks/bench/serve/own-server.js";
import { loadRequests } from "../dist/checks/bench/serve/posts.js";
import { processTree, residentBytes } from "./process-tree.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    posts: { type: "string" },
    pictures: { type: "string" },
    callers: { type: "string", default: "8" },
    minutes: { type: "string", default: "10" },
  },
});
const [bundle, ...serveOptions] = positionals;
if (bundle === undefined || values.posts === undefined) throw new Error("name a bundle and --posts <file>");

const MIB = 2 ** 20;
const ROWS = 20;
const stop = new AbortController();
process.once("SIGINT", () => stop.abort(new Error("stopped")));
const requests = await loadRequests({ posts: values.posts, pictures: values.pictures });
const server = await startOwnServer({
  args: [bundle, "--no-page", ...serveOptions],
  program: new URL("../dist/cli/main.js", import.meta.url).pathname,
  signal: stop.signal,
});
const seconds = (Number(values.minutes) * 60) / ROWS;
const samples = [];
const row = (cells) => console.log(cells.map((cell) => String(cell).padStart(11)).join(""));
try {
  row(["minute", "posts", "posts/s", "p99 ms", "server MiB", "workers MiB", "all MiB"]);
  for (let i = 1; i <= ROWS; i++) {
    const load = await runLoad({
      url: server.url,
      requests,
      callers: Number(values.callers),
      seconds,
      signal: stop.signal,
    });
    const [own, ...workers] = (
      await Promise.all((await processTree(server.process.pid)).map(residentBytes))
    ).map((bytes) => bytes / MIB);
    const ofWorkers = workers.reduce((sum, one) => sum + one, 0);
    samples.push({
      minute: (i * seconds) / 60,
      all: own + ofWorkers,
      posts: load.posts,
      errors: load.errors,
    });
    const numbers = [
      (i * seconds) / 60,
      load.posts,
      load.postsPerSecond,
      load.latencyMs.p99,
      own,
      ofWorkers,
      own + ofWorkers,
    ];
    row(numbers.map((number, at) => number.toFixed(at === 1 ? 0 : 1)));
  }
} finally {
  await server[Symbol.asyncDispose]();
}
// The first half may still allocate and compile; flat memory shows in the second.
const second = samples.slice(ROWS / 2);
const growth = second.at(-1).all - second[0].all;
const errors = samples.flatMap((sample) =>
  Object.entries(sample.errors).map(([code, count]) => `${count} times ${code}`),
);
const posts = samples.reduce((sum, sample) => sum + sample.posts, 0);
console.log(
  `${posts} posts; memory of all processes: ${second[0].all.toFixed(0)} MiB at half time, ${second.at(-1).all.toFixed(0)} MiB at the end (${growth >= 0 ? "+" : ""}${growth.toFixed(1)} MiB)`,
);
console.log(errors.length === 0 ? "no errors" : `errors: ${errors.join(", ")}`);
