// Information about labels and its intervals against NumPy, what a selection changes, and label retention.
import { describe, expect, it } from "vitest";
import { stream } from "../../training/random.ts";
import { type ScoredInstance, selectionInformation } from "./information.ts";
import { labelRetention } from "./label-retention.ts";

const views = (crossEntropies: readonly number[], kept: readonly number[]) =>
  crossEntropies.map((crossEntropy, i) => ({ crossEntropy, kept: kept[i] === 1 }));
const SIX: readonly ScoredInstance[] = [
  { label: "a", withoutView: 0.5, views: views([0.2, 0.6], [1, 0]) },
  { label: "a", withoutView: 0.4, views: views([0.1], [1]) },
  { label: "b", withoutView: 1.5, views: views([1, 2, 0.3], [0, 0, 1]) },
  { label: "c", withoutView: 1.2, views: views([0.9], [0]) },
  { label: "a", withoutView: 0.6, views: views([0.4, 0.4], [1, 1]) },
  { label: "b", withoutView: 0.9, views: views([0.7, 0.5], [0, 1]) },
];

describe("information", () => {
  it("is H(Y) - CE over instances that have views, before and after a selection", () => {
    const { before, after, difference } = selectionInformation(SIX, { seed: 1 });
    expect(before).toMatchObject({ instances: 6, views: 11 });
    expect(before.labelEntropy.nats).toBeCloseTo(1.0114042647073516, 12);
    expect(before.crossEntropy.nats).toBeCloseTo(0.5833333333333334, 12);
    expect(before.bound.nats).toBeCloseTo(0.4280709313740182, 12);
    expect(before.bound.bits).toBeCloseTo(0.4280709313740182 / Math.log(2), 12);
    expect(before.gain?.nats).toBeCloseTo(0.2666666666666666, 12);
    expect(before.entropyBias.nats).toBeCloseTo(2 / 12, 12);
    // The instance labelled "c" keeps no view and leaves the account.
    expect(after).toMatchObject({ instances: 5, views: 6 });
    expect(after!.bound.nats).toBeCloseTo(0.37301166700925653, 12);
    expect(after!.gain?.nats).toBeCloseTo(0.48, 12);
    expect(difference!.nats).toBeCloseTo(0.37301166700925653 - 0.4280709313740182, 12);
  });

  it("has the interval that resampling in NumPy gives", () => {
    // 20,000 resamples of the same 400 instances in NumPy: 0.2977 to 0.3670.
    const instances = Array.from({ length: 400 }, (_, i) => ({
      label: i % 3 === 0 ? "y" : "x",
      views: views([0.3 + 0.2 * Math.sin(i)], [1]),
    }));
    const { before, difference } = selectionInformation(instances, { seed: 5, samples: 2000 });
    expect(before.bound.nats).toBeCloseTo(0.3367524298897225, 10);
    const [low, high] = before.bound.interval.nats;
    expect(low).toBeCloseTo(0.2977, 2);
    expect(high).toBeCloseTo(0.367, 2);
    expect(before.bound.interval.bits[0]).toBeCloseTo(low / Math.log(2), 12);
    expect(difference).toMatchObject({ nats: 0, interval: { nats: [0, 0] } }); // everything was kept
    const again = () => selectionInformation(instances, { seed: 5, samples: 20 });
    expect(again()).toEqual(again());
  });

  it("draws instances of one cluster together: copies of instances narrow no interval", () => {
    const copied = SIX.flatMap((one, cluster) => Array<ScoredInstance>(9).fill({ ...one, cluster }));
    const [once, together, apart] = [SIX, copied, copied.map(({ cluster: _, ...one }) => one)].map(
      (instances) => selectionInformation(instances, { seed: 1, samples: 400 }).before.bound.interval.nats,
    );
    expect(together![0]).toBeCloseTo(once![0], 10);
    expect(together![1]).toBeCloseTo(once![1], 10);
    expect((once![1] - once![0]) / (apart![1] - apart![0])).toBeGreaterThan(2);
  });

  it("counts an instance once, however many views it has", () => {
    const two = [
      { label: "a", views: views([0, 0, 0, 0, 0, 0], []) },
      { label: "b", views: views([1], []) },
    ];
    const { before, after } = selectionInformation(two, { seed: 1, samples: 10 });
    expect(before.crossEntropy.nats).toBe(0.5);
    expect(before.gain).toBeUndefined();
    expect(after).toBeUndefined(); // nothing was kept
  });

  it("needs a scored view and sound options", () => {
    const none = [{ label: "a", views: [] }];
    expect(() => selectionInformation(none, { seed: 1 })).toThrow(
      expect.objectContaining({ code: "synthesis/nothing-to-measure" }),
    );
    for (const option of [{ samples: 0 }, { confidence: 1 }]) {
      expect(() => selectionInformation(SIX, { seed: 1, ...option })).toThrow(
        expect.objectContaining({ code: "synthesis/bad-measure-option" }),
      );
    }
  });
});

describe("label retention", () => {
  it("is the share of right predictions, by round and by label", () => {
    let views = 0;
    const of = (round: number, gold: string, predicted: string) => ({
      ...{ round, gold, predicted, cluster: views++ },
    });
    const retention = labelRetention([
      of(1, "a", "a"),
      of(2, "a", "b"),
      of(1, "b", "b"),
      of(1, "b", "b"),
      of(2, "b", "c"),
      of(1, "a", "c"),
    ]);
    expect(retention.all).toMatchObject({ views: 6, right: 3, share: 0.5 });
    const [first, second] = retention.byRound;
    expect(first).toMatchObject({ round: 1, views: 4, right: 3, share: 0.75 });
    // Wilson's interval of a share of 0.75 in 3 (four independent views, less one for the estimated share), and of 0 in 2.
    expect(first!.interval[0]).toBeCloseTo(0.2560926803174621, 10);
    expect(first!.interval[1]).toBeCloseTo(0.9631, 3);
    expect(second!.interval[0]).toBe(0);
    expect(second!.interval[1]).toBeCloseTo(0.6576197724933469, 10);
    expect(retention.byLabel.map(({ label, right, views }) => [label, right, views])).toEqual([
      ["a", 1, 3],
      ["b", 2, 3],
    ]);
    expect(labelRetention([]).all).toBeUndefined();
  });

  it("has an interval over instances: views that are right or wrong together do not narrow it", () => {
    const instances = Array.from({ length: 300 }, (_, i) => i % 5 < 2);
    const viewsOf = (count: number) =>
      instances.flatMap((right, cluster) =>
        Array.from({ length: count }, () => ({ round: 1, gold: "a", predicted: right ? "a" : "b", cluster })),
      );
    const [one, seven] = [1, 7].map((count) => labelRetention(viewsOf(count)).all!);
    expect(seven).toMatchObject({ views: 2100, share: 0.4 });
    const width = ({ interval: [low, high] }: NonNullable<typeof one>) => high - low;
    expect(width(seven!) / width(one!)).toBeCloseTo(1, 1);
  });

  it("has the interval that resampling instances gives", () => {
    const draw = stream(4, 0, "retention");
    const instances = Array.from({ length: 400 }, () => {
      const chance = draw.uniform();
      return Array.from({ length: 1 + draw.integer(9) }, () => draw.uniform() < chance);
    });
    const { share, interval } = labelRetention(
      instances.flatMap((own, cluster) =>
        own.map((right) => ({ round: 1, gold: "a", predicted: right ? "a" : "b", cluster })),
      ),
    ).all!;
    const shares = Array.from({ length: 500 }, () => {
      const drawn = instances.flatMap(() => instances[draw.integer(instances.length)]!);
      return drawn.filter(Boolean).length / drawn.length;
    });
    const deviation = Math.sqrt(shares.reduce((sum, one) => sum + (one - share) ** 2, 0) / shares.length);
    expect((interval[1] - interval[0]) / (2 * 1.96 * deviation)).toBeCloseTo(1, 1);
  });
});
