import { describe, expect, it } from "vitest";
import { parseConfig } from "../../config/parse.ts";
import type { Config } from "../../config/schema.ts";
import { allSets, type Plan, type PresetOptions, type SweptField } from "../plan.ts";
import { stagesOf } from "../stages.ts";
import { planFieldSweep } from "./field-sweep.ts";

const OPTIONS: PresetOptions = {
  sets: [{ name: "test", file: "/test.jsonl" }],
  stores: {},
  storeFacts: {},
  synthesisPlans: {},
  datasets: [],
  labelMaps: {},
  layers: 0,
};

const configOf = (name: string, more: Record<string, unknown> = {}) =>
  parseConfig({
    encoder: "nobody/text",
    data: { train: `/${name}/train.jsonl`, validation: `/${name}/validation.jsonl`, pictures: `/${name}` },
    visual: { kind: "pictures", encoder: "nobody/pictures" },
    ...more,
  });
const BASE = configOf("base");
const DELTA: SweptField = { field: "model.mixup.delta", values: [0.9, 0.3] };
const WEIGHT: SweptField = { field: "model.semanticLoss.weight", values: [0] };

interface Given {
  readonly fields?: readonly SweptField[];
  readonly cross?: boolean;
  readonly base?: Config;
  readonly options?: Partial<PresetOptions>;
}

function planOf({ fields = [DELTA], cross = false, base = BASE, options = {} }: Given = {}): Plan {
  return planFieldSweep({ title: "Sweep", base, options: { ...OPTIONS, ...options }, fields, cross });
}

function trainedOf(plan: Plan, base = BASE, options: Partial<PresetOptions> = {}) {
  const sets = [...(plan.sets ?? []), ...allSets({ ...OPTIONS, ...options })];
  const { stages } = stagesOf({ plan, base, sets, seeds: [1], out: "/out", threads: 1 });
  return new Map(
    stages.flatMap((stage) =>
      stage.kind === "train" ? [[stage.id.split("/")[1], stage.config as Config]] : [],
    ),
  );
}

describe("planFieldSweep", () => {
  it("compares the values of a field with the configuration's own, and changes nothing else", () => {
    const plan = planOf();
    expect(plan.variants.map(({ name, value }) => [name, value])).toEqual([
      ["delta-0.3", 0.3],
      ["delta-0.7", 0.7],
      ["delta-0.9", 0.9],
    ]);
    expect(plan.reference).toBe("delta-0.7");
    expect(plan.axis).toBe("model.mixup.delta");
    expect(plan.variants[0]?.evaluations).toEqual([{ set: "validation" }, { set: "test" }]);
    const [low, own] = [...trainedOf(plan).values()];
    expect(low).toEqual({ ...own, model: { ...own?.model, mixup: { ...own?.model.mixup, delta: 0.3 } } });
  });

  it("sweeps several fields each alone, in families of their own, and trains their common reference once", () => {
    const plan = planOf({ fields: [DELTA, WEIGHT] });
    expect(plan.variants.map(({ name, family, reference }) => [name, family, reference])).toEqual([
      ["delta-0.3", "model.mixup.delta", undefined],
      ["delta-0.7", "model.mixup.delta", undefined],
      ["delta-0.9", "model.mixup.delta", undefined],
      ["weight-0", "model.semanticLoss.weight", "weight-0.5"],
      ["weight-0.5", "model.semanticLoss.weight", "weight-0.5"],
    ]);
    expect([...trainedOf(plan).keys()]).toEqual(["delta-0.3", "delta-0.7", "delta-0.9", "weight-0"]);
  });

  it("trains every combination, as one family", () => {
    const plan = planOf({ fields: [DELTA, WEIGHT], cross: true });
    expect(plan.variants.map(({ name }) => name)).toEqual([
      "delta-0.3--weight-0",
      "delta-0.3--weight-0.5",
      "delta-0.7--weight-0",
      "delta-0.7--weight-0.5",
      "delta-0.9--weight-0",
      "delta-0.9--weight-0.5",
    ]);
    expect(plan.reference).toBe("delta-0.7--weight-0.5");
    expect(new Set(plan.variants.map(({ family }) => family)).size).toBe(1);
    expect(plan.variants[0]?.settings).toEqual({ "model.mixup.delta": 0.3, "model.semanticLoss.weight": 0 });
    const mixed = trainedOf(plan).get("delta-0.9--weight-0")?.model;
    expect([mixed?.mixup.delta, mixed?.semanticLoss.weight]).toEqual([0.9, 0]);
  });

  it("takes from each data set its documents and nothing else, with a reference for each", () => {
    const one = configOf("one", { training: { epochs: 99 } });
    const { pictures: _, ...data } = one.data;
    const base = configOf("base", { data: { ...BASE.data, noneLabel: "NA" } });
    const options = {
      datasets: [
        { name: "one", config: one },
        {
          name: "two",
          config: { ...configOf("two"), data: { ...configOf("two").data, bio: "strict" as const } },
        },
      ],
      sets: [{ name: "two/test", file: "/two/test.jsonl" }],
    };
    const plan = planOf({ base, options });
    expect(plan.references).toEqual({
      "one/validation": "one--delta-0.7",
      "two/validation": "two--delta-0.7",
      "two/test": "two--delta-0.7",
    });
    const trained = trainedOf(plan, base, options);
    expect(trained.get("one--delta-0.3")?.data).toEqual({ ...data, pictures: "/one" });
    expect(trained.get("one--delta-0.3")?.data.noneLabel).toBeUndefined();
    expect(trained.get("one--delta-0.3")?.training.epochs).toBe(base.training.epochs);
    expect(trained.get("two--delta-0.9")?.data).toMatchObject({ train: "/two/train.jsonl", bio: "strict" });
    const sets = plan.variants.map(({ dataset, evaluations }) => [
      dataset,
      evaluations.map(({ set }) => set),
    ]);
    expect(sets[0]).toEqual(["one", ["one/validation"]]);
    expect(sets[3]).toEqual(["two", ["two/validation", "two/test"]]);
  });

  it("gives values names that folders can have: absent, lists, text, paths of the same name", () => {
    const names = (field: string, ...values: unknown[]) =>
      planOf({ fields: [{ field, values }] }).variants.map(({ name }) => name);
    expect(names("training.dropout", 0.2)).toEqual(["dropout-absent", "dropout-0.2"]);
    expect(names("model.prefix.layers", [0, 1])).toEqual(["layers-all", "layers-0-1"]);
    expect(names("training.batchSize", 4)).toEqual(["batch-size-4", "batch-size-8"]);
    expect(names("encoder", "FacebookAI/roberta-base")[1]).toBe("encoder-facebookai-roberta-base");
    const [, a, b] = names("encoder", "/a/base", "/b/base");
    expect(a).toMatch(/^encoder-base-[0-9a-f]{6}$/);
    expect(a).not.toBe(b);
    const both = planOf({
      fields: ["model.mixup.enabled", "model.attention.enabled"].map((field) => ({ field, values: [false] })),
    });
    expect(both.variants.map(({ name }) => name)).toContain("mixup.enabled-false");
  });

  const refused = (fields: readonly SweptField[], cross = false, base = BASE) => {
    try {
      planOf({ fields, cross, base });
    } catch (error) {
      return error as { code: string; message: string; details?: unknown };
    }
    throw new Error("it was not refused");
  };
  const one = (field: string, ...values: unknown[]) => [{ field, values }];

  it.each([
    [one("model.mixup.delat", 1), "experiment/unknown-field"],
    [one("model.mixup", {}), "experiment/unknown-field"],
    [one("model.mixup.delta", "0.3"), "experiment/bad-value"],
    [one("model.mixup.delta", 2), "experiment/bad-value"],
    [one("model.mixup.delta", null), "experiment/bad-value"],
    [one("model.mixup.delta"), "experiment/bad-value"],
    [one("model.mixup.delta", 0.3, 0.3), "experiment/same-value"],
    [[DELTA, DELTA], "experiment/same-value"],
    [[], "experiment/no-field"],
  ])("refuses %j", (fields, code) => {
    expect(refused(fields).code).toBe(code);
  });

  it("refuses fields that leave the model as it is, or would score rows on other documents", () => {
    for (const field of [
      ...["cache", "$schema", "training.threads", "training.keep", "training.device", "training.seed"],
      ...[
        "training.provider.name",
        "data.validation",
        "data.bio",
        "data.offsets",
        "task",
        "preset",
        "extensions",
      ],
    ]) {
      expect(refused(one(field, "a")).code).toBe("experiment/field-not-compared");
    }
    // A folder of features is a cache if pictures are encoded, and an input if they are not.
    expect(refused(one("visual.features", "/f")).code).toBe("experiment/field-not-compared");
    const features = configOf("base", { visual: { kind: "features", features: "/a" } });
    expect(planOf({ base: features, fields: one("visual.features", "/f") }).variants).toHaveLength(2);
  });

  it("refuses a grid of one field, data sets of another task, and sets of none", () => {
    expect(refused([DELTA], true).code).toBe("experiment/nothing-to-cross");
    const entities = { name: "one", config: configOf("one", { task: "mner" }) };
    expect(() => planOf({ options: { datasets: [entities], sets: [] } })).toThrow(
      expect.objectContaining({ code: "experiment/other-task" }),
    );
    const relations = { name: "one", config: configOf("one") };
    expect(() => planOf({ options: { datasets: [relations] } })).toThrow(
      expect.objectContaining({ code: "experiment/unknown-dataset" }),
    );
  });

  it("trains MI2RAGE on each data set's own views, and asks for them", () => {
    const student = configOf("base", { method: "mi2rage", synthesis: { store: "/base/views" } });
    const own = configOf("one", { method: "mi2rage", synthesis: { store: "/one/views" } });
    const datasets = [
      { name: "one", config: own },
      { name: "two", config: configOf("two") },
    ];
    const field = one("synthesis.selection.share", 0.3);
    const options = { datasets, sets: [], stores: { two: "/two/views" } };
    const trained = trainedOf(planOf({ base: student, fields: field, options }), student, options);
    expect([...trained].map(([name, { synthesis }]) => [name, synthesis.store])).toEqual([
      ["one--share-0.3", "/one/views"],
      ["one--share-0.5", "/one/views"],
      ["two--share-0.3", "/two/views"],
      ["two--share-0.5", "/two/views"],
    ]);
    expect(() => planOf({ base: student, fields: field, options: { datasets, sets: [] } })).toThrow(
      expect.objectContaining({ code: "experiment/needs-store" }),
    );
  });

  it("trains teachers once for rows that differ in settings of the student alone", () => {
    const student = configOf("base", { method: "mi2rage", synthesis: { store: "/base/views" } });
    const scoresOf = (fields: readonly SweptField[]) =>
      [...trainedOf(planOf({ base: student, fields }), student).values()].map(
        ({ synthesis }) => synthesis.selection.scores,
      );
    const share = scoresOf(one("synthesis.selection.share", 0.3));
    expect(share[0]).toMatch(/^\/out\/shared\/scores-[0-9a-f]{10}\/seed-1\/run$/);
    expect(new Set(share).size).toBe(1);
    // Teachers have the encoder's learning rate, and read the views of their rounds.
    for (const field of [one("training.learningRate", 1e-4), one("synthesis.rounds", 1)])
      expect(new Set(scoresOf(field)).size).toBe(2);
    const method = scoresOf(one("synthesis.selection.method", "random"));
    expect(method.filter((scores) => scores === undefined)).toHaveLength(1);
    expect(scoresOf(one("synthesis.selection.scores", "/scores"))).toEqual([
      expect.stringContaining("/shared/"),
      "/scores",
    ]);
  });
});
