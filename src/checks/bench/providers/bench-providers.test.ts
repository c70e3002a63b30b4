import { describe, expect, it } from "vitest";
import { EngineError } from "../../../base/errors.ts";
import { MINILM_SIZES } from "../predict.ts";
import { benchProviders, type Contender, contenders } from "./bench-providers.ts";
import { type CandidateWork, openCandidate } from "./candidate.ts";
import { advise, type Measured } from "./choose-provider.ts";

const work: CandidateWork = {
  sizes: { ...MINILM_SIZES, layers: 1, hidden: 16, heads: 2, ffn: 24, vocabulary: 50, dropout: 0.1 },
  batch: 3,
  texts: 5,
  lengths: [5, 8],
};
const contender = (name: string, options: Contender["options"] = { threads: 1 }): Contender => ({
  name,
  flags: `--provider ${name}`,
  options,
  tolerance: 1e-3,
});

describe("benchProviders", () => {
  it("times every contender that opens, against the first, and tells why another does not", async () => {
    const broken = { threads: 1, plugins: [{ library: "/no/such/plugin.so" }] };
    const rounds: number[] = [];
    const result = await benchProviders({
      work,
      contenders: [contender("default"), contender("same"), contender("broken", broken)],
      rounds: 3,
      open: openCandidate,
      onRound: (done) => rounds.push(done),
    });
    expect(result.timed.map(({ name }) => name)).toEqual(["default", "same"]);
    expect(result.missing).toEqual([
      expect.objectContaining({ name: "broken", code: "engine/no-library", remedy: expect.any(String) }),
    ]);
    expect(rounds).toEqual([1, 2, 3]);
    const [base, same] = result.timed;
    expect(base).toMatchObject({
      trainingRatio: 1,
      predictionRatio: 1,
      gradients: { ofNorm: 0, ofLargest: 0 },
    });
    expect(same?.gradients).toEqual({ ofNorm: 0, ofLargest: 0 }); // the same library and threads give the same bits
    expect(same?.training.median).toBeGreaterThan(0);
    expect(same?.trainingRssBytes).toBeGreaterThan(1e6);
  });

  it("sees gradients that differ", async () => {
    let opened = 0;
    const result = await benchProviders({
      work,
      contenders: [contender("default"), contender("other")],
      rounds: 1,
      // Other dropout stands for a provider that computes something else.
      open: (options, own) => {
        const sizes = { ...own.sizes, dropout: opened++ === 0 ? 0.1 : 0.4 };
        return openCandidate(options, { ...own, sizes });
      },
    });
    expect(result.timed[1]?.gradients.ofNorm).toBeGreaterThan(1e-3);
    expect(result.advice.training.name).toBe("default");
  });

  it("ends without the default", async () => {
    const open = () =>
      Promise.reject(new EngineError({ code: "engine/no-library", message: "absent", remedy: "install it" }));
    const all = contenders({ threads: 1 });
    await expect(benchProviders({ work, contenders: all, rounds: 1, open })).rejects.toMatchObject({
      code: "engine/no-library",
    });
  });
});

describe("contenders", () => {
  it("begins with the default, and names the flags of every other", () => {
    const all = contenders({ threads: 2 });
    expect(all[0]).toMatchObject({ name: "default", flags: "", options: { threads: 2 } });
    expect(all.map(({ flags }) => flags)).toEqual(
      expect.arrayContaining(["--provider openvino", "--device webgpu"]),
    );
  });
});

describe("advise", () => {
  const measured = (name: string, training: number, prediction: number, ofNorm = 1e-6): Measured => ({
    name,
    flags: name === "default" ? "" : `--provider ${name}`,
    trainingRatio: training,
    predictionRatio: prediction,
    gradients: { ofNorm },
    tolerance: 1e-3,
  });
  const base = measured("default", 1, 1, 0);

  it("chooses the fastest for each kind of work", () => {
    expect(advise([base, measured("a", 0.8, 0.9), measured("b", 0.7, 1.2)])).toEqual({
      training: { name: "b", flags: "--provider b", ratio: 0.7 },
      prediction: { name: "a", flags: "--provider a", ratio: 0.9 },
    });
  });

  it.each([
    ["is slower", measured("a", 1.2, 1.1)],
    ["gains less than chance may", measured("a", 0.97, 0.96)],
    ["has other gradients", measured("a", 0.5, 0.5, 0.01)],
    ["has gradients of NaN", measured("a", 0.5, 0.5, Number.NaN)],
  ])("keeps the default before one that %s", (_, other) => {
    const { training, prediction } = advise([base, other]);
    expect([training.name, prediction.name]).toEqual(["default", "default"]);
  });
});
