// The modality gap of trained models through the built program, with and without the semantic loss, and where there is none to measure.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelGap } from "../../src/evaluation/modality-gap.ts";
import { type StudentWorld, studentWorld } from "./student-world.ts";

let world: StudentWorld;
beforeAll(async () => {
  world = await studentWorld([]);
  const config = {
    encoder: "bert",
    data: {
      ...{ train: "world/train.jsonl", validation: "world/validation.jsonl" },
      ...{ pictures: "world/pictures", relations: "world/relations.json" },
    },
    visual: { kind: "pictures", encoder: "resnet", features: "features" },
    model: { objects: 0, promptHidden: 8, attention: { heads: 4, ffn: 16 } },
    training: { ...{ epochs: 3, batchSize: 8, learningRate: 0.003, maxLength: 64, threads: 1, seed: 5 } },
  };
  writeFileSync(join(world.folder, "pairs.json"), JSON.stringify(config));
});
afterAll(() => rmSync(world.folder, { recursive: true }));

const TEST = ["world/validation.jsonl", "--pictures", "world/pictures"];

describe("relata evaluate --modality-gap", { timeout: 300_000 }, () => {
  it("compares pairs with shuffled ones, by the model's own pictures and by the best linear reading", async () => {
    const train = (run: string, ...set: string[]) =>
      world.json("train", "--config", "pairs.json", "--run", run, "--set", "training.keep=best", ...set);
    await train("full", "model.semanticLoss.weight=20");
    await train("without", "model.semanticLoss.enabled=false");
    const gapOf = async (run: string): Promise<ModelGap> =>
      (await world.json("evaluate", `${run}/model-best`, ...TEST, "--modality-gap")).modalityGap;
    const [full, without] = [await gapOf("full"), await gapOf("without")];
    expect(full.measured).toBeGreaterThan(5);
    expect(Object.keys(without)).toEqual(["measured", "fitted"]);
    for (const gap of [full.trained!, full.trainedWithPrefix!, full.fitted, without.fitted]) {
      const { matched, shuffled, advantage } = gap.divergence;
      expect(advantage.mean).toBeCloseTo(shuffled.mean - matched.mean, 10);
      expect(advantage.interval[0]).toBeLessThanOrEqual(advantage.interval[1]);
      expect(gap.pairs).toBe(full.measured);
    }
    const plain = await world.run("evaluate", "full/model-best", ...TEST, "--json");
    expect(JSON.parse(plain.stdout).modalityGap).toBeUndefined();
    const shown = await world.run("evaluate", "full/model-best", ...TEST, "--modality-gap");
    expect(shown.stdout).toContain(`modality gap of ${full.measured} pairs`);
  });

  it("says which model has none", async () => {
    await world.json(
      "train",
      "--config",
      "pairs.json",
      "--run",
      "texts",
      "--set",
      "visual.kind=none",
      "visual.encoder=null",
      "visual.features=null",
      "training.epochs=1",
    );
    const { code, stderr } = await world.run(
      "evaluate",
      "texts/model-best",
      "world/validation.jsonl",
      "--modality-gap",
    );
    expect(code).toBe(2);
    expect(stderr).toContain("config/no-modality-gap");
    expect(stderr).toContain("it was trained without pictures");
  });
});
