// The folder of a small training run, for tests: the files a report needs, with invented numbers.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Counts of labels in the form of document statistics. */
export interface LabelCounts {
  readonly entities?: Readonly<Record<string, number>>;
  readonly relations?: Readonly<Record<string, number>>;
}

/** A finished run of two epochs; the last line of its log is cut off, as in an unfinished run. */
export async function writeSampleRun(
  run: string,
  labels: readonly string[],
  counts: LabelCounts,
): Promise<void> {
  await mkdir(join(run, "model-best"), { recursive: true });
  const json = (file: string, value: unknown) => writeFile(join(run, file), JSON.stringify(value));
  const split = (fingerprint: string) => ({
    fingerprint,
    statistics: { entities: {}, relations: {}, ...counts },
    account: {
      documents: { source: "train.jsonl", format: "relata", accepted: 3, rejected: 1 },
      examples: 3,
      truncated: 0,
      withoutVisual: 2,
      brokenPictures: [],
      unknownRelations: {},
    },
  });
  await json("run.json", {
    identity: {
      options: { seed: 4, epochs: 2, metric: { name: "micro_f1", mode: "max" } },
      config: { format: "relata-relation-model" },
    },
    environment: { node: "20.19.0", data: { train: "aa" } },
  });
  await json("data.json", {
    visualChannel: "caption-as-vision",
    labels,
    train: split("aa"),
    validation: split("bb"),
    overlap: [{ a: "train", b: "validation", ids: [], images: ["x.png"], texts: [] }],
  });
  await json("model-best/calibration.json", {
    temperature: 1.5,
    atBound: false,
    instances: 40,
    expectedCalibrationError: { before: 0.125, after: 0.025 },
  });
  const log = [
    { step: 0, event: "epoch", epoch: 0, batches: 2 },
    { step: 1, event: "train", epoch: 0, loss: 2, terms: {} },
    { step: 2, event: "evaluation", epoch: 0, metrics: { micro_f1: 0.5, micro_recall: 0.4 }, best: true },
    { step: 3, event: "train", epoch: 1, loss: 1, terms: {} },
    { step: 4, event: "evaluation", epoch: 1, metrics: { micro_f1: 0.45, micro_recall: 0.6 }, best: false },
  ];
  const lines = log.map((line) => JSON.stringify(line)).join("\n");
  await writeFile(join(run, "metrics.jsonl"), `${lines}\n{"step":5,"ev`);
}
