// Trains one small random model of I2SRM with onnxruntime, with PyTorch in one process and with two ranks of torchrun, from the same weights
// and with the same draws, and prints how far apart the weights are after some steps.
// RELATA_PYTHON=.venv/bin/python node scripts/torch-agreement.mjs [steps] [--seed 1] [--dropout 0.1] [--text-only]
import { parseArgs } from "node:util";
import { fillWeights, randomExamples, randomModelGraph } from "../dist/checks/bench/random-model.js";
import { Runtime } from "../dist/engine/runtime.js";
import { RelationModel } from "../dist/extractors/relation/relation-model.js";
import { openTrainer } from "../dist/extractors/shared/open-trainer.js";
import { TorchEngine } from "../dist/torch/torch-engine.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: "1" },
    dropout: { type: "string", default: "0.1" },
    precision: { type: "string", default: "fp32" },
    "text-only": { type: "boolean", default: false },
  },
});
const steps = Number(positionals[0] ?? 50);
const seed = Number(values.seed);
const sizes = {
  layers: 2,
  hidden: 64,
  heads: 4,
  ffn: 128,
  vocabulary: 2000,
  relations: 23,
  dropout: Number(values.dropout),
};
const graph = randomModelGraph(sizes, !values["text-only"]);
const ACCUMULATION = 2;
const examples = randomExamples(
  Array.from({ length: 32 }, (_, i) => 8 + ((7 * i) % 20)),
  graph,
);

/** Trains and returns all trained weights. */
async function train(torchOptions, count) {
  const runtime = await Runtime.open({ threads: 1 });
  const model = new RelationModel(runtime, {
    ...{ graph, padId: 0, trainable: true },
    groups: { weightDecay: 0.01, headLearningRateScale: 10 },
  });
  fillWeights(model);
  const torch = torchOptions && (await TorchEngine.open(torchOptions));
  const trainer = openTrainer(model, { accumulation: ACCUMULATION }, torch);
  for (let step = 0; step < count; step++) {
    const batches = [0, 1].map((half) =>
      [0, 1, 2, 3].map((i) => examples[(8 * step + 4 * half + i) % examples.length]),
    );
    const at = { seed, step, epoch: 0 };
    if (trainer.model.stepAll) await trainer.model.stepAll(batches, at);
    for (const [microStep, batch] of batches.entries()) {
      if (!trainer.model.stepAll) await trainer.model.step(batch, { ...at, microStep });
      await trainer.optimizer.accumulate();
    }
    await trainer.optimizer.apply(step + 1, 1e-4, { maxGradientNorm: 1, accumulated: ACCUMULATION });
  }
  await trainer.model.parameters.fetch?.("weights");
  console.error(
    `${passed()}: ${count} steps done (${torchOptions ? JSON.stringify(torchOptions) : "onnxruntime"})`,
  );
  const { parameters } = model;
  const weights = new Map(
    parameters.trainedNames().map((name) => [name, parameters.weight(name).data.slice()]),
  );
  for (const one of [trainer, torch, model, runtime]) await one?.[Symbol.asyncDispose]();
  return weights;
}

/** Norm of the difference over the norm of the way from the first weights. */
function distance(a, b, start) {
  let [apart, moved, largest] = [0, 0, 0];
  for (const [name, weights] of a) {
    const [others, before] = [b.get(name), start.get(name)];
    for (let i = 0; i < weights.length; i++) {
      apart += (weights[i] - others[i]) ** 2;
      moved += (weights[i] - before[i]) ** 2;
      largest = Math.max(largest, Math.abs(weights[i] - others[i]));
    }
  }
  return `${Math.sqrt(apart / moved).toExponential(1)} of the way that training moved them, largest difference ${largest.toExponential(1)}`;
}

const { precision } = values;
const began = performance.now();
const passed = () => `${((performance.now() - began) / 1000).toFixed(0)} s`;
const start = await train(undefined, 0);
const onnxruntime = await train(undefined, steps);
const one = await train({ threads: 1, precision }, steps);
const two = await train({ threads: 1, precision, processes: 2 }, steps);
const drawn = await train({ threads: 1, precision, drawMasks: true }, steps);
console.log(`${steps} steps, seed ${seed}, dropout ${sizes.dropout}, ${precision}`);
console.log(`two ranks and one process: ${distance(two, one, start)}`);
console.log(`one process and onnxruntime: ${distance(one, onnxruntime, start)}`);
console.log(`two ranks and onnxruntime: ${distance(two, onnxruntime, start)}`);
const same = [...one].every(
  ([name, weights]) => Buffer.compare(Buffer.from(weights.buffer), Buffer.from(drawn.get(name).buffer)) === 0,
);
console.log(
  `masks drawn by the ranks: ${same ? "the same bits" : `other bits: ${distance(drawn, one, start)}`}`,
);
