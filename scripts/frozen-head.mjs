// A relation or entity model above a frozen text encoder that reads each text once: many small trainings in one process, for simulations.
// The graphs, losses and initial weights are those of `method: "mi2rage"` without views and with `training.frozenLayers` at all layers.

import { tagUncertainty } from "../dist/active/tag-uncertainty.js";
import { LabelSet, relationLabelsOf } from "../dist/data/labels.js";
import { openTextEncoder } from "../dist/encoders/text-encoder.js";
import { AdamW } from "../dist/engine/adamw.js";
import { Runtime } from "../dist/engine/runtime.js";
import { entityMetrics } from "../dist/evaluation/entity-metrics.js";
import { relationMetrics } from "../dist/evaluation/relation-metrics.js";
import { entityExamples, entityTypesOf } from "../dist/extractors/entity/examples.js";
import { labelledTexts } from "../dist/extractors/entity/scores.js";
import { EntityStudentModel } from "../dist/extractors/entity-student/entity-student-model.js";
import { relationExamples } from "../dist/extractors/relation/examples.js";
import { bestLabel, probabilitiesOf } from "../dist/extractors/shared/class-scores.js";
import { drawInitial, initialize } from "../dist/extractors/shared/initial-weights.js";
import { LowerStates } from "../dist/extractors/shared/lower-states.js";
import { StudentModel } from "../dist/extractors/student/student-model.js";
import { decodeSpans } from "../dist/models/tagging/decode-entities.js";
import { TagScheme } from "../dist/models/tagging/tag-scheme.js";
import { stream } from "../dist/training/random.js";
import { learningRateFactor } from "../dist/training/schedule.js";

const MAX_LENGTH = 80;
const NO_VIEWS = { views: 1, vary: false, withoutViews: 0 };
const FUSION = { width: 8, heads: 1, dropout: 0 }; // without pictures, no graph has it

/** Opens the encoder and reads all texts that the folder `cache` does not have. `task` is "mre" or "mner". */
export async function openFrozen({ task, encoder: place, threads, documents, cache, log }) {
  const runtime = await Runtime.open({ threads });
  const encoder = await openTextEncoder(place);
  const { config, tokenizer, markers } = encoder;
  const { padId } = tokenizer;
  const addedTokens = task === "mre" ? markers.addedTokens.length : 0;
  const states = new LowerStates(config.layers, config, cache);
  const groups = { weightDecay: 0.01, headLearningRateScale: 1, taggerLearningRateScale: 1 };
  const common = { padId, groups, trainable: true, training: NO_VIEWS, states };
  const labels = new LabelSet([...relationLabelsOf(documents)]);
  const scheme = new TagScheme(entityTypesOf(documents), "x");
  const model =
    task === "mre"
      ? new StudentModel(runtime, {
          ...common,
          graph: {
            encoder: config,
            relations: labels.size,
            addedTokens,
            real: "text",
            fusion: FUSION,
            picture: undefined,
          },
          reads: "views",
          reading: "fused",
        })
      : new EntityStudentModel(runtime, {
          ...common,
          graph: {
            encoder: config,
            tags: scheme.tags.length,
            emissionWidth: 150,
            fusion: FUSION,
            picture: undefined,
          },
        });
  const options = { tokenizer, markers, scheme, maxLength: MAX_LENGTH, truncation: "report" };
  const examples =
    task === "mre"
      ? relationExamples(documents, labels, options, () => undefined).examples
      : entityExamples(documents, options, () => undefined).examples;
  const texts = task === "mner" ? labelledTexts(documents, options, () => undefined) : [];
  const shown = examples.map((example) => ({ ...example, keptIn: () => [] }));
  await initialize(model, encoder, 1);
  await states.compute(
    runtime,
    model,
    { encoder: config, addedTokens, padId },
    examples.map(({ input }) => input),
    (done, total) => log?.(`read ${done} of ${total} texts`),
  );
  return { task, model, states, labels, scheme, width: config.hiddenSize, examples: shown, texts };
}

/** Trains the head from new initial weights on examples by index, for a fixed number of epochs: nothing is chosen on other documents. */
export async function trainHead({ model, examples }, indices, { epochs, batchSize, learningRate, seed }) {
  drawInitial(model, seed);
  for (const { firstMoments, secondMoments } of model.parameters.groups()) {
    firstMoments.fill(0);
    secondMoments.fill(0);
  }
  const optimizer = new AdamW(model.parameters, { accumulation: 1, threads: 1 });
  const perEpoch = Math.ceil(indices.length / batchSize);
  const total = epochs * perEpoch;
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = [...stream(seed, epoch, "order").permutation(indices.length)].map((i) => indices[i]);
    for (let at = 0; at < order.length; at += batchSize) {
      const batch = order.slice(at, at + batchSize).map((i) => examples[i]);
      await model.step(batch, { seed, step, epoch, microStep: 0 });
      await optimizer.accumulate();
      const rate = learningRate * learningRateFactor({ kind: "linear", warmupRatio: 0.06 }, step, total);
      step++;
      await optimizer.apply(step, rate, { maxGradientNorm: 1, accumulated: 1 });
    }
  }
  await optimizer.dispose();
}

/** Micro F1 on examples by index. */
export async function scoreHead({ task, model, examples, labels, scheme, texts }, indices) {
  const rows = await model.predict(indices.map((i) => examples[i]));
  if (task === "mre") {
    const gold = indices.map((i) => examples[i].label);
    return relationMetrics(gold, rows.map(bestLabel), labels).micro.f1;
  }
  const found = rows.map((row, at) =>
    decodeSpans(scheme, row, examples[indices[at]].input.wordIndex, model.chain, true),
  );
  return entityMetrics(
    indices.map((i) => texts[i].gold),
    found,
  ).micro.f1;
}

/** How unsure the model is about examples by index, as `relata active` measures it. */
export async function unsureHead({ task, model, examples }, indices) {
  const rows = await model.predict(indices.map((i) => examples[i]));
  return task === "mre"
    ? rows.map((row) => 1 - Math.max(...probabilitiesOf(row)))
    : rows.map((row) => tagUncertainty(row, model.chain));
}

/** Unit vectors of examples by index: the mean of their texts' states. */
export function vectorsOf({ states, examples, width }, indices) {
  const data = new Float32Array(indices.length * width);
  for (const [row, i] of indices.entries()) {
    const { ids } = examples[i].input;
    const known = states.batch([{ ids }], ids.length).data;
    let norm = 0;
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let token = 0; token < ids.length; token++) sum += known[token * width + column];
      data[row * width + column] = sum;
      norm += sum * sum;
    }
    const length = Math.sqrt(norm) || 1;
    for (let column = 0; column < width; column++) data[row * width + column] /= length;
  }
  return { data, width };
}
