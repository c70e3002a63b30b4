// Times a training step of two builds of relata in turns, by processor time, which other programs change less than the time on the clock:
// node scripts/compare-builds.mjs <dist of one> <dist of the other> [layers hidden heads ffn batch length rounds]
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [first, second, ...numbers] = process.argv.slice(2);
if (first === undefined || second === undefined) {
  console.error(
    "usage: node scripts/compare-builds.mjs <dist> <dist> [layers hidden heads ffn batch length rounds]",
  );
  process.exit(2);
}
const [layers = 6, hidden = 384, heads = 12, ffn = 1536, batch = 16, length = 32, rounds = 21] =
  numbers.map(Number);
const sizes = { layers, hidden, heads, ffn, vocabulary: 3000, relations: 23, dropout: 0.1 };
const WARM_UP = 2;

async function open(dist) {
  const load = (module) => import(pathToFileURL(resolve(dist, module)).href);
  const { Runtime } = await load("engine/runtime.js");
  const { RelationModel } = await load("extractors/relation/relation-model.js");
  const { fillWeights, randomExamples, randomModelGraph } = await load("checks/bench/random-model.js");
  const runtime = await Runtime.open({ threads: 1 });
  const graph = randomModelGraph(sizes, false);
  const groups = { weightDecay: 0.01, headLearningRateScale: 1 };
  const model = new RelationModel(runtime, { graph, padId: 0, groups, trainable: true });
  fillWeights(model);
  const texts = randomExamples(
    Array.from({ length: batch }, () => length),
    graph,
  );
  const step = () => model.step(texts, { seed: 1, step: 0, epoch: 0, microStep: 0 });
  return { runtime, model, step, processor: [], clock: [] };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const builds = [await open(first), await open(second)];
for (let round = 0; round < WARM_UP + rounds; round++) {
  for (const build of round % 2 === 0 ? builds : [...builds].reverse()) {
    const [before, start] = [process.cpuUsage(), performance.now()];
    await build.step();
    const { user, system } = process.cpuUsage(before);
    if (round < WARM_UP) continue;
    build.processor.push((user + system) / 1000);
    build.clock.push(performance.now() - start);
  }
}
const [one, other] = builds;
const ratio = (of) => median(other[of].map((value, at) => value / one[of][at]));
const [gradients, others] = builds.map(({ model }) =>
  [...model.declarations.keys()].map((name) => model.parameters.gradient(name).data),
);
const differ = gradients.some((array, at) => array.some((value, i) => value !== others[at][i]));
console.log(
  `processor time of a step: ${median(one.processor).toFixed(0)} ms, ${median(other.processor).toFixed(0)} ms`,
);
console.log(
  `the second / the first: ${ratio("processor").toFixed(3)}; by the clock ${ratio("clock").toFixed(3)}`,
);
console.log(`gradients: ${differ ? "other bits" : "the same bits"}`);
for (const { model, runtime } of builds) {
  await model.dispose();
  await runtime.dispose();
}
