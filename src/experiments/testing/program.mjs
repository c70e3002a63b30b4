// Replaces the program in tests of the runner: `train` and `evaluate` with real files and streams but without a model.
// The configuration controls it: semantic loss weight 13 fails, 99 waits until it is stopped, 98 does so the first time; the weight is also how
// many documents a model answers correctly, one more for an even seed; its fraction changes nothing. Every call is a line of calls.txt next to the data.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const [command, ...options] = process.argv.slice(2);
const option = (name) => options[options.indexOf(name) + 1];
const json = (path) => JSON.parse(readFileSync(path, "utf8"));
process.once("disconnect", () => process.exit(143));
process.channel?.unref();

if (command === "train") {
  const config = json(option("--config"));
  const run = option("--run");
  const { seed } = config.training;
  const { weight } = config.model.semanticLoss;
  appendFileSync(join(dirname(config.data.train), "calls.txt"), `train ${weight} ${seed}\n`);
  if (weight === 13 && !existsSync(join(dirname(config.data.train), "fixed"))) {
    console.error("reading");
    console.error("error[training/non-finite-loss]: the loss is NaN");
    process.exit(1);
  }
  mkdirSync(join(run, "model-best"), { recursive: true });
  mkdirSync(join(run, "checkpoints"), { recursive: true });
  console.error("4 examples, 2 steps\ntraining 1/2 epoch 1");
  const waiting = join(dirname(config.data.train), "waiting");
  const waits = weight === 98 ? !existsSync(waiting) : !existsSync(join(dirname(config.data.train), "fixed"));
  if ((weight === 98 || weight === 99) && waits) {
    writeFileSync(waiting, String(process.pid));
    process.once("SIGINT", () => process.exit(130));
    setInterval(() => undefined, 1000);
  } else {
    const account = {
      documents: { source: "train", format: "relata", accepted: 4, rejected: 0 },
      examples: 4,
      truncated: 0,
      withoutVisual: 0,
      brokenPictures: [],
    };
    const split = { fingerprint: "0", statistics: { entities: {}, relations: {} }, account };
    const identity = { options: { seed, epochs: 2, metric: { name: "micro_f1", mode: "max" } }, config: {} };
    writeFileSync(join(run, "run.json"), JSON.stringify({ identity, environment: {} }));
    writeFileSync(
      join(run, "data.json"),
      JSON.stringify({ visualChannel: "text only", labels: ["None", "r"], train: split, validation: split }),
    );
    const evaluation = (epoch) => ({
      event: "evaluation",
      step: epoch + 1,
      epoch,
      metrics: { micro_f1: 0.5 },
      best: epoch === 0,
    });
    // A straight descent with a zigzag of a hundredth of the weight, and a spike of the gradient with every even seed.
    const steps = Array.from({ length: 10 }, (_, i) => ({
      event: "train",
      step: i + 1,
      epoch: 0,
      loss: 5 - 0.3 * i + (i % 2 === 0 ? 0.01 : -0.01) * Math.floor(weight),
      gradientNorm: i === 4 && seed % 2 === 0 ? 6 : 1,
    }));
    writeFileSync(
      join(run, "metrics.jsonl"),
      [...steps, evaluation(0), evaluation(1)].map((line) => `${JSON.stringify(line)}\n`).join(""),
    );
    // A fraction of a weight changes a setting but not the model.
    writeFileSync(join(run, "model-best", "model.safetensors"), `${Math.floor(weight)} ${seed}`);
    writeFileSync(
      join(run, "model-best", "right.json"),
      JSON.stringify(Math.floor(weight) + (seed % 2 === 0 ? 1 : 0)),
    );
  }
} else if (command === "evaluate") {
  const [model, data] = options;
  appendFileSync(join(dirname(data), "calls.txt"), `evaluate ${json(join(model, "right.json"))}\n`);
  const right = json(join(model, "right.json"));
  const documents = readFileSync(data, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const predicted = documents.map((document, i) => ({
    ...document,
    relations: document.relations.map((relation) => (i < right ? relation : { ...relation, label: "None" })),
  }));
  writeFileSync(
    option("--predictions"),
    predicted.map((document) => `${JSON.stringify(document)}\n`).join(""),
  );
  // All gold labels are "r": precision 1, recall right / all.
  const recall = right / documents.length;
  const micro = { precision: 1, recall, f1: (2 * right) / documents.length / (1 + recall) };
  const relations = ["None", "r"].map((label) => ({ label, ...micro, support: 0, predicted: 0 }));
  const confusion = [
    [0, 0],
    [documents.length - right, right],
  ];
  console.log(
    JSON.stringify({
      task: "mre",
      visualChannel: "text only",
      metrics: { accuracy: recall, micro, macro: micro, relations, confusion },
    }),
  );
} else {
  console.error(`error[cli/wrong-usage]: ${command}`);
  process.exit(2);
}
