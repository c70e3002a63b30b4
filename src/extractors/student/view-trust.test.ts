// The fit of trust on made-up readings: types that rule labels out, a set trust, and the calibration of what was trusted.
import { describe, expect, it } from "vitest";
import { LabelSet } from "../../data/labels.ts";
import type { StudentExample } from "./student-example.ts";
import { calibrateStudent, trustedMetrics } from "./view-trust.ts";

const labels = new LabelSet(["None", "knows", "owns"]);
const COUNT = 60;
const isWrong = (i: number) => i % 20 === 0 || i % 20 === 11;
const places = Array.from({ length: COUNT }, (_, i) => i);
const documents = places.map((i) => ({
  id: String(i),
  text: `post ${i}`,
  entities: [],
  relations: [{ head: 0, tail: 1, label: "knows" }],
}));

/** Views speak for "knows", the gold label, by one nat in nine of ten posts, and for "owns" in the tenth. */
const readings = async (examples: readonly StudentExample[]) => ({
  without: examples.map((_, i) => Float32Array.from((i >> 1) % 2 === 0 ? [-1, 0, 0] : [-1, -1, 0])),
  evidence: examples.map((_, i) => Float32Array.from(isWrong(i) ? [0, 0, 0.5] : [0, 0.5, 0])),
});
const examplesWith = (mask?: StudentExample["mask"]) =>
  places.map((i) => ({ id: String(i), label: 1, mask }) as unknown as StudentExample);
const calibrate = (setting: "fit" | number, mask?: StudentExample["mask"]) =>
  calibrateStudent({ readings }, { documents, examples: examplesWith(mask) } as never, labels, setting);

describe("calibrateStudent", () => {
  it("fits trust, then judges the probabilities of what was trusted", async () => {
    const { calibration, predictions } = await calibrate("fit");
    const { trust } = calibration;
    expect(trust).toMatchObject({ decision: "fitted", instances: COUNT, texts: COUNT });
    expect(trust!.value).toBeGreaterThan(3);
    const [wrong, right] = predictions.predictions;
    expect(right!.label).toBe("knows");
    const [none, knows, owns] = [-1, trust!.value * 0.5, 0].map((score) =>
      Math.exp(score / calibration.temperature),
    );
    const probability = knows! / (none! + knows! + owns!);
    expect(right!.probability).toBeCloseTo((COUNT * probability + 2 / 3) / (COUNT + 2), 5);
    expect(wrong).toMatchObject({ label: "owns", right: false });
  });

  it("scores an epoch at the trust that it would get", async () => {
    const validation = { documents, examples: examplesWith() } as never;
    // At trust 1, views do not outweigh the texts that say "owns"; at the fitted one they do in nine of ten.
    const weak = async (examples: readonly StudentExample[]) => ({
      ...(await readings(examples)),
      without: examples.map((_, i) => Float32Array.from((i >> 1) % 2 === 0 ? [-1, 0, 0.7] : [-1, 0, 0])),
    });
    const scored = (setting: "fit" | number) =>
      trustedMetrics({ readings: weak }, validation, labels, setting);
    const right = places.filter((i) => !isWrong(i)).length;
    expect((await scored("fit")).accuracy).toBeCloseTo(right / COUNT, 12);
    expect((await scored(1)).accuracy).toBeLessThan(right / COUNT);
  });

  it("uses a set trust, and still says which fits", async () => {
    const { trust } = (await calibrate(0.5)).calibration;
    expect(trust).toMatchObject({ value: 0.5, decision: "fixed" });
    expect(trust!.fitted).toBeGreaterThan(3);
  });

  it("does not learn from posts whose types rule the gold label out", async () => {
    const { trust } = (await calibrate("fit", [true, false, true])).calibration;
    expect(trust).toMatchObject({ value: 1, decision: "too-few", instances: 0 });
  });

  it("does not count evidence for labels that the types rule out", async () => {
    const { trust } = (await calibrate("fit", [true, true, false])).calibration;
    expect(trust!.instances).toBe(COUNT - COUNT / 10);
    expect(trust!.fitted).toBeGreaterThan(4); // all are right: as high as the priors allow
  });
});
