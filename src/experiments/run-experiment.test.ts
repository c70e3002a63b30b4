import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ExperimentEvent } from "./events.ts";
import type { Preset, SharedStage } from "./plan.ts";
import { gatherResults } from "./results.ts";
import { type ExperimentRequest, runExperiment } from "./run-experiment.ts";
import {
  calls as callsIn,
  DOCUMENTS,
  OPTIONS,
  testFolder,
  weights,
  weightsRequest,
} from "./testing/weights.ts";

let folder: string;
beforeEach(async () => {
  folder = await testFolder();
});
afterEach(() => rm(folder, { recursive: true }));

/** The same as a sweep. */
function sweep(...values: readonly number[]): Preset {
  const { plan, ...preset } = weights(...values);
  return {
    ...preset,
    plan: (base, options) => {
      const made = plan(base, options);
      return { ...made, variants: made.variants.map((one, i) => ({ ...one, value: values[i] })) };
    },
  };
}

const request = (preset: Preset, more: Partial<ExperimentRequest> = {}) =>
  weightsRequest(folder, preset, more);
const calls = () => callsIn(folder);
/** F1 with precision 1 and this many correct documents. */
const f1 = (right: number) => (2 * right) / DOCUMENTS / (1 + right / DOCUMENTS);

describe("runExperiment", () => {
  it("trains and scores every variant with every seed, and compares the means", async () => {
    const { status, results } = await runExperiment(request(weights(8, 3)));
    expect(status).toBe("finished");
    expect(await calls()).toEqual([
      "evaluate 3",
      "evaluate 4",
      "evaluate 8",
      "evaluate 9",
      "train 3 1",
      "train 3 2",
      "train 8 1",
      "train 8 2",
    ]);
    const [reference, other] = results.rows;
    expect(reference).toMatchObject({ variant: "w8", reference: true, missing: [] });
    expect(reference?.runs.map(({ score }) => score)).toEqual([f1(8), f1(9)]);
    expect(reference?.mean).toBeCloseTo((f1(8) + f1(9)) / 2, 12);
    // For two values, the sample deviation is their difference over the root of two.
    expect(reference?.standardDeviation).toBeCloseTo((f1(9) - f1(8)) / Math.SQRT2, 12);
    expect(other?.comparison?.difference).toBeCloseTo((f1(3) + f1(4) - f1(8) - f1(9)) / 2, 12);
    // The five documents between 4 and 8 are wrong in one and correct in the other, never the reverse.
    expect(other?.comparison?.interval[1]).toBeLessThanOrEqual(0);
    expect(other?.comparison).toMatchObject({ documents: DOCUMENTS, clusters: DOCUMENTS });
    // The zigzags have the amplitudes 0.08 and 0.03: every inner line is twice as far from the mean of its neighbours.
    const noise = (amplitude: number) => Math.sqrt((2 / 3) * (2 * amplitude) ** 2);
    const [steady, lively] = [results.instability[1]!, results.instability[0]!];
    expect([lively.variant, steady.variant]).toEqual(["w8", "w3"]);
    expect(lively.lossNoise!.mean).toBeCloseTo(noise(0.08), 10);
    expect(steady.relativeLossNoise!.mean).toBeCloseTo(noise(0.03) / 3.65, 10);
    expect(steady.difference!.mean).toBeCloseTo((noise(0.03) - noise(0.08)) / 3.65, 10);
    expect(lively.difference).toBeUndefined(); // the reference
    // A spike with the second seed alone.
    expect(lively.gradientSpikes!.mean).toBe(0.5);
    expect([lively.diverged, lively.notLearned]).toEqual([[], []]);
    expect(results.notes).toEqual([]); // scores from predictions equal the printed ones
    expect(JSON.parse(await readFile(join(folder, "out/results.json"), "utf8"))).toEqual(results);
    const page = await readFile(join(folder, "out/report.html"), "utf8");
    for (const shown of [
      "Weights",
      "Instability of the trainings",
      "w8, seed 1: scores by relation",
      "w8, seed 1: examples",
    ])
      expect(page).toContain(shown);
    const wrong = DOCUMENTS - 8; // of the reference with its first seed
    expect(page).toContain(`The ${Math.min(6, wrong)} most probable of ${wrong} wrong predictions.`);
  });

  it("draws documents with the same text together", async () => {
    const data = join(folder, "data.jsonl");
    const lines = (await readFile(data, "utf8")).trim().split("\n");
    const sharing = lines.map((line, i) => (i < 4 ? line.replace(/\d met b/, "0 met b") : line));
    await writeFile(data, sharing.map((line) => `${line}\n`).join(""));
    const { results } = await runExperiment(request(weights(8, 3), { seeds: [1] }));
    expect(results.rows[1]?.comparison).toMatchObject({ documents: DOCUMENTS, clusters: DOCUMENTS - 3 });
    expect(results.significance).toContain("share a text or a picture are drawn together");
  });

  it("corrects the p-values of each family of rows on their own", async () => {
    const { plan, ...preset } = weights(8, 7, 6, 3);
    const families: Preset = {
      ...preset,
      plan: (base, options) => {
        const made = plan(base, options);
        return {
          ...made,
          variants: made.variants.map((one, i) => ({ ...one, family: i < 3 ? "first" : "second" })),
        };
      },
    };
    const [whole, parts] = [
      await runExperiment(request(weights(8, 7, 6, 3), { seeds: [1] })),
      await runExperiment(request(families, { seeds: [1], out: join(folder, "families") })),
    ].map(({ results }) => results);
    expect(whole?.families).toEqual([{ set: "validation", comparisons: 3 }]);
    expect(parts?.families).toEqual([
      { set: "validation", family: "first", comparisons: 2 },
      { set: "validation", family: "second", comparisons: 1 },
    ]);
    expect(parts?.significance).toContain(
      "on its own for each of first (2 comparisons), second (1 comparison)",
    );
    const last = parts?.rows[3]?.comparison;
    expect(last?.pValue).toBe(whole?.rows[3]?.comparison?.pValue);
    expect(last?.adjustedPValue).toBe(last?.pValue);
    expect(whole?.rows[3]?.comparison?.adjustedPValue).toBeCloseTo(3 * (last?.pValue ?? 0), 12);
  });

  it("makes one row of models that are equal byte for byte, and tests none against itself", async () => {
    // 8 and 8.5 give one model, 3 and 3.5 another: two rows and a single test remain.
    const { results } = await runExperiment(request(sweep(8, 8.5, 3, 3.5), { keep: "results" }));
    const [reference, other, ...more] = results.rows;
    expect(more).toEqual([]);
    expect(reference).toMatchObject({
      variant: "w8",
      reference: true,
      identical: [{ variant: "w8.5", value: 8.5 }],
    });
    expect(reference?.comparison).toBeUndefined();
    expect(other).toMatchObject({ variant: "w3", identical: [{ variant: "w3.5", value: 3.5 }] });
    // Holm's correction counts one comparison, not three.
    expect(other?.comparison?.adjustedPValue).toBe(other?.comparison?.pValue);
    expect(results.notes).toEqual([
      expect.stringContaining("w8 = w8.5 on validation: the same models"),
      expect.stringContaining("w3 = w3.5 on validation: the same models"),
    ]);
    const page = await readFile(join(folder, "out/report.html"), "utf8");
    expect(page).toContain("w8 = w8.5 (reference)");
    // The run's page draws each model's curve once.
    const curves = page.slice(page.indexOf("Validation score by epoch"));
    expect(curves).not.toContain("w8.5, seed 1");
  });

  it("gives the reference its own name when an earlier variant is the same model", async () => {
    const { results } = await runExperiment(request({ ...sweep(8.5, 8, 3), name: "later" }, { seeds: [1] }));
    expect(results.rows.map(({ variant }) => variant)).toEqual(["w8.5", "w3"]);
    const named = { ...sweep(8.5, 8, 3), name: "named" };
    const plan: Preset["plan"] = (base, options) => ({ ...named.plan(base, options), reference: "w8" });
    const again = await runExperiment(
      request({ ...named, plan }, { seeds: [1], out: join(folder, "again") }),
    );
    expect(again.results.rows.map(({ variant, reference }) => [variant, reference])).toEqual([
      ["w8", true],
      ["w3", false],
    ]);
  });

  it("keeps rows apart whose models answer the same with other weights", async () => {
    await runExperiment(request(sweep(8, 8.5), { seeds: [1] }));
    const record = join(folder, "out/cells/w8.5/seed-1/train/stage.json");
    const stage = JSON.parse(await readFile(record, "utf8"));
    expect(stage.weights).toMatch(/^[0-9a-f]{64}$/);
    await writeFile(record, JSON.stringify({ ...stage, weights: "0".repeat(64) }));
    const { rows } = await gatherResults(join(folder, "out"), { samples: 200 });
    expect(rows.map(({ variant }) => variant)).toEqual(["w8", "w8.5"]);
    expect(rows[1]?.comparison?.difference).toBe(0);
  });

  it("compares a variant that names its own reference with that one", async () => {
    const named = weights(8, 3, 5);
    const plan: Preset["plan"] = (base, options) => {
      const made = named.plan(base, options);
      const variants = made.variants.map((one) => (one.name === "w5" ? { ...one, reference: "w3" } : one));
      return { ...made, variants };
    };
    const { results } = await runExperiment(request({ ...named, plan }, { variants: ["w5"], seeds: [1] }));
    const rows = new Map(results.rows.map((row) => [row.variant, row]));
    expect(rows.get("w3")?.comparedWith).toBeUndefined();
    expect(rows.get("w5")?.comparedWith).toBe("w3");
    expect(rows.get("w5")?.comparison?.difference).toBeCloseTo(f1(5) - f1(3), 12);
  });

  it("compares it under a condition with the other one under the same condition", async () => {
    const named = weights(8, 3, 5);
    const plan: Preset["plan"] = (base, options) => {
      const made = named.plan(base, options);
      const file = { $stage: "derived", file: "documents.jsonl" };
      const derived: SharedStage = {
        kind: "map-labels",
        name: "derived",
        perSeed: false,
        file: base.data.train,
        data: base.data,
        labels: { p: "q" }, // other documents, or the rows would be merged
      };
      const variants = made.variants.map((one) => ({
        ...one,
        ...(one.name === "w5" ? { reference: "w3" } : {}),
        evaluations: [...one.evaluations, { set: "validation", condition: "changed", file }],
      }));
      return { ...made, variants, shared: [derived] };
    };
    const { results } = await runExperiment(request({ ...named, plan }, { seeds: [1] }));
    const compared = results.rows.map((row) => [row.variant, row.condition, row.comparedWith]);
    expect(compared).toEqual([
      ["w8", undefined, undefined],
      ["w8", "changed", undefined],
      ["w3", undefined, undefined],
      ["w3", "changed", undefined],
      ["w5", undefined, "w3"],
      ["w5", "changed", "w3, changed"],
    ]);
  });

  it("says which variants mix nothing because of their batches", async () => {
    const named = weights(8, 3, 5);
    const plan: Preset["plan"] = (base, options) => {
      const made = named.plan(base, options);
      const variants = made.variants.map((one) =>
        one.name === "w8" ? one : { ...one, overrides: { ...one.overrides, training: { batchSize: 1 } } },
      );
      return { ...made, variants };
    };
    const { results } = await runExperiment(request({ ...named, plan }, { seeds: [1] }));
    expect(results.notes).toEqual([
      "w3, w5: model.mixup is on, but nothing is mixed: a batch of 1 document has no second one to mix with.",
    ]);
  });

  it("does nothing twice, and adds seeds and variants to what is there", async () => {
    await runExperiment(request(weights(8, 3), { seeds: [1], variants: ["w8"] }));
    expect(await calls()).toEqual(["evaluate 8", "train 8 1"]);
    const events: ExperimentEvent[] = [];
    const { results } = await runExperiment(
      request(weights(8, 3), { onEvent: (event) => void events.push(event) }),
    );
    expect(await calls()).toHaveLength(8);
    const reused = events.flatMap((event) => (event.kind === "end" && event.reused ? [event.stage.id] : []));
    expect(reused).toEqual(["cells/w8/seed-1/train", "cells/w8/seed-1/evaluate-validation"]);
    expect(results.rows.map(({ runs }) => runs.length)).toEqual([2, 2]);
    await runExperiment(request(weights(8, 3)));
    expect(await calls()).toHaveLength(8);
  });

  it("lets a failing cell cost only itself, shows the end of its log, and tries it again next time", async () => {
    const { status, results } = await runExperiment(request(weights(8, 13)));
    expect(status).toBe("failed");
    expect(results.failed.map(({ stage, message }) => ({ stage, message }))).toEqual([
      {
        stage: "cells/w13/seed-1/train",
        message: "error[training/non-finite-loss]: the loss is NaN",
      },
      {
        stage: "cells/w13/seed-2/train",
        message: "error[training/non-finite-loss]: the loss is NaN",
      },
    ]);
    expect(results.failed[0]?.log).toContain("reading");
    expect(results.instability.map(({ variant, diverged }) => [variant, diverged])).toEqual([
      ["w8", []],
      ["w13", [1, 2]],
    ]);
    expect(results.rows).toMatchObject([
      { variant: "w8", missing: [] },
      { variant: "w13", missing: [1, 2], runs: [] },
    ]);
    await writeFile(join(folder, "fixed"), "");
    const again = await runExperiment(request(weights(8, 13)));
    expect(again.status).toBe("finished");
    expect(again.results.failed).toEqual([]);
    expect((await calls()).filter((call) => call.startsWith("train"))).toEqual([
      "train 13 1",
      "train 13 1",
      "train 13 2",
      "train 13 2",
      "train 8 1",
      "train 8 2",
    ]);
  });

  it("stops its children when it is stopped, and continues where it was", async () => {
    const controller = new AbortController();
    const running = runExperiment(request(weights(8, 99), { seeds: [1], signal: controller.signal }));
    while (!existsSync(join(folder, "waiting"))) await sleep(20);
    controller.abort();
    const stopped = await running;
    expect(stopped.status).toBe("interrupted");
    const pid = Number(await readFile(join(folder, "waiting"), "utf8"));
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    await writeFile(join(folder, "fixed"), "");
    expect((await runExperiment(request(weights(8, 99), { seeds: [1] }))).status).toBe("finished");
  });

  it("refuses what was made with other settings or inputs, says what differs, and repeats it or keeps it when told", async () => {
    await runExperiment(request(weights(8), { seeds: [1] }));
    const { base } = request(weights(8));
    const changed = { ...base, training: { ...base.training, epochs: 7 } };
    const refused = runExperiment(request(weights(8), { seeds: [1], base: changed }));
    await expect(refused).rejects.toMatchObject({ code: "experiment/changed" });
    await expect(refused).rejects.toThrow("settings.config.training.epochs: was 20, is 7");

    const { status } = await runExperiment(
      request(weights(8), { seeds: [1], base: changed, onChange: "rerun" }),
    );
    expect(status).toBe("finished");
    await writeFile(
      join(folder, "data.jsonl"),
      (await readFile(join(folder, "data.jsonl"), "utf8")).split("\n").slice(1).join("\n"),
    );
    await expect(runExperiment(request(weights(8), { seeds: [1], base: changed }))).rejects.toThrow(
      "settings.config.data.train: was ",
    );
    await runExperiment(request(weights(8), { seeds: [1], base: changed, onChange: "keep" }));
    expect((await runExperiment(request(weights(8), { seeds: [1], base: changed }))).status).toBe("finished");
    expect((await calls()).filter((call) => call === "train 8 1")).toHaveLength(2);
    const page = await readFile(join(folder, "out/report.html"), "utf8");
    expect(page).toContain("no longer contains the documents that were predicted");
  });

  it("refuses a folder of another preset and names of variants that there are not", async () => {
    await runExperiment(request(weights(8), { seeds: [1] }));
    const other = { ...weights(8), name: "others" };
    await expect(runExperiment(request(other))).rejects.toMatchObject({
      code: "experiment/other-experiment",
    });
    await expect(runExperiment(request(weights(8), { variants: ["w9"] }))).rejects.toMatchObject({
      code: "experiment/unknown-variant",
    });
  });

  it("keeps the best weights, all, or none of them", async () => {
    const run = join(folder, "out/cells/w8/seed-1/train/run");
    await runExperiment(request(weights(8), { seeds: [1], keep: "all" }));
    expect([existsSync(join(run, "checkpoints")), existsSync(join(run, "model-best"))]).toEqual([true, true]);
    await rm(join(folder, "out"), { recursive: true });
    await runExperiment(request(weights(8), { seeds: [1] }));
    expect([existsSync(join(run, "checkpoints")), existsSync(join(run, "model-best"))]).toEqual([
      false,
      true,
    ]);
    await rm(join(folder, "out"), { recursive: true });
    await runExperiment(request(weights(8), { seeds: [1], keep: "results" }));
    expect([existsSync(join(run, "checkpoints")), existsSync(join(run, "model-best"))]).toEqual([
      false,
      false,
    ]);
    // A further evaluation needs the weights: they are trained again.
    const sets = [{ name: "more", file: join(folder, "data.jsonl") }];
    const { results } = await runExperiment(
      request(weights(8), { seeds: [1], keep: "results", options: { ...OPTIONS, sets } }),
    );
    expect(results.rows.map(({ set, mean }) => ({ set, mean }))).toEqual([
      { set: "validation", mean: f1(8) },
      { set: "more", mean: f1(8) },
    ]);
  });
});
