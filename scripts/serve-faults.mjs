// Shows what a server does under overload, when its workers are killed and when it is told to end, and counts that no accepted post is lost.
// Needs the build (dist/) and Linux' /proc. Usage: node scripts/serve-faults.mjs <bundle> --posts <file> [--seconds 10]
// Exit code 1 if a post was lost.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { Pool } from "undici";
import { readMetrics, totalOf } from "../dist/checks/bench/serve/metrics.js";
import { loadRequests } from "../dist/checks/bench/serve/posts.js";
import { processTree } from "./process-tree.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { posts: { type: "string" }, seconds: { type: "string", default: "10" } },
});
const [bundle] = positionals;
if (bundle === undefined || values.posts === undefined) throw new Error("name a bundle and --posts <file>");
const MAIN = new URL("../dist/cli/main.js", import.meta.url).pathname;
const MS = Number(values.seconds) * 1000;
// Time enough to read again, one by one, what the last lost worker had: a post that loses two workers is given up.
const KILL_EVERY_MS = 4000;
const requests = await loadRequests({ posts: values.posts });

/** Starts a server on a free port and counts the answers in its log by status. */
async function startServer(...options) {
  const args = [MAIN, "serve", bundle, "--no-page", "--port", "0", "--log", "json", ...options];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  const logged = new Map();
  const listening = withResolvers();
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (!line.startsWith("{")) return; // words for whoever watches
    const { event, status, path, url } = JSON.parse(line);
    if (event === "listening") listening.resolve(url);
    if (event === "request" && path === "/v1/extract") logged.set(status, (logged.get(status) ?? 0) + 1);
  });
  child.once("exit", (code) => listening.reject(new Error(`the server ended with code ${code}`)));
  const url = await listening.promise;
  for (;;) {
    const response = await fetch(`${url}/readyz`);
    await response.arrayBuffer();
    if (response.ok) break;
    await sleep(50);
  }
  return { child, url, logged };
}

/** Workers that answer, as the server counts them. */
async function readyWorkers(url) {
  return totalOf(await readMetrics(url, undefined), "relata_replicas_ready");
}

/** Callers who ask until the time is over, or until they cannot connect. Counts what each request came to. */
async function load(url, callers, ms, isStopping = () => false) {
  const pool = new Pool(url, { connections: callers, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
  const counts = {};
  const end = Date.now() + ms;
  let next = 0;
  let withoutRetryAfter = 0;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (Date.now() < end) {
        const { body, contentType } = requests[next++ % requests.length];
        let outcome;
        try {
          const answer = await pool.request({
            method: "POST",
            path: "/v1/extract",
            body,
            headers: { "content-type": contentType },
          });
          const text = await answer.body.text();
          outcome = answer.statusCode === 200 ? "200" : `${answer.statusCode} ${JSON.parse(text).code}`;
          if (/^(429|503)/.test(outcome) && answer.headers["retry-after"] === undefined) withoutRetryAfter++;
          if (outcome === "200" && JSON.parse(text).entities === undefined) outcome = "200 without an answer";
        } catch (error) {
          outcome = error.code ?? error.name;
        }
        counts[outcome] = (counts[outcome] ?? 0) + 1;
        if (outcome !== "200") {
          if (isStopping()) return;
          await sleep(20);
        }
      }
    }),
  );
  await pool.close();
  return { counts, withoutRetryAfter };
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function withResolvers() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}

async function end({ child }) {
  if (child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

let failures = 0;
function report(title, counts, facts, isFine) {
  console.log(`${title}\n  callers saw: ${JSON.stringify(counts)}`);
  for (const fact of facts) console.log(`  ${fact}`);
  console.log(`  ${isFine ? "nothing accepted was lost" : "FAILED"}`);
  if (!isFine) failures++;
}

{
  const server = await startServer("--queue-capacity", "32", "--max-concurrent-requests", "1024");
  const { counts, withoutRetryAfter } = await load(server.url, 256, MS);
  await end(server);
  const answered = counts["200"] ?? 0;
  const refused = counts["429 serving/queue-full"] ?? 0;
  const others = Object.keys(counts).filter((name) => name !== "200" && name !== "429 serving/queue-full");
  report(
    `overload: 256 callers, a queue of 32, ${MS / 1000} s`,
    counts,
    [
      `the server logged ${server.logged.get(200) ?? 0} answers of status 200 and ${server.logged.get(429) ?? 0} of 429`,
      `answers without Retry-After: ${withoutRetryAfter}`,
    ],
    others.length === 0 &&
      refused > 0 &&
      answered > 0 &&
      answered === server.logged.get(200) &&
      withoutRetryAfter === 0,
  );
}
{
  const server = await startServer("--replicas", "2");
  let kills = 0;
  const until = Date.now() + MS;
  const killing = (async () => {
    for (;;) {
      await sleep(KILL_EVERY_MS);
      if (Date.now() >= until) return;
      const [, ...workers] = await processTree(server.child.pid);
      process.kill(workers[Math.floor(Math.random() * workers.length)], "SIGKILL");
      kills++;
      // The next one only when the lost one is replaced: with all of them gone there would be nobody to answer.
      await sleep(500);
      while ((await readyWorkers(server.url)) < 2) await sleep(100);
    }
  })();
  const { counts } = await load(server.url, 16, MS);
  await killing;
  await end(server);
  report(
    `kill -9 of a worker, again and again: 2 workers, 16 callers, ${MS / 1000} s`,
    counts,
    [`workers killed: ${kills}`],
    kills > 0 && Object.keys(counts).every((name) => name === "200"),
  );
}
{
  const server = await startServer();
  let isStopping = false;
  setTimeout(() => {
    isStopping = true;
    server.child.kill("SIGTERM");
  }, MS / 2);
  const exit = once(server.child, "exit");
  const { counts } = await load(server.url, 64, MS + 30_000, () => isStopping);
  const [code, signal] = await exit;
  const answered = counts["200"] ?? 0;
  report(
    `kill -TERM under load: 64 callers, after ${MS / 2000} s`,
    counts,
    [
      `the server logged ${server.logged.get(200) ?? 0} answers of status 200 and ended with ${signal ?? `code ${code}`}`,
    ],
    answered > 0 &&
      answered === server.logged.get(200) &&
      (code === 0 || code === 143 || signal === "SIGTERM"),
  );
}
process.exit(failures === 0 ? 0 : 1);
