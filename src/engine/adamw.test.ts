import { describe, expect, it } from "vitest";
import { AdamW } from "./adamw.ts";
import { Parameters } from "./parameters.ts";

const GROUPS = [
  { name: "decay", weightDecay: 0.01, learningRateScale: 1 },
  { name: "head", weightDecay: 0, learningRateScale: 10 },
];
const SIZES = { w: 1003, b: 17 } as const; // not multiples of the kernel's turn

function model() {
  const parameters = Parameters.create(
    [
      { name: "w", shape: [SIZES.w], group: "decay" },
      { name: "b", shape: [SIZES.b], group: "head" },
    ],
    GROUPS,
  );
  parameters.weight("w").data.forEach((_, i, data) => {
    data[i] = Math.sin(i);
  });
  parameters.weight("b").data.forEach((_, i, data) => {
    data[i] = Math.cos(i);
  });
  return parameters;
}

function setGradients(parameters: Parameters, seed: number, scale = 1): void {
  for (const name of parameters.names()) {
    parameters.gradient(name).data.forEach((_, i, data) => {
      data[i] = scale * Math.sin(seed * 7.3 + i * i);
    });
  }
}

/** torch.optim.AdamW and torch.nn.utils.clip_grad_norm_, element by element in double precision. */
class Reference {
  readonly weights = new Map<string, Float64Array>();
  readonly #moments = new Map<string, { m: Float64Array; v: Float64Array }>();

  constructor(parameters: Parameters) {
    for (const name of parameters.names()) {
      const { data } = parameters.weight(name);
      this.weights.set(name, Float64Array.from(data));
      this.#moments.set(name, { m: new Float64Array(data.length), v: new Float64Array(data.length) });
    }
  }

  step(
    gradients: ReadonlyMap<string, readonly number[]>,
    t: number,
    learningRate: number,
    maxNorm: number,
  ): number {
    const norm = Math.sqrt([...gradients.values()].flat().reduce((sum, g) => sum + g * g, 0));
    const clip = Math.min(1, maxNorm / (norm + 1e-6));
    for (const [name, gradient] of gradients) {
      const group = GROUPS[name === "w" ? 0 : 1]!; // two groups are defined above
      const rate = learningRate * group.learningRateScale;
      const w = this.weights.get(name)!;
      const { m, v } = this.#moments.get(name)!;
      gradient.forEach((raw, i) => {
        const g = raw * clip;
        m[i] = 0.9 * m[i]! + 0.1 * g;
        v[i] = 0.999 * v[i]! + 0.001 * g * g;
        const denominator = Math.sqrt(v[i]!) / Math.sqrt(1 - 0.999 ** t) + 1e-8;
        w[i] = w[i]! * (1 - rate * group.weightDecay) - (rate / (1 - 0.9 ** t)) * (m[i]! / denominator);
      });
    }
    return norm;
  }
}

interface Arrays {
  readonly weights: Float32Array;
  readonly gradients: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** The kernel's update of every element, each operation rounded to float32; changes the arrays. */
function wholeFormula(
  { weights, gradients, first, second }: Arrays,
  step: number,
  rate: number,
  weightDecay: number,
): void {
  const f = Math.fround;
  const flush = (value: number, smallest: number) => (Math.abs(value) >= f(smallest) ? value : 0);
  const root = Math.sqrt(1 - 0.999 ** step);
  const [beta1, rest1, beta2, rest2] = [f(0.9), f(1 - 0.9), f(0.999), f(1 - 0.999)];
  const [epsilon, stepSize, decay] = [
    f(1e-8 * root),
    f((rate * root) / (1 - 0.9 ** step)),
    f(1 - rate * weightDecay),
  ];
  weights.forEach((weight, i) => {
    const g = flush(gradients[i]!, 1e-17);
    const m = flush(f(f(first[i]! * beta1) + f(g * rest1)), 1e-28);
    const v = flush(f(f(second[i]! * beta2) + f(f(g * g) * rest2)), 1e-36);
    weights[i] = f(f(weight * decay) - f(f(m * stepSize) / f(f(Math.sqrt(v)) + epsilon)));
    first[i] = m;
    second[i] = v;
  });
}

const gradientsOf = (parameters: Parameters) =>
  new Map(parameters.names().map((name) => [name, [...parameters.gradient(name).data]] as const));

function largestDifference(parameters: Parameters, reference: Reference): number {
  return Math.max(
    ...parameters.names().map((name) => {
      const expected = reference.weights.get(name)!;
      return Math.max(...parameters.weight(name).data.map((value, i) => Math.abs(value - expected[i]!)));
    }),
  );
}

describe("AdamW", () => {
  it("agrees with a scalar reference over many steps, clipped and not", async () => {
    for (const maxGradientNorm of [1, 1000]) {
      const parameters = model();
      const reference = new Reference(parameters);
      const optimizer = new AdamW(parameters, { accumulation: 1 });
      for (let step = 1; step <= 30; step++) {
        setGradients(parameters, step);
        const learningRate = 1e-3 * (1 - step / 40);
        const norm = reference.step(gradientsOf(parameters), step, learningRate, maxGradientNorm);
        await optimizer.accumulate();
        const result = await optimizer.apply(step, learningRate, { maxGradientNorm, accumulated: 1 });
        expect(result.gradientNorm).toBeCloseTo(norm, 5);
      }
      expect(largestDifference(parameters, reference)).toBeLessThan(3e-6); // 30 roundings of weights up to 1
    }
  });

  it("takes the mean over accumulated micro-batches", async () => {
    const parameters = model();
    const reference = new Reference(parameters);
    const optimizer = new AdamW(parameters);
    for (let step = 1; step <= 3; step++) {
      const sum = new Map(
        parameters.names().map((name) => [name, new Float64Array(parameters.weight(name).data)]),
      );
      for (const values of sum.values()) values.fill(0);
      for (let micro = 0; micro < 3; micro++) {
        setGradients(parameters, 10 * step + micro);
        for (const [name, values] of sum) {
          for (const [i, gradient] of parameters.gradient(name).data.entries()) values[i]! += gradient / 3;
        }
        await optimizer.accumulate();
      }
      const mean = new Map([...sum].map(([name, values]) => [name, [...values]] as const));
      const norm = reference.step(mean, step, 1e-3, 1);
      const { gradientNorm } = await optimizer.apply(step, 1e-3, { maxGradientNorm: 1, accumulated: 3 });
      expect(gradientNorm).toBeCloseTo(norm, 5);
    }
    expect(largestDifference(parameters, reference)).toBeLessThan(1e-6);
  });

  it("computes the same bits every time, with and without the accumulator", async () => {
    const runs = [undefined, undefined, 1].map(async (accumulation) => {
      const parameters = model();
      const optimizer = new AdamW(parameters, accumulation === undefined ? {} : { accumulation });
      for (let step = 1; step <= 5; step++) {
        setGradients(parameters, step);
        await optimizer.accumulate();
        await optimizer.apply(step, 1e-3, { maxGradientNorm: 1, accumulated: 1 });
      }
      return parameters.names().map((name) => parameters.weight(name).data);
    });
    const [first, second, third] = await Promise.all(runs);
    expect(second).toEqual(first);
    expect(third).toEqual(first);
  });

  it("continues from saved moments as if it had never stopped", async () => {
    const parameters = model();
    const optimizer = new AdamW(parameters);
    const step = async (p: Parameters, o: AdamW, t: number) => {
      setGradients(p, t);
      await o.apply(t, 1e-3, { accumulated: 1 });
    };
    await step(parameters, optimizer, 1);
    const copy = model();
    for (const name of parameters.names()) {
      copy.weight(name).data.set(parameters.weight(name).data);
      copy.firstMoment(name).data.set(parameters.firstMoment(name).data);
      copy.secondMoment(name).data.set(parameters.secondMoment(name).data);
    }
    await step(parameters, optimizer, 2);
    await step(copy, new AdamW(copy), 2);
    expect(copy.weight("w").data).toEqual(parameters.weight("w").data);
  });

  it("changes nothing when the gradient is not finite", async () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const parameters = model();
      const before = parameters.weight("w").data.slice();
      setGradients(parameters, 1);
      parameters.gradient("b").data[3] = bad;
      const { gradientNorm } = await new AdamW(parameters).apply(1, 1e-3, {
        maxGradientNorm: 1,
        accumulated: 1,
      });
      expect(Number.isFinite(gradientNorm)).toBe(false);
      expect(parameters.weight("w").data).toEqual(before);
      expect(parameters.firstMoment("w").data.every((value) => value === 0)).toBe(true);
    }
  });

  it("gives rows without a gradient the bits of the whole formula", async () => {
    const [rows, width] = [60, 12] as const;
    const group = { name: "g", weightDecay: 0.01, learningRateScale: 1 };
    const parameters = Parameters.create([{ name: "w", shape: [rows, width], group: "g" }], [group]);
    const [weights, gradients] = [parameters.weight("w").data, parameters.gradient("w").data];
    for (let i = 0; i < weights.length; i++) weights[i] = Math.sin(i);
    const expected = weights.slice();
    const [first, second] = [new Float32Array(expected.length), new Float32Array(expected.length)];
    await using optimizer = new AdamW(parameters, { accumulation: 1 });
    for (let step = 1; step <= 900; step++) {
      const rate = 1e-3 * (1 - step / 1000);
      // A third of the rows never has a gradient, some only at first, until their first moment is zero, the others now and then.
      gradients.forEach((_, i) => {
        const row = Math.floor(i / width);
        const read = row % 3 !== 0 && (row % 3 === 1 ? step < 9 : (step + row) % 7 === 0);
        gradients[i] = read ? Math.sin(step * 7.3 + i * i) : 0;
      });
      wholeFormula({ weights: expected, gradients, first, second }, step, rate, group.weightDecay);
      await optimizer.apply(step, rate, { accumulated: 1 });
    }
    expect(parameters.weight("w").data).toEqual(expected);
    expect(parameters.firstMoment("w").data).toEqual(first);
    expect(parameters.secondMoment("w").data).toEqual(second);
    const settled = first.filter((value, i) => value === 0 && second[i] !== 0);
    expect(settled.length).toBeGreaterThan(200); // these took the shorter way with a second moment
  });

  it("keeps no denormal moments of parameters that get no gradient", async () => {
    const parameters = model();
    const optimizer = new AdamW(parameters, { accumulation: 1 });
    setGradients(parameters, 1, 1e-3);
    for (let step = 1; step <= 700; step++) {
      await optimizer.apply(step, 1e-3, { accumulated: 1 });
      if (step === 1) for (const name of parameters.names()) parameters.gradient(name).data.fill(0);
    }
    const denormal = (value: number) => value !== 0 && Math.abs(value) < 2 ** -126;
    expect(parameters.firstMoment("w").data.some(denormal)).toBe(false);
    expect(parameters.firstMoment("w").data.every((value) => value === 0)).toBe(true);
    expect(parameters.secondMoment("w").data.some(denormal)).toBe(false);
  });

  it("refuses a gradient whose square float32 cannot hold, and leaves the weights alone", async () => {
    const parameters = model();
    await using optimizer = new AdamW(parameters);
    const before = Float32Array.from(parameters.weight("w").data);
    setGradients(parameters, 1, 1e25);
    const { gradientNorm } = await optimizer.apply(1, 1e-3, { accumulated: 1 });
    expect(gradientNorm).toBe(Number.POSITIVE_INFINITY);
    expect(parameters.weight("w").data).toEqual(before);
    const clipped = await optimizer.apply(1, 1e-3, { accumulated: 1, maxGradientNorm: 1 });
    expect(clipped.gradientNorm).toBeGreaterThan(1e25);
    expect(parameters.weight("w").data).not.toEqual(before);
    expect(parameters.weight("w").data.every(Number.isFinite)).toBe(true);
  });

  it("updates more than one slice of a large array", async () => {
    const size = 2 ** 23 + 5;
    const group = { name: "g", weightDecay: 0, learningRateScale: 1 };
    const parameters = Parameters.create([{ name: "w", shape: [size], group: "g" }], [group]);
    parameters.gradient("w").data.fill(2);
    const { gradientNorm } = await new AdamW(parameters).apply(1, 0.5, { accumulated: 1 });
    expect(gradientNorm).toBeCloseTo(2 * Math.sqrt(size), 3);
    expect(parameters.weight("w").data.every((value) => Math.abs(value + 0.5) < 1e-6)).toBe(true); // the first step is the rate
  });

  it("refuses options and calls that make no sense", async () => {
    const parameters = model();
    const optimizer = new AdamW(parameters, { accumulation: 1 });
    const refused = (work: Promise<unknown>, code: string) => expect(work).rejects.toMatchObject({ code });
    const bad = "engine/bad-optimizer-option";
    await refused(optimizer.apply(0, 1e-3, { accumulated: 1 }), bad);
    await refused(optimizer.apply(1, Number.NaN, { accumulated: 1 }), bad);
    await refused(optimizer.apply(1, 1e-3, { accumulated: 0 }), bad);
    await refused(optimizer.apply(1, 1e-3, { accumulated: 1, maxGradientNorm: 0 }), bad);
    await refused(optimizer.apply(1, 1e-3, { accumulated: 2 }), "engine/wrong-accumulation");
    await optimizer.accumulate();
    await refused(optimizer.accumulate(), "engine/too-many-accumulations");
    const first = optimizer.apply(1, 1e-3, { accumulated: 1 });
    await refused(optimizer.apply(1, 1e-3, { accumulated: 1 }), "engine/optimizer-busy");
    await first;
    expect(() => new AdamW(parameters, { beta1: 1 })).toThrow(/beta1 must be/);
    expect(() => new AdamW(Parameters.create([], GROUPS, { trainable: false }))).toThrow(/inference/);
  });
});
