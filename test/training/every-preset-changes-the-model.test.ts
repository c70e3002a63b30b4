// Every variant of I2SRM's presets trains another model than the others, for every task: a field that did nothing would
// show as two equal models. Also what differs only in its data.
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { derive } from "../../src/experiments/derive.ts";
import { allSets, type PresetOptions } from "../../src/experiments/plan.ts";
import { presetNamed } from "../../src/experiments/presets/presets.ts";
import type { Stage } from "../../src/experiments/stage.ts";
import { stagesOf } from "../../src/experiments/stages.ts";
import { Extensions } from "../../src/extensions/extension.ts";
import { trainExtractor } from "../../src/extractors/run.ts";
import { writeTrainingFiles } from "../../src/world/training-files.ts";
import { writeWorld } from "../../src/world/write.ts";

/** Steps of a run: one batch of 8 documents is enough for any difference to reach the weights. */
const SIZES = { seed: 5, train: 16, validation: 4, test: 1 };
const LAYERS = 2;
/** Of the four, so that fewer models are trained. */
const STAGES = 2;
/** One value besides the configuration's own. */
const VALUES: Readonly<Record<string, readonly number[]>> = {
  "delta-sweep": [0.3],
  "unmixed-share-sweep": [0.2],
  "semantic-weight-sweep": [0.1],
};
const PRESETS = [
  "i2srm-ablation",
  ...Object.keys(VALUES),
  ...["prefix-levels", "prefix-stages", "objects-or-picture"],
  ...["unrelated-pictures", "unrelated-pictures-semantic-loss", "batch-composition"],
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-presets-"));
  await writeWorld(folder, SIZES);
  await writeTrainingFiles(folder, SIZES);
});
afterAll(() => rm(folder, { recursive: true }));

const baseOf = (task: Config["task"]) =>
  loadConfig({
    path: join(folder, "i2srm.json"),
    overrides: {
      task,
      visual: { detector: join(folder, "object-detector/detector.json") },
      model: { objects: 2, promptHidden: 8, tagging: { emissionWidth: 8 } },
      training: { epochs: 1, batchSize: 8, maxLength: 32, dropout: 0 },
    },
  });

describe.each(["mre", "mner", "classification"] as const)("a model of %s", (task) => {
  /** The hash of the trained weights, by configuration: presets share some. */
  const weights = new Map<string, Promise<string>>();
  const train = (stage: Stage): Promise<string> => {
    const config = { ...(stage as { config: Config }).config, cache: join(folder, "cache") };
    const key = JSON.stringify(config);
    const known = weights.get(key) ?? trained(config, join(folder, task, `run-${weights.size}`));
    weights.set(key, known);
    return known;
  };

  it.each(PRESETS)("is another one for every variant of %s", async (name) => {
    const base = await baseOf(task);
    const options: PresetOptions = { ...OPTIONS, values: VALUES[name] };
    const plan = presetNamed(name).plan(base, options);
    const out = join(folder, "out", task);
    const { stages } = stagesOf({ plan, base, sets: allSets(options), seeds: [1], out, threads: 1 });
    const hashes = new Map<string, string>();
    for (const stage of stages) {
      if (stage.kind === "derive") await derive(stage, Extensions.NONE);
      if (stage.kind === "train") hashes.set(stage.id, await train(stage));
    }
    expect(hashes.size).toBeGreaterThan(1);
    const models = new Map<string, string[]>();
    for (const [id, hash] of hashes) models.set(hash, [...(models.get(hash) ?? []), id]);
    expect([...models.values()].filter((same) => same.length > 1)).toEqual([]);
  });
});

const OPTIONS: PresetOptions = {
  sets: [],
  stores: {},
  storeFacts: {},
  synthesisPlans: {},
  datasets: [],
  labelMaps: {},
  layers: LAYERS,
  stages: STAGES,
};

async function trained(config: Config, runFolder: string): Promise<string> {
  const { modelFolder = "" } = await trainExtractor({ config, runFolder });
  const bytes = await readFile(join(modelFolder, "model.safetensors"));
  return createHash("sha256").update(bytes).digest("hex");
}
