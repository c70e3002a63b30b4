// Measures the cost of the ledger without a generator: seconds and peak memory to plan, make, resume and inspect a store of --calls calls.
// Needs the build (dist/). Usage: node scripts/bench-ledger.mjs [--calls 100000] [--folder <empty folder>]
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { manifestOf } from "../dist/synthesis/chain-plan.js";
import { estimateOf } from "../dist/synthesis/estimate.js";
import { runChains } from "../dist/synthesis/run-chains.js";
import { lineageOf } from "../dist/synthesis/store/lineage.js";
import { openViewStore } from "../dist/synthesis/store/open-store.js";
import { surveyStore } from "../dist/synthesis/store/survey.js";

const CHAINS = 4;
const ROUNDS = 3; // 5 steps
const PER_INSTANCE = CHAINS * (2 * ROUNDS - 1);
const CAPTIONED = "application/vnd.relata.captioned-picture+json";
const TEXT = "text/plain;charset=utf-8";
const CONTENTS = 1000; // distinct answers: this measures the ledger, not the disk's files

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "100000" },
    folder: { type: "string" },
    phase: { type: "string" },
  },
});
const calls = Number(values.calls);
const encode = (text) => new TextEncoder().encode(text);

async function* instances() {
  for (let i = 0; i < Math.ceil(calls / PER_INSTANCE); i++) {
    const text = `A post of some length about Ada and Bo, who met at place number ${i}.`;
    const real = () => Promise.resolve({ mediaType: TEXT, bytes: encode(text) });
    yield { id: `post-${i}`, real, fingerprint: String(i), mentions: ["Ada", "Bo"], exclude: [] };
  }
}

const generator = {
  identity: { adapter: "instant", model: "none", settings: {} },
  concurrency: 16,
  costPerCall: 0,
  picture: async ({ seed }) => {
    const picture = `picture-${seed % CONTENTS}.jpg`;
    return {
      content: { mediaType: CAPTIONED, bytes: encode(JSON.stringify({ picture, caption: picture })) },
    };
  },
  text: async ({ seed }) => ({
    content: { mediaType: TEXT, bytes: encode(`a caption, ${seed % CONTENTS}`) },
  }),
};
const plan = {
  ...{ direction: "text", rounds: ROUNDS, chains: CHAINS, seed: 1, duplicateLevels: 8 },
  ...{ instances, textToImage: generator, imageToText: generator },
};

/** What each phase does; all but the first start from the previous phase's store. */
const PHASES = {
  plan: async (folder) => {
    const manifest = await manifestOf(plan);
    estimateOf(manifest, await surveyStore(folder, manifest), {});
  },
  "make half": (folder) => runChains({ folder, plan, limit: Math.ceil(calls / PER_INSTANCE / 2) }),
  "plan to resume": async (folder) => {
    const manifest = await manifestOf(plan);
    estimateOf(manifest, await surveyStore(folder, manifest), {});
  },
  "make the rest": (folder) => runChains({ folder, plan }),
  "resume what is complete": (folder) => runChains({ folder, plan }),
  inspect: async (folder) => surveyStore(folder, await manifestOf(plan)),
  "inspect an instance": async (folder) => lineageOf(folder, await manifestOf(plan), "post-0"),
  "read all views": async (folder) => {
    for await (const _view of (await openViewStore(folder)).views());
  },
};

if (values.phase !== undefined) {
  const started = performance.now();
  await PHASES[values.phase](values.folder);
  const seconds = (performance.now() - started) / 1000;
  const cpu = process.cpuUsage();
  const cpuSeconds = (cpu.user + cpu.system) / 1e6;
  console.log(JSON.stringify({ seconds, cpuSeconds, peakRssBytes: process.resourceUsage().maxRSS * 1024 }));
} else {
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), "relata-ledger-"));
  console.log(
    `${calls} calls (${CHAINS} chains of ${2 * ROUNDS - 1} steps), every phase in a process of its own`,
  );
  console.log("phase                       seconds   of it CPU   peak RSS, MiB");
  for (const phase of Object.keys(PHASES)) {
    const args = [
      fileURLToPath(import.meta.url),
      "--calls",
      String(calls),
      "--folder",
      folder,
      "--phase",
      phase,
    ];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${phase} failed: ${stderr}`);
    const { seconds, cpuSeconds, peakRssBytes } = JSON.parse(stdout);
    const cells = [seconds.toFixed(2).padStart(8), cpuSeconds.toFixed(2).padStart(12)];
    console.log(`${phase.padEnd(26)}${cells.join("")}${(peakRssBytes / 2 ** 20).toFixed(0).padStart(16)}`);
  }
  if (values.folder === undefined) rmSync(folder, { recursive: true });
}
