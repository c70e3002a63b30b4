// Multiplies measured figures into an estimate of 10^8 extracted posts and 10^7 generated views. Nothing is measured here: every input is an option, and
// docs/clusters.md names the command that measures it.
// Usage: node scripts/estimate-large-runs.mjs [--posts 1e8] [--posts-per-second 20] ... (see OPTIONS)
import { parseArgs } from "node:util";

/** Each input: what it is, and what it was in docs/clusters.md. */
const OPTIONS = {
  posts: ["posts to extract", 1e8],
  "posts-per-second": ["posts per second of one core, `relata extract --threads 1`", 30],
  "unit-rows": ["posts in a unit", 1024],
  "unit-ms": ["time of a unit beside its work, queue and publishing, in ms", 215],
  "broker-requests": ["commands or transactions of the queue's server for a unit", 39],
  "store-requests": ["requests to the object store for a unit, gathering included", 5],
  "post-bytes": ["bytes of a post in the input", 112],
  "result-bytes": ["bytes of a post in the result", 360],
  cores: ["cores that work at once", 256],
  "request-ms": ["time of a request to a store over a network, in ms", 30],
  views: ["views to generate", 1e7],
  "view-seconds": ["time of a generator's call, in s", 1],
  "view-cpu-ms": ["processor time of a view beside the generator's, in ms", 0.36],
  "view-bytes": ["bytes of a view in the store, ledger included", 1975],
  shards: ["parts of the store", 4000],
};
const { values } = parseArgs({
  options: Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, { type: "string" }])),
});
const input = (name) => {
  const value = Number(values[name] ?? OPTIONS[name][1]);
  if (!(value > 0)) throw new Error(`--${name} is not a positive number: ${values[name]}`);
  return value;
};
const HOUR = 3600;
const shown = (number) => new Intl.NumberFormat("en", { maximumSignificantDigits: 4 }).format(number);
const bytes = (number) => {
  const [unit, size] = [
    ["TB", 1e12],
    ["GB", 1e9],
    ["MB", 1e6],
  ].find(([, least]) => number >= least) ?? ["kB", 1e3];
  return `${shown(number / size)} ${unit}`;
};

const units = Math.ceil(input("posts") / input("unit-rows"));
const modelHours = input("posts") / input("posts-per-second") / HOUR;
const overheadHours = (units * input("unit-ms")) / 1000 / HOUR;
const hours = modelHours + overheadHours;
const requests = units * input("store-requests");
const viewCalls = (input("views") * input("view-seconds")) / HOUR;

table("input of the estimate", "value", [
  ...Object.entries(OPTIONS).map(([name, [what]]) => [`${what} (\`--${name}\`)`, shown(input(name))]),
]);
table(`${shown(input("posts"))} posts`, "estimate", [
  ["units", shown(units)],
  ["core-hours of the models", shown(modelHours)],
  ["core-hours of queue and publishing", shown(overheadHours)],
  [`hours on ${shown(input("cores"))} cores`, shown(hours / input("cores"))],
  [
    "requests to the queue's server; per second",
    `${shown(units * input("broker-requests"))}; ${shown((units * input("broker-requests")) / ((hours / input("cores")) * HOUR))}`,
  ],
  [
    "requests to the object store; per second",
    `${shown(requests)}; ${shown(requests / ((hours / input("cores")) * HOUR))}`,
  ],
  ["hours for one process to gather, one request a unit", shown((units * input("request-ms")) / 1000 / HOUR)],
  ["objects: results, and posts with --publish-posts", `${shown(units)}, and as many`],
  ["bytes of results, until gathered twice", bytes(input("posts") * input("result-bytes"))],
  ["bytes of published posts", bytes(input("posts") * input("post-bytes"))],
]);
table(`${shown(input("views"))} views`, "estimate", [
  ["hours of the generators, one call at a time", shown(viewCalls)],
  ["core-hours beside the generators", shown((input("views") * input("view-cpu-ms")) / 1000 / HOUR)],
  ["files of the complete store", shown(input("shards") + 4)],
  ["bytes of the store", bytes(input("views") * input("view-bytes"))],
]);

function table(what, value, rows) {
  console.log(`\n| ${what} | ${value} |\n| --- | --- |`);
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
}
