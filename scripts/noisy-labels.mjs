// Shows whether weighing labels by their probability helps where some are wrong: relations with planted mistakes, whose probability is low, and as a control
// the same mistakes with the same probabilities, given to other labels at random.
//
// node scripts/noisy-labels.mjs --train train.txt --held-out val.txt --train-size 800 --test-size 800 --encoder <folder> --out <folder>
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { readDocuments } from "../dist/data/readers.js";
import { seededIndex } from "../dist/evaluation/seeded-random.js";
import { tInterval } from "../dist/experiments/t-interval.js";
import { weighExamples } from "../dist/extractors/shared/label-weights.js";
import { openFrozen, scoreHead, trainHead } from "./frozen-head.mjs";

const { values } = parseArgs({
  options: {
    train: { type: "string" },
    "held-out": { type: "string" },
    "train-size": { type: "string", default: "800" },
    "test-size": { type: "string", default: "800" },
    noise: { type: "string", default: "0.2" },
    seeds: { type: "string", default: "3" },
    encoder: { type: "string" },
    epochs: { type: "string", default: "15" },
    "batch-size": { type: "string", default: "16" },
    "learning-rate": { type: "string", default: "5e-3" },
    threads: { type: "string", default: "1" },
    cache: { type: "string" },
    out: { type: "string" },
  },
});
const number = (name) => Number(values[name]);
const out = resolve(values.out);
const SAMPLE_SEED = 7;
/** Of five answers, how many agreed: with a right label, and with a wrong one. */
const RIGHT = [3, 4, 4, 5, 5, 5];
const WRONG = [1, 1, 2, 2, 3];
const ARMS = ["clean", "noisy, unweighted", "noisy, weighted", "noisy, weighted, permuted"];

await mkdir(out, { recursive: true });
const read = async (path) => shuffled((await readDocuments(path, {})).documents, SAMPLE_SEED);
const train = (await read(values.train)).slice(0, number("train-size"));
const test = (await read(values["held-out"])).slice(0, number("test-size"));
const frozen = await openFrozen({
  task: "mre",
  encoder: values.encoder,
  threads: number("threads"),
  documents: [...train, ...test],
  cache: values.cache ?? join(out, "text-states"),
  log: (text) => console.error(text),
});
const scores = new Map(ARMS.map((arm) => [arm, []]));
for (let seed = 1; seed <= number("seeds"); seed++) {
  const path = join(out, `${seed}.json`);
  if (!existsSync(path)) {
    await writeFile(`${path}.part`, JSON.stringify(await scoresOf(seed)));
    await rename(`${path}.part`, path);
  }
  const found = JSON.parse(await readFile(path, "utf8"));
  console.error(`seed ${seed}: ${ARMS.map((arm) => `${arm} ${found[arm].toFixed(3)}`).join(", ")}`);
  for (const arm of ARMS) scores.get(arm).push(found[arm]);
}
await frozen.model.dispose();
const plain = scores.get("noisy, unweighted");
for (const arm of ARMS) {
  const own = scores.get(arm);
  const difference = own.map((score, i) => score - plain[i]);
  console.log(`${arm.padEnd(26)} F1 ${text(own)}  minus unweighted ${text(difference)}`);
}

/** F1 of each arm. */
async function scoresOf(seed) {
  const random = seededIndex(seed);
  const labels = frozen.labels.size;
  const wrong = new Set(
    shuffled(
      train.map((_, i) => i),
      seed,
    ).slice(0, Math.round(number("noise") * train.length)),
  );
  const noisy = frozen.examples.slice(0, train.length).map((example, i) => {
    const from = wrong.has(i) ? WRONG : RIGHT;
    const label = wrong.has(i) ? (example.label + 1 + random(labels - 1)) % labels : example.label;
    return { ...example, label, probability: from[random(from.length)] / 5 };
  });
  const probabilities = shuffled(
    noisy.map(({ probability }) => probability),
    seed + 1000,
  );
  const permuted = noisy.map((example, i) => ({ ...example, probability: probabilities[i] }));
  const sets = [frozen.examples.slice(0, train.length), noisy, weighExamples(noisy), weighExamples(permuted)];
  const found = {};
  for (const [i, examples] of sets.entries()) {
    await trainHead(
      { ...frozen, examples },
      examples.map((_, at) => at),
      {
        epochs: number("epochs"),
        batchSize: number("batch-size"),
        learningRate: number("learning-rate"),
        seed,
      },
    );
    found[ARMS[i]] = await scoreHead(
      frozen,
      test.map((_, at) => train.length + at),
    );
  }
  return found;
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

function text(list) {
  const { mean, interval } = tInterval(list);
  return `${mean.toFixed(3)}${interval ? ` [${interval.map((end) => end.toFixed(3)).join(", ")}]` : ""}`;
}
