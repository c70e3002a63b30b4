import { describe, expect, it } from "vitest";
import { AdamW } from "./adamw.ts";
import { Parameters } from "./parameters.ts";

const GROUPS = [
  { name: "decay", weightDecay: 0.01, learningRateScale: 1 },
  { name: "plain", weightDecay: 0, learningRateScale: 2 },
];
const SPECS = [
  { name: "w", shape: [3, 5], group: "decay" },
  { name: "b", shape: [5], group: "plain" },
  { name: "v", shape: [2], group: "decay" },
];

describe("Parameters", () => {
  it("lays the parameters of a group behind one another, without gaps", () => {
    const parameters = Parameters.create(SPECS, GROUPS);
    parameters.weight("w").data.fill(1);
    parameters.weight("v").data.fill(2);
    parameters.gradient("b").data.fill(3);
    const [decay, plain] = parameters.groups();
    expect([...(decay?.weights ?? [])]).toEqual([...Array(15).fill(1), 2, 2]);
    expect([...(plain?.gradients ?? [])]).toEqual([3, 3, 3, 3, 3]);
    expect(plain?.learningRateScale).toBe(2);
    expect(parameters.names()).toEqual(["w", "b", "v"]);
    expect(parameters.elementCount).toBe(22);
    expect(parameters.weight("w").shape).toEqual([3, 5]);
  });

  it("has views that never overlap", () => {
    const parameters = Parameters.create(SPECS, GROUPS);
    const views = SPECS.flatMap(({ name }) => [
      parameters.weight(name),
      parameters.gradient(name),
      parameters.firstMoment(name),
      parameters.secondMoment(name),
    ]);
    for (const [i, { data }] of views.entries()) data.fill(i);
    for (const [i, { data }] of views.entries()) expect([...data].every((value) => value === i)).toBe(true);
  });

  it("keeps a first group empty whose parameters are all frozen", () => {
    const parameters = Parameters.create(
      [
        { name: "encoder", shape: [4], group: "decay", frozen: true },
        { name: "head", shape: [3], group: "plain" },
      ],
      GROUPS,
    );
    parameters.weight("encoder").data.fill(1);
    parameters.gradient("head").data.fill(2);
    expect(parameters.groups().map(({ name, length }) => [name, length])).toEqual([
      ["decay", 0],
      ["plain", 3],
    ]);
    expect([...parameters.weight("encoder").data, ...parameters.weight("head").data]).toEqual([
      1, 1, 1, 1, 0, 0, 0,
    ]);
    expect([...parameters.gradient("head").data]).toEqual([2, 2, 2]);
  });

  it("allocates weights only, when nothing is trained", () => {
    const parameters = Parameters.create(SPECS, GROUPS, { trainable: false });
    expect(parameters.weight("w").data.length).toBe(15);
    expect(() => parameters.gradient("w")).toThrow(/created for inference/);
  });

  it("holds more than 2^31 bytes in a group", () => {
    const rows = 300_000; // 2.46 GB; the system allocates pages only when they are written
    const parameters = Parameters.create(
      [{ name: "embedding", shape: [rows, 2048], group: "plain" }],
      GROUPS,
      {
        trainable: false,
      },
    );
    const { data } = parameters.weight("embedding");
    data[data.length - 1] = 7;
    expect(data.length).toBe(rows * 2048);
    expect(parameters.groups().at(-1)?.weights.at(-1)).toBe(7);
  });

  it("spreads a large trainable group over several memories, parameters whole", () => {
    const specs = [1, 2, 3].map((i) => ({ name: `e${i}`, shape: [100_000, 1024], group: "decay" }));
    const parameters = Parameters.create(specs, GROUPS);
    const parts = parameters.groups().filter(({ name }) => name === "decay");
    expect(parts.map(({ length }) => length / 1024)).toEqual([200_000, 100_000]);
    parameters.gradient("e2").data[102_399_999] = 5;
    expect(parts[0]?.gradients.at(-1)).toBe(5);
  });

  it("keeps frozen parameters apart: weights only, out of the optimiser's reach", async () => {
    const specs = [
      { name: "below", shape: [2], group: "decay", frozen: true },
      { name: "above", shape: [2], group: "decay" },
    ];
    const parameters = Parameters.create(specs, GROUPS);
    parameters.weight("below").data.set([1, 2]);
    parameters.weight("above").data.set([1, 2]);
    parameters.gradient("above").data.fill(1);
    expect(parameters.names()).toEqual(["below", "above"]);
    expect(parameters.trainedNames()).toEqual(["above"]);
    expect(() => parameters.gradient("below")).toThrow(/frozen/);
    await using optimizer = new AdamW(parameters, { threads: 1 });
    await optimizer.apply(1, 0.1, { accumulated: 1 });
    expect([...parameters.weight("below").data]).toEqual([1, 2]);
    expect(parameters.weight("above").data[0]).toBeLessThan(1);
  });

  it("refuses specifications that contradict themselves", () => {
    const create = (specs = SPECS, groups = GROUPS) => {
      try {
        Parameters.create(specs, groups);
        return "no error";
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(create([...SPECS, ...SPECS])).toBe("engine/duplicate-parameter");
    expect(create(SPECS, [...GROUPS, ...GROUPS])).toBe("engine/duplicate-group");
    expect(create([{ name: "x", shape: [1], group: "other" }])).toBe("engine/unknown-group");
    expect(create([{ name: "x", shape: [1.5], group: "plain" }])).toBe("engine/bad-shape");
    expect(create([{ name: "x", shape: [2 ** 29], group: "plain" }])).toBe("engine/parameter-too-large");
    expect(create([], [{ name: "g", weightDecay: -1, learningRateScale: 1 }])).toBe("engine/bad-group");
    expect(() => Parameters.create(SPECS, GROUPS).weight("missing")).toThrow(/no parameter "missing"/);
  });
});
