import { evaluate, load, train } from "relata";

const stop = new AbortController();
process.once("SIGINT", () => stop.abort()); // training writes a checkpoint; `resume: true` continues from it
const { bundle } = await train({
  config: {
    task: "both", // or "mner", "mre" or "classification", for one model
    encoder: "./roberta-base",
    data: { train: "train.jsonl", validation: "validation.jsonl" },
    visual: { kind: "none" },
    training: { epochs: 5 },
  },
  runFolder: "runs/posts",
  signal: stop.signal,
});
if (bundle === undefined) throw new Error("the training was interrupted");

const scores = await evaluate({ model: bundle, data: "test.jsonl" });
if (scores.task === "both") console.log(scores.entities.micro.f1, scores.relations?.foundEntities.micro.f1);
await using model = await load(bundle);
console.log(await model.extract({ text: "Ada met Bo in Rome" }));

export {};
