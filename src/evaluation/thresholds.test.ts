import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { precisionRecallCurve, type ScoredPrediction } from "./precision-recall.ts";
import { seededIndex } from "./seeded-random.ts";
import { fitThresholds, thresholdOf } from "./thresholds.ts";
import { wilsonInterval } from "./wilson.ts";

const scored = (probability: number, right: boolean, cluster: number, label = "PER"): ScoredPrediction => ({
  label,
  probability,
  right,
  cluster,
});

/** Predictions whose probability is `over` times too sure, each from its own text. */
function drawn(count: number, seed: number, { label = "PER", over = 1 } = {}): ScoredPrediction[] {
  const index = seededIndex(seed);
  const uniform = () => (index(2 ** 24) + 0.5) / 2 ** 24;
  return Array.from({ length: count }, (_, i) => {
    const probability = 0.3 + 0.699 * uniform() ** 0.45;
    return scored(probability, uniform() < probability ** over, i, label);
  });
}

describe("precisionRecallCurve", () => {
  it("is the hand calculation, with equal probabilities cut together", () => {
    const predictions = [
      scored(0.9, true, 0),
      scored(0.6, true, 1),
      scored(0.6, false, 2),
      scored(0.2, false, 3),
    ];
    expect(precisionRecallCurve({ predictions, missed: [{ label: "PER", cluster: 4 }] })).toEqual([
      { threshold: 0.75, precision: 1, recall: 1 / 3 },
      { threshold: 0.4, precision: 2 / 3, recall: 2 / 3 },
      { threshold: 0, precision: 0.5, recall: 2 / 3 },
    ]);
  });

  it("refuses what is not a probability", () => {
    const predictions = [scored(Number.NaN, true, 0)];
    expect(() => precisionRecallCurve({ predictions, missed: [] })).toThrow(
      expect.objectContaining({ code: "evaluation/bad-scores" }),
    );
  });
});

describe("wilsonInterval", () => {
  it("equals statsmodels' proportion_confint(9, 10, method='wilson')", () => {
    const [low, high] = wilsonInterval(9, 10);
    expect(low).toBeCloseTo(0.5958499732047615, 12);
    expect(high).toBeCloseTo(0.9821237869049271, 12);
  });
});

describe("fitThresholds", () => {
  const fitted = (predictions: readonly ScoredPrediction[], precision: number, ...rest: ["drop"?]) =>
    fitThresholds({ predictions, missed: [] }, ["PER", "ORG"], { precision }, ...rest);

  it("keeps everything if everything is right", () => {
    const predictions = Array.from({ length: 60 }, (_, i) => scored(0.9 + i / 1000, true, i));
    expect(fitted(predictions, 0.9).labels[0]).toMatchObject({ threshold: 0, decision: "reached" });
  });

  it("separates right from wrong ones where the probabilities do", () => {
    const right = Array.from({ length: 80 }, (_, i) => scored(0.9 + i / 1000, true, i));
    const wrong = Array.from({ length: 80 }, (_, i) => scored(0.1 + i / 1000, false, 100 + i));
    const [found] = fitted([...right, ...wrong], 0.9).labels;
    expect(found).toMatchObject({
      decision: "reached",
      predictions: 160,
      gold: 80,
      precision: 0.5,
      recall: 1,
    });
    expect(found!.threshold).toBeGreaterThan(0.15);
    expect(found!.threshold).toBeLessThan(0.9);
    expect(found!.heldOut!.precision).toBeGreaterThan(0.9);
    expect(found!.heldOut!.recall).toBe(1);
  });

  it("gives a label with too few predictions the threshold of all labels, and says so", () => {
    const few = drawn(20, 5, { label: "ORG" });
    const { all, labels } = fitted([...drawn(300, 1), ...few], 0.9);
    expect(labels[1]).toMatchObject({
      label: "ORG",
      decision: "all-labels",
      threshold: all.threshold,
      predictions: 20,
    });
    expect(thresholdOf({ all, labels }, "never seen")).toBe(all.threshold);
  });

  it("counts texts, not predictions: fifty predictions in one text are one text", () => {
    const one = Array.from({ length: 80 }, (_, i) => scored(0.5 + i / 200, i > 10, i % 7));
    expect(fitted(one, 0.9)).toMatchObject({
      all: { decision: "too-few", threshold: 0, heldOut: null, texts: 7 },
    });
    expect(fitted(one, 0.9).labels[0]).toMatchObject({ decision: "too-few", threshold: 0 });
  });

  it("says which precision can be reached if the aim cannot, and drops the label on request", () => {
    const hopeless = Array.from({ length: 200 }, (_, i) => scored(0.5 + i / 1000, i % 2 === 0, i));
    const [best] = fitted(hopeless, 0.9).labels;
    expect(best!.decision).toBe("unreached");
    expect(best!.threshold).toBeGreaterThanOrEqual(0);
    expect(best!.heldOut!.precision).toBeLessThan(0.75);
    const dropped = fitted(hopeless, 0.9, "drop");
    expect(dropped.labels[0]).toMatchObject({ decision: "unreached", threshold: null });
    expect(thresholdOf(dropped, "PER")).toBe(Number.POSITIVE_INFINITY);
  });

  it("never reads a threshold off one example: a lone sure and right prediction moves it little", () => {
    const hopeless = Array.from({ length: 200 }, (_, i) => scored(0.5 + i / 1000, i % 2 === 0, i));
    const [found] = fitted([...hopeless, scored(0.99, true, 999)], 0.9).labels;
    expect(found!.decision).toBe("unreached");
    expect(found!.threshold).toBeLessThan(0.7);
  });

  it("keeps at least ten predictions, and meets the aim on those that it was fitted on", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 50, max: 300 }),
        fc.double({ min: 0.5, max: 0.95, noNaN: true }),
        (seed, count, precision) => {
          const predictions = drawn(count, seed);
          const [{ threshold, decision } = { threshold: null, decision: "" }] = fitted(
            predictions,
            precision,
          ).labels;
          const kept = predictions.filter(({ probability }) => probability >= threshold!);
          expect(kept.length).toBeGreaterThanOrEqual(10);
          if (decision !== "reached") return;
          // Ten more predictions weigh on the estimate, and it must be above the aim.
          const share = (kept.filter(({ right }) => right).length + 10) / (kept.length + 10);
          expect(share).toBeGreaterThan(precision);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("maximises F1 where a threshold helps, and sets none where it does not", () => {
    const right = Array.from({ length: 60 }, (_, i) => scored(0.8 + i / 1000, true, i));
    const wrong = Array.from({ length: 120 }, (_, i) => scored(0.2 + i / 1000, false, 100 + i));
    const better = fitThresholds({ predictions: [...right, ...wrong], missed: [] }, ["PER"], "best-f1")
      .labels[0]!;
    expect(better.decision).toBe("reached");
    expect(better.heldOut!.f1).toBeCloseTo(1, 1);
    const flat = Array.from({ length: 200 }, (_, i) => scored(0.5 + i / 1000, i % 3 > 0, i));
    expect(fitThresholds({ predictions: flat, missed: [] }, ["PER"], "best-f1").labels[0]).toMatchObject({
      decision: "not-better",
      threshold: 0,
    });
  });

  it("refuses an aim that cannot be a precision", () => {
    for (const precision of [0, 1, -1, 2, Number.NaN]) {
      expect(() => fitted(drawn(60, 1), precision)).toThrow(
        expect.objectContaining({ code: "evaluation/bad-aim" }),
      );
    }
  });
});

// The control: what is promised on validation data, against what fresh data from the same source gives. RELATA_DRAWS sets the number of draws.
describe("the promise of a threshold", () => {
  const seeds = Number(process.env.RELATA_DRAWS ?? 60);
  const cases = [60, 150, 500].flatMap((count) => [1, 1.6].map((over) => ({ count, over })));

  it.each(cases)(
    "holds on fresh data: $count predictions, certainty to the power of $over",
    ({ count, over }) => {
      const fresh = drawn(20_000, 987_654, { over });
      const outcomes = Array.from({ length: seeds }, (_, seed) => {
        const { decision, threshold, heldOut } = fitThresholds(
          { predictions: drawn(count, seed, { over }), missed: [] },
          ["PER"],
          { precision: 0.9 },
        ).labels[0]!;
        const kept = fresh.filter(({ probability }) => probability >= threshold!);
        const precision = kept.filter(({ right }) => right).length / kept.length;
        const [low, high] = heldOut!.interval;
        return {
          reached: decision === "reached",
          precision,
          kept: kept.length / fresh.length,
          stated: heldOut!.precision!,
          covered: low <= precision && precision <= high,
        };
      });
      const reached = outcomes.filter((one) => one.reached);
      const mean = (values: readonly number[]) =>
        values.reduce((sum, value) => sum + value, 0) / values.length;
      const share = (some: readonly boolean[]) => mean(some.map(Number));
      const account = {
        reached: reached.length / seeds,
        precision: mean(reached.map(({ precision }) => precision)),
        atLeast: share(reached.map(({ precision }) => precision >= 0.9)),
        kept: mean(reached.map(({ kept }) => kept)),
        stated: mean(reached.map(({ stated }) => stated)),
        coverage: share(outcomes.map(({ covered }) => covered)),
      };
      if (process.env.RELATA_DRAWS !== undefined)
        console.log(
          `${count} predictions, power ${over}: ${Object.entries(account)
            .map(([name, value]) => `${name} ${value.toFixed(3)}`)
            .join(", ")}`,
        );
      expect(account.coverage).toBeGreaterThan(0.85);
      if (count < 150) return;
      expect(account.precision).toBeGreaterThan(0.89);
      expect(account.atLeast).toBeGreaterThan(0.5);
      expect(Math.abs(account.stated - account.precision)).toBeLessThan(0.04);
    },
  );
});
