// Extracts through a queue while workers are killed at random, one is stopped until its unit goes to another, the server is killed and
// restarted, and one unit cannot be done. Compares the output with that of one undisturbed run, byte for byte. With --store s3, results and posts are
// in a bucket whose server fails too, and workers see neither the posts nor the folder of the model.
// Needs the build (dist/) and redis-server or PostgreSQL. Usage:
//   node scripts/queue-faults.mjs <model> <posts.jsonl> [--server redis] [--store folder] [--units 500] [--workers 3] [--lease 5] [--kill-every 6]
// Exit code 1 if anything is missing, twice, or different.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, createWriteStream, existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { drawsOf, timed, waitUnless } from "./disturbing.mjs";
import { startServer } from "./queue-servers.mjs";
import { unitBucket, unitFolder } from "./unit-places.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    server: { type: "string", default: "redis" },
    store: { type: "string", default: "folder" },
    units: { type: "string", default: "500" },
    workers: { type: "string", default: "3" },
    lease: { type: "string", default: "5" },
    "kill-every": { type: "string", default: "6" },
    seed: { type: "string", default: "1" },
  },
});
const [model, posts] = positionals;
if (model === undefined || posts === undefined) throw new Error("name a model and a file of posts");
const MAIN = new URL("../dist/cli/main.js", import.meta.url).pathname;
const UNIT_ROWS = 128;
const [units, workers, lease] = [Number(values.units), Number(values.workers), Number(values.lease)];
const poisoned = units - 5;
const folder = await mkdtemp(join(tmpdir(), "relata-queue-faults-"));
const at = (name) => join(folder, name);
const draw = drawsOf(Number(values.seed));

const server = await startServer(values.server);
const isBucket = values.store === "s3";
const place = isBucket ? await unitBucket(Number(values.seed)) : unitFolder(at("many.jsonl.units"));
const running = new Set();
const outcome = { kills: 0, pauses: 0, restarts: 0, doneTwice: 0 };
let isOver = false;
try {
  await writePosts(at("posts.jsonl"));
  await mkdir(at("elsewhere"));
  const options = ["--threads", "1", "--no-pictures", "--json"];
  const extract = ["extract", relative(folder, resolve(model)), "posts.jsonl", ...options];
  const single = await timed(() => program([...extract, "--out", "one.jsonl"]));
  if (single.result.code !== 0) throw new Error(single.result.stderr);

  const submitted = [
    ...extract,
    "--out",
    "many.jsonl",
    "--unit-rows",
    String(UNIT_ROWS),
    "--queue",
    server.url,
    ...place.options,
  ];
  const submitter = program([...submitted, "--attempts", "2"]);
  const row = await rowOf(at("posts.jsonl"), poisoned * UNIT_ROWS + 3);
  while (!place.isDivided()) await sleep(20);
  await overwrite(row.offset, "x"); // after the input was divided, before anybody reads the row
  for (let i = 0; i < workers; i++) startWorker();
  const faults = Promise.all([killing(), pausing(), restarting(), place.disturb(waited, () => isOver)]);
  const disturbed = await timed(() => submitter);
  isOver = true;
  await faults;

  for (const child of running) child.kill("SIGTERM");
  while (running.size > 0) await sleep(100);
  const failed = JSON.parse(disturbed.result.stdout || disturbed.result.stderr);
  const published = place.published();
  await overwrite(row.offset, row.byte);
  if (existsSync(at("many.jsonl"))) throw new Error("an output was written without all units");
  startWorker();
  const repaired = await program(submitted);
  const isEqual = ["", ".rejected.jsonl"].every((suffix) =>
    readFileSync(at(`one.jsonl${suffix}`)).equals(readFileSync(at(`many.jsonl${suffix}`))),
  );
  const report = {
    server: values.server,
    results: values.store,
    ...{ units, rows: units * UNIT_ROWS, workers, leaseSeconds: lease },
    singleSeconds: single.seconds,
    disturbedSeconds: disturbed.seconds,
    ...outcome,
    ...place.report(),
    firstExitCode: disturbed.result.code,
    publishedBeforeRepair: published.length,
    failures: failed.failures,
    secondExitCode: repaired.code,
    publishedTwice: published.length - new Set(published).size,
    equalBytes: isEqual,
  };
  console.log(JSON.stringify(report, undefined, 2));
  const isRight =
    isEqual &&
    disturbed.result.code === 1 &&
    repaired.code === 0 &&
    published.length === units - 1 &&
    failed.failures?.length === 1 &&
    failed.failures[0].unit === poisoned;
  if (!isRight) {
    console.error(disturbed.result.stderr.slice(-2000), repaired.stderr.slice(-2000));
    process.exitCode = 1;
  }
} finally {
  isOver = true;
  for (const child of running) child.kill("SIGKILL");
  await server.stop();
  await place.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

/** Kills a worker at random moments and starts another one. */
async function killing() {
  while (!isOver) {
    await waited(draw() * 2 * Number(values["kill-every"]));
    const victims = [...running].filter((child) => child.paused !== true);
    const victim = victims[Math.floor(draw() * victims.length)];
    if (isOver || victim === undefined) continue;
    victim.kill("SIGKILL");
    outcome.kills++;
    startWorker();
  }
}

/** Stops a worker for longer than its lease: its unit goes to another one, and then there are two results. */
async function pausing() {
  while (!isOver) {
    await waited(2 * lease);
    const [victim] = running;
    if (isOver || victim === undefined) continue;
    victim.paused = true;
    victim.kill("SIGSTOP");
    outcome.pauses++;
    await waited(3 * lease);
    victim.kill("SIGCONT");
    victim.paused = false;
  }
}

/** Kills the server in the middle, twice, and starts it again. */
async function restarting() {
  for (const share of [0.3, 0.6]) {
    while (!isOver && place.published().length < share * units) await sleep(100);
    if (isOver) return;
    await server.kill();
    await waited(3);
    await server.start();
    outcome.restarts++;
  }
}

function waited(seconds) {
  return waitUnless(() => isOver, seconds);
}

function startWorker() {
  const args = ["work", "--queue", server.url, "--lease", String(lease), "--threads", "1", "--json"];
  if (isBucket) args.push("--model", resolve(model));
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: isBucket ? at("elsewhere") : folder,
    env: { ...process.env, ...place.env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  running.add(child);
  const said = [];
  child.stdout.on("data", (chunk) => said.push(chunk));
  child.once("close", () => {
    running.delete(child);
    const text = Buffer.concat(said).toString();
    if (text !== "") outcome.doneTwice += JSON.parse(text).before; // killed ones say nothing
  });
}

async function program(args) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { ...process.env, ...place.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    const chunks = [];
    stream.on("data", (chunk) => chunks.push(chunk));
    return chunks;
  });
  const [code] = await once(child, "close");
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/** Repeats the posts until there are enough, with ids of their own and a few rows that are rejected. */
async function writePosts(path) {
  const texts = [];
  for await (const line of createInterface({ input: createReadStream(posts) }))
    if (line.trim() !== "") texts.push(JSON.parse(line).text);
  const file = createWriteStream(path);
  for (let row = 0; row < units * UNIT_ROWS; row++) {
    const text = row % 1000 === 999 ? "" : `${texts[row % texts.length]} ${row}`;
    const id = row % 5000 === 4999 ? "p1" : `p${row}`;
    if (!file.write(`${JSON.stringify({ id, text })}\n`)) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
}

/** Where the text of a row begins, in bytes, and what is there. */
async function rowOf(path, wanted) {
  let [offset, row] = [0, 0];
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (row++ === wanted) {
      const place = line.indexOf('"text":"') + '"text":"'.length;
      return { offset: offset + Buffer.byteLength(line.slice(0, place)), byte: line[place] };
    }
    offset += Buffer.byteLength(line) + 1;
  }
  throw new Error(`there is no row ${wanted}`);
}

async function overwrite(offset, text) {
  const file = await open(at("posts.jsonl"), "r+");
  await file.write(text, offset);
  await file.sync();
  await file.close();
}
