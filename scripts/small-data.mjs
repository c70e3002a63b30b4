// Measures what training on few documents gives: cuts a data set's training file to --sizes documents with every one of --seeds, trains on
// each cut with the relata of --cli, and scores the model on the data set's whole validation file. Every run adds a line to --results; a run
// whose line is there is not run again. docs/measurements.md shows the commands. Needs the build (dist/).
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";

/** The data sets by task: their files, how a file falls into documents, and the text of one, which must not be in two parts. */
const TASKS = {
  mre: {
    format: "mnre",
    files: { train: "train.txt", score: "val.txt", relations: "rel2id.json" },
    documents: (file) => file.split("\n").filter((line) => line.trim() !== ""),
    textOf: (line) => line.slice(0, line.indexOf("'h':")),
    joint: "\n",
    end: "\n",
  },
  mner: {
    format: "conll",
    files: { train: "train.txt", score: "valid.txt" },
    documents: (file) =>
      file
        .split(/\n\s*\n/)
        .map((block) => block.trim())
        .filter((block) => block !== ""),
    textOf: (block) =>
      block
        .split("\n")
        .filter((line) => !line.startsWith("IMGID:"))
        .map((line) => line.split(/\s/)[0])
        .join(" "),
    joint: "\n\n",
    end: "\n\n",
  },
};

/** The validation part of a cut is this share of its training part; it chooses the epoch. */
const VALIDATION_SHARE = 0.25;

const { values, positionals } = parseArgs({
  allowPositionals: true, // the further settings of --set
  options: {
    cli: { type: "string", default: "dist/cli/main.js" },
    task: { type: "string" },
    data: { type: "string" },
    encoder: { type: "string" },
    sizes: { type: "string", default: "100,300,1000" },
    seeds: { type: "string", default: "1,2,3" },
    set: { type: "string", multiple: true, default: [] },
    label: { type: "string", default: "defaults" },
    "held-out": { type: "string" },
    start: { type: "string" },
    hide: { type: "string" },
    results: { type: "string", default: "small-data.jsonl" },
    work: { type: "string", default: "runs/small-data" },
    keep: { type: "boolean", default: false },
    table: { type: "boolean", default: false },
  },
});

const settings = [...values.set, ...positionals];

/** A repeatable stream of numbers in [0, 1): mulberry32. */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffled(list, random) {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}

/** Draws disjoint parts of the given sizes; all documents with one text fall into the same part. */
function drawParts(task, documents, { sizes, seed, without }) {
  const byText = new Map();
  for (const document of documents) {
    const text = task.textOf(document);
    if (without.has(text)) continue;
    byText.set(text, [...(byText.get(text) ?? []), document]);
  }
  const groups = shuffled([...byText.values()], randomOf(seed));
  return sizes.map((size) => {
    const part = [];
    for (let i = 0; i < groups.length && part.length < size; ) {
      if (part.length + groups[i].length <= size) part.push(...groups.splice(i, 1)[0]);
      else i++;
    }
    if (part.length < size) throw new Error(`the training file has too few documents for a part of ${size}`);
    return part;
  });
}

function relata(parameters) {
  const child = spawnSync(process.execPath, [resolve(values.cli), ...parameters, "--json"], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.status !== 0) throw new Error(`relata ${parameters.join(" ")} failed:\n${child.stderr}`);
  return JSON.parse(child.stdout);
}

/** The validation score after every epoch. */
function curveOf(runFolder) {
  return readFileSync(join(runFolder, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === "evaluation")
    .map(({ metrics }) => metrics.micro_f1);
}

/** A document of a CoNLL file whose entities of one type are not annotated. */
function withoutLabel(document, label) {
  return label === undefined
    ? document
    : document.replaceAll(new RegExp(`(?<=\\s)[BI]-${label}$`, "gm"), "O");
}

function runOne(task, documents, { size, seed }) {
  const folder = join(values.work, `${values.label}-${values.task}-${size}-${seed}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const heldOut = values["held-out"] === undefined ? [] : [Number(values["held-out"])];
  const scoreFile = join(values.data, task.files.score);
  const without = new Set(task.documents(readFileSync(scoreFile, "utf8")).map(task.textOf));
  const cutOf = (count) => [count, Math.round(count * VALIDATION_SHARE)];
  const start = values.start === undefined ? [] : cutOf(Number(values.start));
  const sizes = [...cutOf(size), ...heldOut, ...start];
  const parts = drawParts(task, documents, { sizes, seed, without });
  const [train, validation, rest = undefined] = parts.slice(0, 2 + heldOut.length);
  const [earlier, earlierValidation] = parts.slice(2 + heldOut.length);
  const write = (name, part) => {
    writeFileSync(join(folder, name), part.join(task.joint) + task.end);
    return join(folder, name);
  };
  const common = ["--task", values.task, "--format", task.format, "--text-only", "--threads", "1"];
  common.push("--seed", String(seed));
  if (task.files.relations) common.push("--relations", join(values.data, task.files.relations));
  if (settings.length > 0) common.push("--set", ...settings);
  const trainOn = (run, files, origin) =>
    relata(["train", ...common, ...files, ...origin, "--run", join(folder, run)]);
  const filesOf = (name, part, validating) => [
    ...["--train", write(`${name}.txt`, part)],
    ...["--validation", write(`${name}-validation.txt`, validating)],
  ];
  let origin = ["--encoder", values.encoder];
  if (earlier !== undefined) {
    const hidden = [earlier, earlierValidation].map((part) =>
      part.map((one) => withoutLabel(one, values.hide)),
    );
    trainOn("start", filesOf("earlier", ...hidden), origin);
    origin = ["--from", join(folder, "start", "model-best")];
  }
  const began = performance.now();
  const summary = trainOn("run", filesOf("train", train, validation), origin);
  const seconds = (performance.now() - began) / 1000;
  const scored = rest ? write("held-out.txt", rest) : scoreFile;
  const model = join(folder, "run", "model-best");
  const score = (folder) =>
    relata(["evaluate", folder, scored, "--format", task.format, "--threads", "1"]).metrics.micro.f1;
  const last = join(folder, "run", "model-last"); // with --set training.keep=last
  const { label } = values;
  const result = {
    ...{ label, task: values.task, size, seed, scored: rest ? `held out ${rest.length}` : task.files.score },
    f1: score(model),
    ...(existsSync(last) ? { f1OfLast: score(last) } : {}),
    ...{ seconds, status: summary.status, steps: summary.steps },
    ...{ bestEpoch: summary.best.epoch + 1, curve: curveOf(join(folder, "run")) },
    set: settings,
  };
  if (!values.keep) rmSync(folder, { recursive: true, force: true });
  return result;
}

function read(path) {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const numbersOf = (list) => list.split(",").map(Number);
const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
const deviation = (list) =>
  Math.sqrt(list.reduce((sum, value) => sum + (value - mean(list)) ** 2, 0) / Math.max(1, list.length - 1));

/** Prints a row for each task, size and label. */
function printTable(results) {
  const groups = new Map();
  for (const row of results) {
    const key = [row.task, row.size, row.label, row.scored].join(" | ");
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  console.log(
    "| task | documents | settings | scored on | micro F1 of the seeds | mean | seconds | epochs (best) |",
  );
  console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
  for (const [key, rows] of groups) {
    const scores = rows.map(({ f1 }) => 100 * f1);
    const spread = rows.length > 1 ? ` ± ${deviation(scores).toFixed(1)}` : "";
    const epochs = rows.map((row) => `${row.curve.length} (${row.bestEpoch})`).join(", ");
    const seconds = mean(rows.map((row) => row.seconds)).toFixed(0);
    const each = scores.map((score) => score.toFixed(1)).join(", ");
    console.log(`| ${key} | ${each} | **${mean(scores).toFixed(1)}**${spread} | ${seconds} | ${epochs} |`);
  }
}

if (values.table) {
  printTable(read(values.results));
} else {
  const task = TASKS[values.task];
  if (!task || !values.data || !values.encoder)
    throw new Error("--task mre or mner, --data and --encoder are needed");
  const documents = task.documents(readFileSync(join(values.data, task.files.train), "utf8"));
  for (const size of numbersOf(values.sizes)) {
    for (const seed of numbersOf(values.seeds)) {
      const { label } = values;
      const done = read(values.results).some(
        (row) => row.label === label && row.task === values.task && row.size === size && row.seed === seed,
      );
      if (done) continue;
      const result = runOne(task, documents, { size, seed });
      appendFileSync(values.results, `${JSON.stringify(result)}\n`);
      console.log(JSON.stringify(result));
    }
  }
}
