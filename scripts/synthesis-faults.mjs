// Makes a store of simulated views through a queue while workers are killed at random, the submitter is killed once, and the server is killed and
// restarted, Redis with nothing in it. Compares the store with that of one undisturbed run, byte for byte.
// Needs the build (dist/) and redis-server or PostgreSQL. Usage:
//   node scripts/synthesis-faults.mjs [--server redis] [--posts 30] [--workers 3] [--lease 3] [--kill-every 4]
// Exit code 1 if anything is missing or different.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { writeWorld } from "../dist/world/write.js";
import { drawsOf, timed, waitUnless } from "./disturbing.mjs";
import { startServer } from "./queue-servers.mjs";

const { values } = parseArgs({
  options: {
    server: { type: "string", default: "redis" },
    posts: { type: "string", default: "30" },
    workers: { type: "string", default: "3" },
    lease: { type: "string", default: "3" },
    "kill-every": { type: "string", default: "4" },
    seed: { type: "string", default: "1" },
  },
});
const UNREACHABLE = 1; // exit code of a process that starts while the server is away
const MAIN = new URL("../dist/cli/main.js", import.meta.url).pathname;
const parts = Number(values.posts); // of one post each
const folder = await mkdtemp(join(tmpdir(), "relata-synthesis-faults-"));
const at = (name) => join(folder, name);
const draw = drawsOf(Number(values.seed));

const server = await startServer(values.server);
const running = new Set();
const outcome = { kills: 0, submitterKills: 0, restarts: 0 };
let isOver = false;
try {
  await writeWorld(at("world"), { train: parts, validation: 1, test: 1 });
  const simulator = { adapter: "simulator", world: "world" };
  const plan = {
    data: { path: "world/train.jsonl" },
    ...{ direction: "text", rounds: 2, chains: 11, seed: 5 },
    ...{ textToImage: { ...simulator, duplicate: 0.4 }, imageToText: simulator },
  };
  writeFileSync(at("plan.json"), JSON.stringify(plan));
  const single = await timed(() => ended(start(["synthesize", "plan.json", "--store", "one"])));
  if (single.result !== 0) throw new Error(`the undisturbed run ended with code ${single.result}`);

  for (let i = 0; i < Number(values.workers); i++) startWorker();
  const faults = Promise.all([killing(), restarting()]);
  const disturbed = await timed(submitting);
  isOver = true;
  await faults;
  const isEqual = JSON.stringify(filesOf("one")) === JSON.stringify(filesOf("many"));
  const report = {
    ...{ server: values.server, parts, workers: Number(values.workers), leaseSeconds: Number(values.lease) },
    ...{ calls: readFileSync(at("one/ledger.jsonl"), "utf8").split("\n").length - 1 },
    ...{ singleSeconds: single.seconds, disturbedSeconds: disturbed.seconds, ...outcome },
    ...{ exitCode: disturbed.result, equalBytes: isEqual },
  };
  console.log(JSON.stringify(report, undefined, 2));
  if (!isEqual || disturbed.result !== 0) process.exitCode = 1;
} finally {
  isOver = true;
  for (const child of running) child.kill("SIGKILL");
  await server.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

/** Submits, is killed when a third is done, and submits again. */
async function submitting() {
  const command = ["synthesize", "plan.json", "--store", "many", "--queue", server.url];
  const first = start(command);
  while (first.exitCode === null && finished() < parts / 3) await sleep(50);
  if (first.exitCode === null) {
    first.kill("SIGKILL");
    await once(first, "close");
    outcome.submitterKills++;
  }
  for (let tries = 1; ; tries++) {
    const code = await ended(start(command));
    if (code !== UNREACHABLE || tries === 9) return code;
    await waited(1);
  }
}

/** Kills a worker at random moments and starts another one. */
async function killing() {
  while (!isOver) {
    await waited(draw() * 2 * Number(values["kill-every"]));
    const victims = [...running];
    const victim = victims[Math.floor(draw() * victims.length)];
    if (isOver || victim === undefined) continue;
    victim.kill("SIGKILL");
    outcome.kills++;
    startWorker();
  }
}

/** Kills the server when two thirds are done, and starts it again. */
async function restarting() {
  while (!isOver && finished() < (2 * parts) / 3) await sleep(50);
  if (isOver) return;
  await server.kill();
  await waited(2);
  await server.start();
  outcome.restarts++;
}

function waited(seconds) {
  return waitUnless(() => isOver, seconds);
}

function startWorker() {
  const child = start(["work", "--queue", server.url, "--lease", values.lease]);
  running.add(child);
  child.once("close", (code) => {
    running.delete(child);
    if (code === UNREACHABLE && !isOver) startWorker();
  });
}

function start(args) {
  return spawn(process.execPath, [MAIN, ...args], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
}

async function ended(child) {
  const [code] = await once(child, "close");
  return code;
}

/** Parts that are finished, while the store is not complete. */
function finished() {
  const names = join(at("many"), "work", "parts");
  return existsSync(names) ? readdirSync(names).length : 0;
}

/** SHA-256 of a store's files by name; `timings.jsonl` has clock times. */
function filesOf(store) {
  return readdirSync(at(store), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name !== "timings.jsonl")
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => [
      path.slice(at(store).length),
      createHash("sha256").update(readFileSync(path)).digest("hex"),
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
