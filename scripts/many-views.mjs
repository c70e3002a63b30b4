// Measures a store of many small views from a generator that answers at once: seconds, memory, files and bytes to make it, to read it, and to
// look up contents at random. With --kills, kills the processes that make it at random moments, half of them while they finish it, and
// compares the store with an undisturbed one. With --records, only indexes so many records of made-up contents in 4000 packs.
// Needs the build (dist/). Usage: node scripts/many-views.mjs [--views 1000000] [--kills 0] [--records 10000000] [--folder <empty folder>]
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { opendir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { manifestOf } from "../dist/synthesis/chain-plan.js";
import { runChains } from "../dist/synthesis/run-chains.js";
import { buildIndex } from "../dist/synthesis/store/build-index.js";
import { RECORD_BYTES, sortRecords, writeRecord } from "../dist/synthesis/store/content-index.js";
import { ContentReader } from "../dist/synthesis/store/content-reader.js";
import { storeLayout } from "../dist/synthesis/store/layout.js";
import { hasContent } from "../dist/synthesis/store/ledger-row.js";
import { shardCount } from "../dist/synthesis/store/manifest.js";
import { readLedger } from "../dist/synthesis/store/read-ledger.js";
import { surveyStore } from "../dist/synthesis/store/survey.js";

const CHAINS = 4;
const CAPTIONED = "application/vnd.relata.captioned-picture+json";
const TEXT = "text/plain;charset=utf-8";
const LOOKUPS = 10_000;
const MIB = 2 ** 20;

const { values } = parseArgs({
  options: {
    views: { type: "string", default: "1000000" },
    kills: { type: "string", default: "0" },
    records: { type: "string" },
    folder: { type: "string" },
    phase: { type: "string" },
  },
});
const instancesWanted = Math.ceil(Number(values.views) / CHAINS);
const encode = (text) => new TextEncoder().encode(text);

async function* instances() {
  for (let i = 0; i < instancesWanted; i++) {
    const text = `A post of some length about Ada and Bo, who met at place number ${i}.`;
    const real = () => Promise.resolve({ mediaType: TEXT, bytes: encode(text) });
    yield { id: `post-${i}`, real, fingerprint: String(i), mentions: ["Ada", "Bo"], exclude: [] };
  }
}

/** Every answer is different: some 400 bytes. */
const generator = {
  identity: { adapter: "instant", model: "none", settings: {} },
  concurrency: 256,
  costPerCall: 0,
  picture: async ({ prompt, seed }) => {
    const words = createHash("sha512").update(`${prompt} ${seed}`).digest("hex");
    const picture = { picture: `${seed}-${words.slice(0, 12)}.jpg`, caption: `${prompt} ${words} ${words}` };
    return { content: { mediaType: CAPTIONED, bytes: encode(JSON.stringify(picture)) } };
  },
  dispose: async () => undefined,
};
const plan = {
  direction: "text",
  rounds: 1,
  chains: CHAINS,
  seed: 1,
  duplicateLevels: 8,
  instances,
  textToImage: generator,
};

const PHASES = {
  ...(values.records === undefined
    ? {}
    : {
        index: (folder) => buildIndex(folder),
        [`look up ${LOOKUPS} places`]: async (folder) => {
          const records = readdirSync(dirname(storeLayout(folder).records(0))).map((name) =>
            join(dirname(storeLayout(folder).records(0)), name),
          );
          const hashes = records.flatMap((path) => {
            const bytes = readFileSync(path);
            return [0, 1, 2].map((i) => bytes.toString("hex", i * RECORD_BYTES, i * RECORD_BYTES + 32));
          });
          const reader = await ContentReader.open(folder);
          const started = performance.now();
          for (const hash of hashes.slice(0, LOOKUPS))
            if ((await reader.locate(hash)) === undefined) throw new Error(`${hash} is not found`);
          const lookupMs = (performance.now() - started) / LOOKUPS;
          await reader.close();
          return { lookupMs };
        },
      }),
  plan: async (folder) => surveyStore(folder, await manifestOf(plan)),
  make: (folder) => runChains({ folder, plan }),
  inspect: async (folder) => surveyStore(folder, await manifestOf(plan)),
  "read all contents": async (folder) => {
    const contents = await ContentReader.open(folder);
    for await (const row of readLedger(storeLayout(folder).ledger))
      if (hasContent(row)) await contents.get(row.content);
    await contents.close();
  },
  [`look up ${LOOKUPS} contents`]: async (folder) => {
    const every = Math.max(1, Math.floor(Number(values.views) / LOOKUPS));
    const hashes = [];
    let n = 0;
    for await (const row of readLedger(storeLayout(folder).ledger))
      if (hasContent(row) && n++ % every === 0) hashes.push(row.content);
    hashes.sort(); // at random places of the packs
    const started = performance.now();
    const contents = await ContentReader.open(folder);
    for (const hash of hashes) await contents.get(hash);
    await contents.close();
    return { lookupMs: (performance.now() - started) / hashes.length };
  },
};

const PACKS = 4000;

/** Records of contents that there are not, as the shards of a store leave them, and empty packs. */
function writeRecordFiles(folder) {
  const layout = storeLayout(folder);
  const each = Math.ceil(Number(values.records) / PACKS);
  for (const path of [layout.pack(0), layout.records(0)]) mkdirSync(dirname(path), { recursive: true });
  for (let pack = 0; pack < PACKS; pack++) {
    const records = Buffer.alloc(each * RECORD_BYTES);
    for (let i = 0; i < each; i++) {
      const entry = { hash: randomBytes(32).toString("hex"), offset: 512 + 100_352 * i, size: 99_000 };
      writeRecord(records, i * RECORD_BYTES, entry, pack);
    }
    writeFileSync(layout.pack(pack), "");
    writeFileSync(layout.records(pack), sortRecords(records));
  }
}

/** Files, folders and bytes below a folder; those that vanish meanwhile do not count. */
async function sizeOf(folder) {
  const size = { files: 0, folders: 0, bytes: 0, onDisk: 0 };
  const walk = async (path) => {
    for await (const entry of await opendir(path)) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) {
        size.folders++;
        await walk(inner).catch(ignoreGone);
        continue;
      }
      try {
        const { size: bytes, blocks } = statSync(inner);
        size.files++;
        size.bytes += bytes;
        size.onDisk += 512 * blocks;
      } catch (error) {
        ignoreGone(error);
      }
    }
  };
  await walk(folder).catch(ignoreGone);
  return size;
}

function ignoreGone(error) {
  if (error.code !== "ENOENT") throw error;
}

/** One hash over the names and contents of a store's files, without the clock times. */
async function hashOf(folder) {
  const hash = createHash("sha256");
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "timings.jsonl")
    .map((entry) => join(entry.parentPath, entry.name));
  for (const name of names.sort()) {
    hash.update(name.slice(folder.length));
    for await (const chunk of createReadStream(name)) hash.update(chunk);
  }
  return hash.digest("hex");
}

function startPhase(folder, phase) {
  const args = [
    fileURLToPath(import.meta.url),
    "--views",
    values.views,
    ...(values.records === undefined ? [] : ["--records", values.records]),
    "--folder",
    folder,
    "--phase",
    phase,
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let stdout = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  const begun = new Promise((resolve) => child.stdout.once("data", resolve));
  const ended = new Promise((resolve) =>
    child.once("exit", (code, signal) => resolve({ code, signal, stdout: () => stdout })),
  );
  return { child, begun, ended };
}

async function measure(folder, phase) {
  const { ended } = startPhase(folder, phase);
  let most = 0;
  let isOver = false;
  const watch = (async () => {
    while (phase === "make" && !isOver) {
      most = Math.max(most, (await sizeOf(folder)).files);
      await sleep(5000);
    }
  })();
  const { code, stdout } = await ended;
  isOver = true;
  if (code !== 0) throw new Error(`${phase} failed`);
  const found = JSON.parse(stdout().split("\n")[1]);
  console.log(
    [
      phase.padEnd(26),
      `${found.seconds.toFixed(1)} s (${found.cpuSeconds.toFixed(1)} of CPU)`.padEnd(28),
      `${(found.peakRssBytes / MIB).toFixed(0)} MiB`.padEnd(10),
      phase === "make"
        ? `${((1000 * found.seconds) / Number(values.views)).toFixed(3)} ms a view, at most ${most} files`
        : "",
      found.lookupMs === undefined ? "" : `${found.lookupMs.toFixed(3)} ms each`,
    ].join(" "),
  );
  await watch;
  return found.seconds;
}

/**
 * Kills processes that make the store, some time after they begin to, about half of them while they finish it.
 *
 * @param makeMs milliseconds that one undisturbed process needs
 * @param wanted hash of the undisturbed store
 */
async function makeWithKills(folder, kills, makeMs, wanted) {
  const counts = { making: 0, finishing: 0, stores: 0, others: 0 };
  const parts = join(folder, "work", "parts");
  const shards = shardCount(await manifestOf(plan));
  const isFinishing = () => existsSync(parts) && readdirSync(parts).length >= shards;
  for (let done = 0; ; ) {
    const { child, begun, ended } = startPhase(folder, "make");
    // A store that is being finished is killed as often as one that is being made, and then left alone until it is complete.
    const isLate = isFinishing();
    const isSpared = isLate && counts.finishing > counts.making;
    if (done < kills && !isSpared) {
      await Promise.race([begun, ended]);
      if (isLate || counts.making > counts.finishing) {
        while (child.exitCode === null && !isFinishing()) await sleep(5);
        await sleep(Math.random() * 0.1 * makeMs);
      } else await sleep((Math.random() * makeMs) / 3);
      child.kill("SIGKILL");
    }
    const { code, signal } = await ended;
    if (signal === "SIGKILL") {
      counts[isFinishing() ? "finishing" : "making"]++;
      done++;
    } else if (code === 0) {
      counts.stores++;
      if ((await hashOf(folder)) !== wanted) counts.others++;
      rmSync(folder, { recursive: true });
      if (done >= kills) return counts;
    } else throw new Error("making the store failed");
  }
}

if (values.phase !== undefined) {
  console.log("begun");
  const started = performance.now();
  const more = await PHASES[values.phase](values.folder);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage();
  const peakRssBytes = process.resourceUsage().maxRSS * 1024;
  console.log(
    JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, peakRssBytes, lookupMs: more?.lookupMs }),
  );
} else {
  const base = values.folder ?? mkdtempSync(join(tmpdir(), "relata-many-views-"));
  const folder = join(base, "store");
  if (values.records !== undefined) {
    console.log(
      `records of ${values.records} contents in ${PACKS} packs, every phase in a process of its own`,
    );
    writeRecordFiles(folder);
    for (const phase of Object.keys(PHASES).slice(0, 2)) await measure(folder, phase);
    console.log(`${(statSync(storeLayout(folder).index).size / MIB).toFixed(0)} MiB of index`);
    if (values.folder === undefined) rmSync(base, { recursive: true });
    process.exit();
  }
  console.log(`${values.views} views, ${CHAINS} for each post, every phase in a process of its own`);
  let makeMs = 0;
  for (const phase of Object.keys(PHASES)) {
    const seconds = await measure(folder, phase);
    if (phase === "make") makeMs = 1000 * seconds;
  }
  const { files, folders, bytes, onDisk } = await sizeOf(folder);
  console.log(
    `${files} files and ${folders} folders, ${(bytes / MIB).toFixed(0)} MiB, ${(onDisk / MIB).toFixed(0)} MiB on the disk`,
  );
  const index = await readFile(storeLayout(folder).index);
  console.log(`index: ${index.readUIntBE(26, 6)} contents, ${(index.length / MIB).toFixed(1)} MiB`);
  const kills = Number(values.kills);
  if (kills > 0) {
    const wanted = await hashOf(folder);
    const { making, finishing, stores, others } = await makeWithKills(
      join(base, "killed"),
      kills,
      makeMs,
      wanted,
    );
    console.log(
      `${making} kills while a store was made, ${finishing} while it was finished: ${stores} stores, ${others} of them with other bytes`,
    );
    if (others > 0) process.exitCode = 1;
  }
  if (values.folder === undefined) rmSync(base, { recursive: true });
}
