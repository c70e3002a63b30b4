// Resamples of clusters: what is drawn together, and what that does to intervals and p-values.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BootstrapOptions, pairedBootstrap, pairedBootstrapMicroF1 } from "./bootstrap.ts";
import { clusterSampler } from "./cluster-sampler.ts";
import { pairedBootstrapEntityF1 } from "./entity-bootstrap.ts";
import { seededIndex } from "./seeded-random.ts";

/** Every instance `copies` times in a row. */
const repeated = <T>(values: readonly T[], copies: number): T[] =>
  values.flatMap((value) => Array<T>(copies).fill(value));
const width = ({ interval: [low, high] }: { readonly interval: readonly [number, number] }) => high - low;

describe("clusterSampler", () => {
  it("draws whole clusters, as many as there are", () => {
    const lists = fc.array(fc.nat(5), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(lists, fc.nat(), (clusters, seed) => {
        const sampler = clusterSampler(clusters.length, clusters);
        expect(sampler.clusters).toBe(new Set(clusters).size);
        const drawn = [...sampler.draw(seededIndex(seed))];
        let draws = 0;
        for (const cluster of new Set(clusters)) {
          const counts = clusters.flatMap((one, i) =>
            one === cluster ? [drawn.filter((index) => index === i).length] : [],
          );
          expect(new Set(counts).size).toBe(1); // its members equally often
          draws += counts[0]!;
        }
        expect(draws).toBe(sampler.clusters);
      }),
    );
  });

  it("draws each instance by itself without clusters", () => {
    const sampler = clusterSampler(3);
    expect(sampler.clusters).toBe(3);
    expect([...sampler.draw(() => 2)]).toEqual([2, 2, 2]);
  });
});

describe("the paired bootstrap of rows that are copies of each other", () => {
  const gold = Array.from({ length: 60 }, (_, i) => i % 3);
  const a = gold.map((label, i) => (i % 5 < 3 ? label : (label + 1) % 3));
  const b = gold.map((label, i) => (i % 7 < 5 ? label : (label + 1) % 3));
  const options: BootstrapOptions = { seed: 3, samples: 2000 };
  const copies = 9;
  const of = <T>(values: readonly T[]) => repeated(values, copies);
  const clusters = of(gold.map((_, i) => i));

  it("has the interval and the p-value of the originals", () => {
    const once = pairedBootstrapMicroF1(gold, { a, b }, 0, options);
    const drawn = pairedBootstrapMicroF1(of(gold), { a: of(a), b: of(b) }, 0, { ...options, clusters });
    expect(drawn).toEqual(once);
    expect(drawn.clusters).toBe(60);
    // Without clusters, nine copies make the interval three times too narrow.
    const byLine = pairedBootstrapMicroF1(of(gold), { a: of(a), b: of(b) }, 0, options);
    expect(width(once) / width(byLine)).toBeGreaterThan(2.5);
    expect(byLine.pValue).toBeLessThan(once.pValue);
  });

  it("does so for entities", () => {
    const spans = (labels: readonly number[]) =>
      labels.map((label) => [{ start: 0, end: 1, label: String(label) }]);
    const [goldSpans, spansA, spansB] = [spans(gold), spans(a), spans(b)];
    const once = pairedBootstrapEntityF1(goldSpans, { a: spansA, b: spansB }, options);
    const all = { a: of(spansA), b: of(spansB) };
    expect(pairedBootstrapEntityF1(of(goldSpans), all, { ...options, clusters })).toEqual(once);
  });

  it("needs one cluster per instance", () => {
    const one = () => 1;
    expect(() => pairedBootstrap(3, one, one, { seed: 1, clusters: [0, 1] })).toThrow(
      expect.objectContaining({ code: "evaluation/different-lengths" }),
    );
  });
});
