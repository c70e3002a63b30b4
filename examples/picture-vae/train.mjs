// Trains a small variational autoencoder of pictures, given the words of their posts, for relata's generator `command`.
//
//   node train.mjs <documents.jsonl> <folder of pictures> <folder of the model> [epochs] [hidden units] [threads]
//
// It reads `text` and `image` of documents in relata's own format, and nothing else: no relation, no type of an entity.
// Train it on pairs of other posts than those that it is to draw pictures for, or it knows their pictures.
// Kingma and Welling 2014 (arXiv 1312.6114), with words as in conditional VAEs (Sohn et al. 2015).
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AdamW, Parameters, Runtime } from "relata/engine";
import {
  add,
  concatenate,
  exp,
  gradients,
  hostTensor,
  input,
  multiply,
  reduceMean,
  reduceSum,
  relu,
  serialize,
  sigmoid,
  subtract,
  tanh,
} from "relata/graph";
import { linearLayer, ParameterScope } from "relata/nn";
import { stream } from "relata/training";
import sharp from "sharp";
import { CONDITION, LATENT, PIXELS, SIDE, wordsOf } from "./shape.mjs";

const BATCH = 32;
const LEARNING_RATE = 1e-3;
const RARE = 3; // words of fewer texts say nothing that could be learnt
const PRECISION = 50; // of a pixel: 1 / (2 * 0.1 * 0.1)
const SEED = 1;

const [documents, pictures, folder, epochs = "60", hidden = "256", threads = "1"] = process.argv.slice(2);
if (folder === undefined) {
  console.error(
    "usage: train.mjs <documents.jsonl> <pictures> <model folder> [epochs] [hidden units] [threads]",
  );
  process.exit(64);
}
const posts = readFileSync(documents, "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line))
  .filter(({ image }) => image !== undefined)
  .map(({ text, image }) => ({ words: new Set(wordsOf(text)), image }));
const words = vocabulary(posts);
const samples = await Promise.all(
  posts.map(async (post) => ({
    words: Float32Array.from(words, (word) => Number(post.words.has(word))),
    pixels: await pixelsOf(join(pictures, post.image)),
  })),
);

const scope = new ParameterScope();
const loss = lossOf(scope, words.length, Number(hidden));
const declared = [...scope.table.values()];
const steps = gradients(
  loss,
  declared.map(({ tensor }) => tensor),
);
const program = serialize({
  loss,
  ...Object.fromEntries(declared.map(({ name }, i) => [`d/${name}`, steps[i]])),
});
const parameters = Parameters.create(
  declared.map(({ name, shape }) => ({ name, shape, group: "all" })),
  [{ name: "all", weightDecay: 0, learningRateScale: 1 }],
);
for (const { name, initializer } of declared) {
  const draws = stream(SEED, 0, name);
  const { data } = parameters.weight(name);
  for (let i = 0; i < data.length; i++) data[i] = initializer.bound * (2 * draws.uniform() - 1);
}

const optimizer = new AdamW(parameters);
const runtime = await Runtime.open({ threads: Number(threads) });
const session = await runtime.createSession(program.bytes);
let step = 0;
for (let epoch = 1; epoch <= Number(epochs); epoch++) {
  const order = [...stream(SEED, epoch, "order").permutation(samples.length)];
  let sum = 0;
  for (let from = 0; from < order.length; from += BATCH) {
    const batch = order.slice(from, from + BATCH).map((i) => samples[i]);
    sum += (await train(batch, ++step)) * batch.length;
  }
  console.error(`epoch ${epoch}: ${(sum / order.length).toFixed(1)} per picture`);
}
save();
await session.dispose();
await optimizer.dispose();
await runtime.dispose();

/** The words of at least RARE texts, in the order of the alphabet. */
function vocabulary(all) {
  const counts = new Map();
  for (const { words: own } of all) for (const word of own) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count >= RARE)
    .map(([word]) => word)
    .sort();
}

async function pixelsOf(path) {
  const small = sharp(path).removeAlpha().toColourspace("srgb").resize(SIDE, SIDE, { fit: "fill" });
  return Float32Array.from(await small.raw().toBuffer(), (level) => level / 255);
}

/** The negative lower bound of the log-likelihood, in nats per picture, without its constant. */
function lossOf(at, vocabularySize, units) {
  const pixels = input("pixels", "float32", ["batch", PIXELS]);
  const bag = input("words", "float32", ["batch", vocabularySize]);
  const noise = input("noise", "float32", ["batch", LATENT]);
  const condition = tanh(linearLayer(at.at("condition"), bag, vocabularySize, CONDITION));
  const seen = relu(
    linearLayer(at.at("seen"), concatenate([pixels, condition], 1), PIXELS + CONDITION, units),
  );
  const mean = linearLayer(at.at("mean"), seen, units, LATENT);
  const logVariance = linearLayer(at.at("log_variance"), seen, units, LATENT);
  const latent = add(mean, multiply(exp(multiply(logVariance, 0.5)), noise));
  const inner = relu(
    linearLayer(at.at("inner"), concatenate([latent, condition], 1), LATENT + CONDITION, units),
  );
  const error = subtract(sigmoid(linearLayer(at.at("pixels"), inner, units, PIXELS)), pixels);
  const divergence = subtract(add(exp(logVariance), multiply(mean, mean)), add(logVariance, 1));
  const perPicture = (values) => reduceMean(reduceSum(values, { axes: [1] }));
  return add(multiply(perPicture(multiply(error, error)), PRECISION), multiply(perPicture(divergence), 0.5));
}

async function train(batch, number) {
  const rows = (field, width) =>
    hostTensor(
      "float32",
      [batch.length, width],
      batch.flatMap((sample) => [...sample[field]]),
    );
  const draws = stream(SEED, number, "noise");
  const noise = Array.from({ length: batch.length * LATENT }, () => draws.normal());
  const inputs = {
    pixels: rows("pixels", PIXELS),
    words: rows("words", words.length),
    noise: hostTensor("float32", [batch.length, LATENT], noise),
    ...Object.fromEntries(declared.map(({ name }) => [name, parameters.weight(name)])),
  };
  const outputs = {
    loss: "allocate",
    ...Object.fromEntries(declared.map(({ name }) => [`d/${name}`, parameters.gradient(name)])),
  };
  const { loss: found } = await session.run(inputs, outputs);
  await optimizer.apply(number, LEARNING_RATE, { accumulated: 1 });
  return found.data[0];
}

/** Writes what generate.mjs needs: the words, and the layers from words and noise to pixels. */
function save() {
  mkdirSync(folder, { recursive: true });
  const layers = ["condition", "inner", "pixels"].flatMap((name) => [`${name}.weight`, `${name}.bias`]);
  const arrays = layers.map((name) => parameters.weight(name));
  const about = { words, layers: layers.map((name, i) => ({ name, shape: arrays[i].shape })) };
  writeFileSync(join(folder, "decoder.json"), JSON.stringify(about));
  writeFileSync(
    join(folder, "decoder.bin"),
    Buffer.concat(arrays.map(({ data }) => Buffer.from(Float32Array.from(data).buffer))),
  );
}
