// Shows what active learning is worth where hidden labels answer: F1 by number of labels for several choices, over seeds, and the labels that
// each choice needs for the same F1. A cell (a choice and a seed) is a file of its own, so a stopped simulation continues where it was.
//
// node scripts/active-simulation.mjs --task mner --train train.txt --held-out valid.txt --pool-size 2500 --test-size 500
//   --start 50 --batch 50 --rounds 5 --encoder <folder> --out <folder>
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { chooseBatch } from "../dist/active/choose-batch.js";
import { questionKey, textKey } from "../dist/active/questions.js";
import { readDocuments } from "../dist/data/readers.js";
import { seededIndex } from "../dist/evaluation/seeded-random.js";
import { tInterval } from "../dist/experiments/t-interval.js";
import { openFrozen, scoreHead, trainHead, unsureHead, vectorsOf } from "./frozen-head.mjs";

const { values } = parseArgs({
  options: {
    task: { type: "string", default: "mner" },
    train: { type: "string" },
    "held-out": { type: "string" },
    "pool-size": { type: "string", default: "2500" },
    "test-size": { type: "string", default: "500" },
    start: { type: "string", default: "50" },
    batch: { type: "string", default: "50" },
    rounds: { type: "string", default: "5" },
    seeds: { type: "string", default: "5" },
    by: { type: "string", multiple: true, default: ["random", "both"] },
    encoder: { type: "string" },
    epochs: { type: "string", default: "10" },
    "batch-size": { type: "string", default: "16" },
    "learning-rate": { type: "string", default: "5e-3" },
    threads: { type: "string", default: "1" },
    cache: { type: "string" },
    out: { type: "string" },
    "only-table": { type: "boolean", default: false },
  },
});
const number = (name) => Number(values[name]);
const { task } = values;
const out = resolve(values.out);
const SAMPLE_SEED = 7; // the pool is the same for all seeds, which draw what is labelled first and how the head begins
const cellPath = (by, seed) => join(out, `${by}-${seed}.json`);

await mkdir(out, { recursive: true });
if (!values["only-table"]) await simulate();
await printTable();

async function simulate() {
  const read = async (path) => shuffled((await readDocuments(path, {})).documents, SAMPLE_SEED);
  const test = (await read(values["held-out"])).slice(0, number("test-size"));
  const scored = new Set(test.map(({ text }) => textKey(text)));
  const seen = new Set();
  const pool = (await read(values.train))
    .filter((document) => {
      const key = questionKey(document, task);
      const isNew = !seen.has(key) && !scored.has(textKey(document.text));
      seen.add(key);
      return isNew;
    })
    .slice(0, number("pool-size"));
  const documents = [...pool, ...test];
  const cells = Array.from({ length: number("seeds") }, (_, i) => i + 1)
    .flatMap((seed) => values.by.map((by) => ({ by, seed })))
    .filter(({ by, seed }) => !existsSync(cellPath(by, seed)));
  if (cells.length === 0) return;
  const log = (text) => console.error(text);
  const frozen = await openFrozen({
    task,
    encoder: values.encoder,
    threads: number("threads"),
    documents,
    cache: values.cache ?? join(out, "text-states"),
    log,
  });
  if (frozen.examples.length !== documents.length)
    throw new Error(`${documents.length} documents have ${frozen.examples.length} examples`);
  const all = documents.map((_, i) => i);
  for (const { by, seed } of cells) {
    const started = process.cpuUsage();
    const rounds = await cell(frozen, all.slice(0, pool.length), all.slice(pool.length), by, seed);
    const { user, system } = process.cpuUsage(started);
    const path = cellPath(by, seed);
    await writeFile(`${path}.part`, JSON.stringify({ by, seed, options: values, rounds }));
    await rename(`${path}.part`, path);
    log(
      `${by}, seed ${seed}: ${rounds.map(({ f1 }) => f1.toFixed(3)).join(" ")} (${((user + system) / 1e6).toFixed(1)} s of a core)`,
    );
  }
  await frozen.model.dispose();
}

/** The rounds of a choice and a seed: random labels first, then batches. */
async function cell(frozen, pool, test, by, seed) {
  const first = shuffled(pool, seed).slice(0, number("start"));
  const labelled = [...first];
  const rounds = [];
  for (let round = 0; ; round++) {
    await trainHead(frozen, labelled, {
      epochs: number("epochs"),
      batchSize: number("batch-size"),
      learningRate: number("learning-rate"),
      seed,
    });
    rounds.push({
      labels: labelled.length,
      f1: await scoreHead(frozen, test),
      marks: marksOf(frozen, labelled),
    });
    if (round === number("rounds")) return rounds;
    const known = new Set(labelled);
    const left = pool.filter((i) => !known.has(i));
    const needsModel = by !== "random" && by !== "diversity";
    const chosen = await chooseBatch(
      {
        count: left.length,
        uncertainty: needsModel ? await unsureHead(frozen, left) : undefined,
        vectorsOf: async (indices) =>
          vectorsOf(
            frozen,
            indices.map((i) => left[i]),
          ),
      },
      number("batch"),
      by,
      1000 * seed + round,
    );
    labelled.push(...chosen.map((i) => left[i]));
  }
}

/** Labels that a person would have set: relations other than None, or entities. */
function marksOf({ task: what, examples, labels, texts }, indices) {
  return what === "mre"
    ? indices.filter((i) => examples[i].label !== labels.noneIndex).length
    : indices.reduce((sum, i) => sum + texts[i].gold.length, 0);
}

function shuffled(list, seed) {
  const random = seededIndex(seed);
  const order = [...list];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Labels at which a curve first reaches an F1, between its points in proportion; undefined if it never does. */
function labelsFor(curve, f1) {
  for (const [i, point] of curve.entries()) {
    if (point.f1 < f1) continue;
    const before = curve[i - 1];
    if (before === undefined) return point.labels;
    const share = (f1 - before.f1) / (point.f1 - before.f1);
    return before.labels + share * (point.labels - before.labels);
  }
  return undefined;
}

async function printTable() {
  const seeds = Array.from({ length: number("seeds") }, (_, i) => i + 1);
  const curves = new Map();
  for (const by of ["random", "both", "uncertainty", "diversity", "permuted"]) {
    for (const seed of seeds) {
      const path = cellPath(by, seed);
      if (existsSync(path)) curves.set(`${by} ${seed}`, JSON.parse(await readFile(path, "utf8")).rounds);
    }
  }
  const interval = (list, digits) => {
    const { mean, interval: ends } = tInterval(list);
    return `${mean.toFixed(digits)}${ends ? ` [${ends.map((end) => end.toFixed(digits)).join(", ")}]` : ""}`;
  };
  for (const by of ["random", "both", "uncertainty", "diversity", "permuted"]) {
    const done = seeds.filter((seed) => curves.has(`${by} ${seed}`) && curves.has(`random ${seed}`));
    if (done.length === 0) continue;
    const own = (seed) => curves.get(`${by} ${seed}`);
    const random = (seed) => curves.get(`random ${seed}`);
    console.log(`\n${by}, ${done.length} seeds`);
    for (const [i, { labels }] of own(done[0]).entries()) {
      const difference = interval(
        done.map((seed) => own(seed)[i].f1 - random(seed)[i].f1),
        3,
      );
      console.log(
        [
          `${String(labels).padStart(6)} labels`,
          `F1 ${interval(
            done.map((seed) => own(seed)[i].f1),
            3,
          )}`,
          ...(by === "random" ? [] : [`minus random ${difference}`]),
          `marks ${(done.reduce((sum, seed) => sum + own(seed)[i].marks, 0) / done.length).toFixed(0)}`,
        ].join("  "),
      );
    }
    if (by === "random") continue;
    const needed = done.map((seed) => {
      const last = random(seed).at(-1);
      const labels = labelsFor(own(seed), last.f1);
      return labels === undefined ? undefined : labels / last.labels;
    });
    const reached = needed.filter((share) => share !== undefined);
    console.log(
      `  for the F1 of random's last round: ${reached.length > 0 ? interval(reached, 2) : "-"} of its labels; reached by ${reached.length} of ${done.length} seeds`,
    );
  }
}
