// Times extraction with several models on the same posts, in turns: `node scripts/bench-extract.mjs MODEL MODEL --posts FILE`. A model is a bundle, or a
// relation model, which gets the mentions of the documents. Ratios are those of the first model's time to the others', round by round. Needs the build
// (dist/).
import { parseArgs } from "node:util";
import { readDocuments } from "../dist/data/index.js";
import { load } from "../dist/index.js";

const { values, positionals: models } = parseArgs({
  options: {
    posts: { type: "string" },
    format: { type: "string" },
    limit: { type: "string", default: "1000" },
    entities: { type: "string" },
    given: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    threads: { type: "string", default: "1" },
  },
  allowPositionals: true,
});
if (values.posts === undefined || models.length === 0) {
  console.error(
    "usage: node scripts/bench-extract.mjs MODEL... --posts FILE [--format NAME] [--limit N] [--entities N] [--given] [--rounds N] [--threads N]",
  );
  process.exit(2);
}
const [limit, rounds, threads] = [values.limit, values.rounds, values.threads].map(Number);

/** Documents with the same text as one, with the entities of all. */
function byText(documents) {
  const known = new Map();
  for (const { text, entities } of documents) {
    const spans = known.get(text) ?? new Map();
    known.set(text, spans);
    for (const entity of entities) spans.set(`${entity.start}:${entity.end}`, entity);
  }
  return [...known].map(([text, spans]) => ({ text, entities: [...spans.values()] }));
}

/** Posts joined to texts with exactly that many entities each. */
function withEntities(posts, count) {
  const joined = [];
  let [text, entities] = ["", []];
  for (const post of posts) {
    const at = text === "" ? 0 : text.length + 1;
    text = text === "" ? post.text : `${text} ${post.text}`;
    for (const { start, end, label } of post.entities)
      entities.push({ start: start + at, end: end + at, label });
    if (entities.length < count) continue;
    joined.push({ text, entities: entities.slice(0, count) });
    [text, entities] = ["", []];
  }
  return joined;
}

const { documents } = await readDocuments(values.posts, values.format ? { format: values.format } : {});
const wanted = values.entities === undefined ? undefined : Number(values.entities);
const given = values.given || wanted !== undefined;
const posts = (wanted ? withEntities(byText(documents), wanted) : given ? byText(documents) : documents)
  .slice(0, limit)
  .map(({ text, entities }) => (given ? { text, entities } : { text }));

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
};

async function run(model) {
  let [entities, relations] = [0, 0];
  const start = performance.now();
  const before = process.cpuUsage();
  for await (const outcome of model.extractMany(posts, { typeConstraints: false })) {
    if (!("extraction" in outcome)) throw outcome.error;
    entities += outcome.extraction.entities.length;
    relations += outcome.extraction.relations.length;
  }
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, processor: (user + system) / 1e6, entities, relations };
}

const opened = [];
for (const folder of models) opened.push(await load(folder, { threads }));
const times = models.map(() => []);
const processorTimes = models.map(() => []);
for (let round = 0; round <= rounds; round++) {
  for (const [i, model] of opened.entries()) {
    const { seconds, processor, entities, relations } = await run(model);
    if (round > 0) {
      times[i].push(seconds);
      processorTimes[i].push(processor);
    } else console.log(`${models[i]}: ${posts.length} posts, ${entities} entities, ${relations} relations`);
  }
}
for (const [i, folder] of models.entries()) {
  const ratio = median(times[0].map((seconds, round) => seconds / times[i][round]));
  const perSecond = posts.length / median(times[i]);
  const processor = median(processorTimes[i]);
  const ofFirst = median(processorTimes[i].map((seconds, round) => seconds / processorTimes[0][round]));
  console.log(
    `${folder}: ${perSecond.toFixed(1)} posts/s, ${ratio.toFixed(2)} times the first; ${processor.toFixed(2)} s of processor time, ${ofFirst.toFixed(2)} of the first's`,
  );
}
for (const model of opened) await model.dispose();
