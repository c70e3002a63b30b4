import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evaluateExtractor } from "../extractors/run.ts";
import { BUNDLE_PARTS } from "../extractors/shared/bundle-parts.ts";
import { readCalibration } from "../extractors/shared/calibration-file.ts";
import { writeSealed } from "../extractors/shared/sealed-file.ts";
import { THRESHOLDS_FILE } from "../extractors/shared/thresholds-file.ts";
import {
  PREDICTIONS_FILE,
  predictionsRecord,
  readPredictions,
} from "../extractors/shared/validation-predictions.ts";
import { belowThresholdOf } from "./below-threshold.ts";
import { exportBundle } from "./export-bundle.ts";
import type { Extractor } from "./extractor.ts";
import { load } from "./load.ts";
import { modelIdentity } from "./model-identity.ts";
import { thresholdsOfModel } from "./model-thresholds.ts";
import { setThresholds } from "./set-thresholds.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "./testing/tiny-models.ts";

let folder: string;
let world: TinyWorld;
let bundle: string;
const models = { entities: "", relations: "" };
const PART = { entities: BUNDLE_PARTS.entity, relations: BUNDLE_PARTS.relation };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-thresholds-"));
  world = await tinyWorld(folder);
  models.entities = await tinyModel(world, "mner", "none");
  models.relations = await tinyModel(world, "mre", "none");
  bundle = join(folder, "bundle");
  await exportBundle({ ...models, folder: bundle });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Replaces a part's validation predictions by ones of which those below `cut` are wrong, so that any good threshold is near it. */
async function answerRightAbove(cut: number, part: keyof typeof PART): Promise<void> {
  const place = join(bundle, PART[part]);
  const calibration = await readCalibration(place);
  const { labels } = (await readPredictions(models[part]))!; // training wrote it
  const predictions = Array.from({ length: 400 }, (_, i) => {
    const probability = (i + 0.5) / 400;
    return { label: labels[i % labels.length]!, probability, right: probability > cut, cluster: i };
  });
  // The bundle's manifest lists the file; thresholds are fitted on it whatever it holds, if checks are off.
  await writeSealed(place, {
    [PREDICTIONS_FILE]: predictionsRecord({ labels, predictions, missed: [] }, calibration),
  });
}

const everything = async (model: Extractor) => {
  const posts = world.corpus.posts.test.map(({ text }) => ({ text }));
  const found = [];
  for await (const outcome of model.extractMany(
    posts.concat(world.corpus.posts.validation.map(({ text }) => ({ text }))),
  ))
    if ("extraction" in outcome) found.push(outcome.extraction);
  return found;
};

describe("training", () => {
  it("stores what the model answered on its validation documents", async () => {
    for (const model of Object.values(models)) {
      const { labels, predictions, missed } = (await readPredictions(model))!;
      expect(labels.length).toBeGreaterThan(0);
      expect(labels).not.toContain("None");
      expect(predictions.length).toBeGreaterThan(0);
      expect(existsSync(join(model, THRESHOLDS_FILE))).toBe(false);
      const { metrics } = await evaluateExtractor({ model, data: world.files.validation });
      const { micro } = metrics;
      expect(predictions.filter(({ right }) => right).length + missed.length).toBe(micro.support);
      expect(predictions.length).toBe(micro.predicted);
      expect(predictions.filter(({ right }) => right).length / predictions.length).toBeCloseTo(
        micro.precision,
        9,
      );
    }
  });
});

describe("setThresholds", () => {
  it("fits both models of a bundle; extraction reports what is above and counts what is below", async () => {
    await answerRightAbove(0.6, "entities");
    await answerRightAbove(0.6, "relations");
    const before = await modelIdentity(bundle);
    const quiet = { verify: false, onNotice: () => undefined };
    const set = await setThresholds({ model: bundle, aim: { precision: 0.95 }, ...quiet });
    expect(await modelIdentity(bundle)).not.toBe(before);
    expect(await thresholdsOfModel(bundle, quiet)).toEqual(set);
    const of = (part: keyof typeof PART, label: string) =>
      set[part]!.labels.find((one) => one.label === label)!.threshold!;
    await using model = await load(bundle, quiet);
    let dropped = 0;
    for (const { entities, relations, notes } of await everything(model)) {
      for (const { label, probability } of entities)
        expect(probability).toBeGreaterThanOrEqual(of("entities", label));
      for (const { label, probability } of relations)
        expect(probability).toBeGreaterThanOrEqual(of("relations", label));
      const below = belowThresholdOf(notes);
      dropped += Object.values({ ...below?.entities, ...below?.relations }).reduce(
        (sum, count) => sum + count,
        0,
      );
    }
    expect(dropped).toBeGreaterThan(0);
  });

  it("reports everything on request, or what is above another threshold", async () => {
    await using model = await load(bundle, { verify: false });
    const text = world.corpus.posts.validation[0]!.text;
    const all = await model.extract({ text }, { thresholds: false });
    expect(belowThresholdOf(all.notes)).toBeUndefined();
    const none = await model.extract({ text }, { thresholds: false, threshold: 1 });
    expect(none.entities).toEqual(all.entities);
    expect(none.relations).toEqual([]);
    const counts = Object.values(belowThresholdOf(none.notes)?.relations ?? {});
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(all.relations.length);
  });

  it("lets evaluation score both with and without them", async () => {
    for (const part of ["entities", "relations"] as const) {
      const request = { model: join(bundle, PART[part]), data: world.files.validation, verify: false };
      const { metrics, withThresholds } = await evaluateExtractor(request);
      const below = Object.values(withThresholds!.below).reduce((sum, count) => sum + count, 0);
      expect(withThresholds!.metrics.micro.predicted + below).toBe(metrics.micro.predicted);
      expect(await evaluateExtractor({ ...request, thresholds: false })).not.toHaveProperty("withThresholds");
    }
  });

  it("removes them again; a bundle with thresholds is still the exported one", async () => {
    const fresh = join(folder, "fresh");
    await exportBundle({ ...models, folder: fresh });
    await setThresholds({ model: fresh, aim: "best-f1" });
    await (await load(fresh)).dispose();
    await setThresholds({ model: fresh, aim: "none" });
    expect(await thresholdsOfModel(fresh)).toEqual({ entities: undefined, relations: undefined });
    await (await load(fresh)).dispose();
  });

  it("refuses edited thresholds, and replaces them", async () => {
    const place = join(models.relations, THRESHOLDS_FILE);
    const { relations } = await setThresholds({ model: models.relations, aim: { precision: 0.8 } });
    const edited = (await readFile(place, "utf8")).replace('"threshold": 0', '"threshold": 0.1');
    await writeFile(place, edited);
    await expect(load(models.relations)).rejects.toMatchObject({ code: "model/changed" });
    expect(await setThresholds({ model: models.relations, aim: { precision: 0.8 } })).toEqual({ relations });
    await (await load(models.relations)).dispose();
    await writeFile(place, "{}");
    await expect(thresholdsOfModel(models.relations, { verify: false })).rejects.toMatchObject({
      code: "data/bad-thresholds",
    });
    await rm(place);
  });

  it("refuses thresholds that were fitted with another calibration", async () => {
    await setThresholds({ model: models.relations, aim: { precision: 0.8 } });
    const place = join(models.relations, "calibration.json");
    const own = await readFile(place);
    await rm(place);
    const bad = { code: "data/bad-thresholds", message: expect.stringContaining("another calibration") };
    await expect(load(models.relations)).rejects.toMatchObject(bad);
    await expect(setThresholds({ model: models.relations, aim: "best-f1" })).rejects.toMatchObject(bad);
    await writeFile(place, own);
    await setThresholds({ model: models.relations, aim: "none" });
  });

  it("says that a model of an earlier version has nothing to fit on", async () => {
    const place = join(models.entities, PREDICTIONS_FILE);
    const own = await readFile(place);
    await rm(place);
    await expect(setThresholds({ model: models.entities, aim: "best-f1" })).rejects.toMatchObject({
      code: "data/no-validation-predictions",
    });
    await writeFile(place, own);
  });

  it("refuses a precision that nobody can promise", async () => {
    await expect(setThresholds({ model: bundle, aim: { precision: 1 } })).rejects.toMatchObject({
      code: "config/bad-request",
    });
  });
});
