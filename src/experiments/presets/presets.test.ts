import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../config/parse.ts";
import type { Config } from "../../config/schema.ts";
import { allSets, type Overrides, type Plan, type PresetOptions } from "../plan.ts";
import type { StageGraph } from "../stage.ts";
import { stagesOf } from "../stages.ts";
import { PRESETS, presetNamed } from "./presets.ts";

const OUT = "/experiment";
const OPTIONS: PresetOptions = {
  sets: [{ name: "test", file: "/test.jsonl", views: "/test-views" }],
  stores: { main: "/views", other: "/other-views" },
  storeFacts: { main: { rounds: 2, chains: 4 }, other: { rounds: 2, chains: 4 } },
  synthesisPlans: {},
  datasets: [],
  labelMaps: {},
  layers: 12,
  stages: 4,
};
/** What a preset needs besides. */
const MORE: Readonly<Record<string, Partial<PresetOptions>>> = {
  sweep: { fields: [{ field: "training.epochs", values: [1, 2] }] },
};

const withPictures = parseConfig(
  {
    encoder: "nobody/text",
    data: { train: "/train.jsonl", validation: "/validation.jsonl", pictures: "/pictures" },
    visual: { kind: "pictures", encoder: "nobody/pictures", detector: "/detector.json" },
  },
  "test",
);
const student = parseConfig(
  {
    method: "mi2rage",
    encoder: "nobody/text",
    data: { train: "/train.jsonl", validation: "/validation.jsonl", pictures: "/pictures" },
    visual: { kind: "pictures", encoder: "nobody/pictures" },
    synthesis: { store: "/views" },
  },
  "test",
);

function baseOf(name: string): Config {
  return name.startsWith("mi2rage") ? student : withPictures;
}

function graphOf(name: string, options = OPTIONS): { plan: Plan; graph: StageGraph } {
  const base = baseOf(name);
  const plan = presetNamed(name).plan(base, options);
  const sets = [...(plan.sets ?? []), ...allSets(options)];
  return { plan, graph: stagesOf({ plan, base, sets, seeds: [1, 2], out: OUT, threads: 1 }) };
}

const configs = ({ stages }: StageGraph) =>
  new Map(stages.flatMap((stage) => (stage.kind === "train" ? [[stage.id, stage.config as Config]] : [])));

describe("every preset", () => {
  const names = PRESETS.map(({ name }) => name).filter((name) => name !== "transfer");

  it.each(names)(
    "%s: variants are valid configurations with names of their own, the reference among them",
    (name) => {
      const { plan, graph } = graphOf(name, { ...OPTIONS, ...MORE[name] });
      const variants = plan.variants.map((variant) => variant.name);
      expect(new Set(variants).size).toBe(variants.length);
      expect(variants).toContain(plan.reference);
      expect(graph.evaluations).toHaveLength(
        2 * plan.variants.reduce((sum, { evaluations }) => sum + evaluations.length, 0),
      );
      const ids = graph.stages.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      // The stages that a stage needs come before it.
      for (const [i, { needs }] of graph.stages.entries())
        for (const need of needs) expect(ids.slice(0, i)).toContain(need);
    },
  );

  it("names the known ones when it is asked for another", () => {
    expect(() => presetNamed("i2srm")).toThrow(
      expect.objectContaining({ code: "experiment/unknown-preset" }),
    );
  });
});

describe("presets of I2SRM", () => {
  it("switch the parts off, one by one and both", () => {
    const { graph } = graphOf("i2srm-ablation");
    const switches = [...configs(graph)].map(([id, { visual, model }]) => [
      id.split("/")[1],
      visual.kind === "pictures",
      model.semanticLoss.enabled,
      model.attention.enabled,
      model.mixup.enabled,
      model.prefix.enabled,
    ]);
    expect(switches.slice(0, 7)).toEqual([
      ["full", true, true, true, true, true],
      ["no-semantic-loss", true, false, true, true, true],
      ["no-attention", true, true, false, true, true],
      ["no-mixup", true, true, true, false, true],
      ["no-attention-no-mixup", true, true, false, false, true],
      ["no-prefix", true, true, true, true, false],
      ["text-only", false, true, false, false, true],
    ]);
  });

  it("share one cache, and never show pictures to a model of texts", () => {
    const { graph } = graphOf("i2srm-ablation");
    const caches = [...configs(graph).values()].map(({ cache }) => cache);
    expect(new Set(caches)).toEqual(new Set([join(OUT, "shared/cache")]));
    const scored = graph.stages.filter(({ kind }) => kind === "evaluate");
    for (const stage of scored) {
      if (stage.kind !== "evaluate") continue;
      expect(stage.arguments.includes("--pictures")).toBe(!stage.id.includes("text-only"));
    }
  });

  it("sweep over given values and always over the configuration's own, the reference", () => {
    const { plan } = graphOf("delta-sweep", { ...OPTIONS, values: [0.2, 0.9] });
    expect(plan.variants.map(({ value }) => value)).toEqual([0.2, 0.7, 0.9]);
    expect(plan.reference).toBe("delta-0.7");
  });

  it("sweep mixup for entities over a pool of rows, beside the configuration that mixes all, and never with mixup off", () => {
    const base = parseConfig({ ...withPictures, task: "mner", model: { mixup: { rows: "all" } } }, "test");
    for (const name of ["delta-sweep", "unmixed-share-sweep"]) {
      const plan = presetNamed(name).plan(base, OPTIONS);
      const graph = stagesOf({ plan, base, sets: allSets(OPTIONS), seeds: [1], out: OUT, threads: 1 });
      const trained = [...configs(graph).values()].map(({ model }) => model.mixup);
      expect(trained.map(({ rows }) => rows)).toEqual(["pool", "pool", "pool", "pool", "pool", "all"]);
      expect(new Set(trained.map((mixup) => JSON.stringify(mixup))).size).toBe(6);
    }
    const off = parseConfig({ ...withPictures, model: { mixup: { enabled: false } } }, "test");
    for (const { overrides } of presetNamed("delta-sweep").plan(off, OPTIONS).variants)
      expect(overrides).toMatchObject({ model: { mixup: { enabled: true } } });
  });

  it("divide the prefix among the layers, and count crops where there are crops", () => {
    const { graph, plan } = graphOf("prefix-levels");
    const layers = [...configs(graph).values()].slice(0, 3).map(({ model }) => model.prefix.layers);
    expect(layers).toEqual(["all", [0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]);
    expect(plan.variants.filter(({ group }) => group === "crops")).toHaveLength(4);
    const without = { ...withPictures, visual: { ...withPictures.visual, detector: undefined } };
    const plain = presetNamed("prefix-levels").plan(without, OPTIONS);
    expect(plain.variants.filter(({ group }) => group === "crops")).toEqual([]);
    // The configuration already has three crops: that cell is trained once.
    const crops = graph.evaluations.find(({ variant }) => variant === "crops-3");
    expect(crops?.train).toBe("cells/all-layers/seed-1/train");
  });

  it("pair texts with pictures of others in training, in evaluation, in both", () => {
    const { graph } = graphOf("unrelated-pictures");
    const unrelated = configs(graph).get("cells/unrelated-pictures/seed-2/train");
    expect(unrelated?.data).toMatchObject({
      train: join(OUT, "shared/unrelated-train/seed-2/documents.jsonl"),
      validation: join(OUT, "shared/unrelated-validation/seed-2/documents.jsonl"),
    });
    const golds = graph.stages.flatMap((stage) =>
      stage.kind === "evaluate" && stage.id.startsWith("cells/own-pictures/seed-1") ? [stage.gold.file] : [],
    );
    expect(golds).toEqual([
      "/validation.jsonl",
      "/test.jsonl",
      join(OUT, "shared/unrelated-validation/seed-1/documents.jsonl"),
      join(OUT, "shared/unrelated-test/seed-1/documents.jsonl"),
    ]);
  });

  it("score a model of unrelated pictures on the validation documents' own pictures too, whatever their format", () => {
    const base = { ...withPictures, data: { ...withPictures.data, format: "mnre" as const } };
    for (const name of ["unrelated-pictures", "unrelated-pictures-semantic-loss"]) {
      const plan = presetNamed(name).plan(base, OPTIONS);
      const sets = [...(plan.sets ?? []), ...allSets(OPTIONS)];
      const graph = stagesOf({ plan, base, sets, seeds: [1], out: OUT, threads: 1 });
      const golds = graph.stages.flatMap((stage) =>
        stage.kind === "evaluate" && stage.id.startsWith("cells/unrelated-pictures/seed-1")
          ? [[stage.gold.file, stage.gold.format]]
          : [],
      );
      expect(golds).toEqual([
        ["/validation.jsonl", "mnre"],
        ["/test.jsonl", "mnre"],
        [join(OUT, "shared/unrelated-validation/seed-1/documents.jsonl"), "relata"],
        [join(OUT, "shared/unrelated-test/seed-1/documents.jsonl"), "relata"],
      ]);
    }
  });

  it("make the prefix from each stage alone and repeated, and ask for an encoder with several", () => {
    const { graph } = graphOf("prefix-stages");
    const trained = [...configs(graph)]
      .slice(0, 10)
      .map(([id, { visual, model }]) => [
        id.split("/")[1],
        model.prefix.enabled ? (visual.stages ?? "all") : "none",
      ]);
    expect(trained).toEqual([
      ["all-stages", "all"],
      ...[1, 2, 3, 4].map((one) => [`stage-${one}`, [one]]),
      ...[1, 2, 3, 4].map((one) => [`stage-${one}-repeated`, [one, one, one, one]]),
      ["no-prefix", "none"],
    ]);
    const fault = expect.objectContaining({ code: "experiment/needs-stages" });
    expect(() => graphOf("prefix-stages", { ...OPTIONS, stages: 1 })).toThrow(fault);
    const captions = {
      ...withPictures,
      visual: { kind: "captions" as const },
      data: { ...withPictures.data, captions: { train: "/c", validation: "/c" } },
    };
    expect(() => presetNamed("prefix-stages").plan(captions, OPTIONS)).toThrow(fault);
  });

  it("set objects against the whole picture, and ask for crops", () => {
    const { graph } = graphOf("objects-or-picture");
    const trained = [...configs(graph).values()].slice(0, 4);
    expect(
      trained.map(({ model: { objects, prefix } }) => [prefix.enabled, prefix.wholePicture, objects]),
    ).toEqual([
      [true, true, 3],
      [true, true, 0],
      [true, false, 3],
      [false, true, 0],
    ]);
    const without = { ...withPictures, visual: { ...withPictures.visual, detector: undefined } };
    expect(() => presetNamed("objects-or-picture").plan(without, OPTIONS)).toThrow(
      expect.objectContaining({ code: "experiment/needs-crops" }),
    );
  });

  it("cross unrelated pictures with the semantic loss, and compare under the same pictures", () => {
    const { plan, graph } = graphOf("unrelated-pictures-semantic-loss");
    const trained = [...configs(graph)]
      .slice(0, 4)
      .map(([id, { data, model }]) => [
        id.split("/")[1],
        data.train.includes("unrelated-train"),
        model.semanticLoss.enabled,
      ]);
    expect(trained).toEqual([
      ["own-pictures", false, true],
      ["unrelated-pictures", true, true],
      ["own-pictures-no-semantic-loss", false, false],
      ["unrelated-pictures-no-semantic-loss", true, false],
    ]);
    const references = plan.variants.map(({ reference }) => reference);
    expect(references).toEqual([undefined, undefined, "own-pictures", "unrelated-pictures", undefined]);
    // Each on both sets, with their own pictures and with others.
    expect(plan.variants[3]?.evaluations.map(({ condition }) => condition)).toEqual([
      ...[undefined, undefined],
      ...["unrelated pictures", "unrelated pictures"],
    ]);
  });

  it("put batches together in three ways, with and without the parts that mix them", () => {
    const { graph } = graphOf("batch-composition");
    const trained = [...configs(graph).values()].slice(0, 6);
    expect(
      trained.map(({ training, model }) => [
        training.batches,
        model.attention.enabled && model.mixup.enabled,
      ]),
    ).toEqual([
      ...["random", "homogeneous", "stratified"].map((batches) => [batches, true]),
      ...["random", "homogeneous", "stratified"].map((batches) => [batches, false]),
    ]);
  });

  it("ask for pictures", () => {
    const textOnly = { ...withPictures, visual: { kind: "none" as const } };
    expect(() => presetNamed("i2srm-ablation").plan(textOnly, OPTIONS)).toThrow(
      expect.objectContaining({ code: "experiment/needs-pictures" }),
    );
  });
});

describe("presets of fields", () => {
  const trained = (name: string, base: Config, more: Partial<PresetOptions> = {}) => {
    const plan = presetNamed(name).plan(base, { ...OPTIONS, ...more });
    const graph = stagesOf({ plan, base, sets: allSets(OPTIONS), seeds: [1], out: OUT, threads: 1 });
    return [...configs(graph).values()];
  };

  it("give every text encoder the learning rates for its width, the configuration's own one too", () => {
    const base = parseConfig({
      ...withPictures,
      training: { learningRate: 1e-3, headLearningRate: 2e-3, dropout: 0.3 },
    });
    const rows = trained("text-encoders", base, { fields: [{ field: "encoder", values: ["/a", "/b"] }] });
    expect(rows.map(({ encoder }) => encoder)).toEqual(["nobody/text", "/a", "/b"]);
    for (const { training } of rows) {
      expect([training.learningRate, training.headLearningRate]).toEqual([undefined, undefined]);
      expect(training.dropout).toBe(0.3);
    }
    const published = parseConfig({ ...withPictures, preset: "published", training: { learningRate: 1e-3 } });
    expect(trained("text-encoders", published).map(({ training }) => training.learningRate)).toEqual([
      3e-5, 3e-5, 3e-5, 3e-5,
    ]);
  });

  it("cross Delta with the weight of the semantic loss, over a pool of rows for entities too", () => {
    const base = parseConfig({ ...withPictures, task: "mner", model: { mixup: { rows: "all" } } });
    const rows = trained("delta-kl-grid", base);
    expect(rows.map(({ model }) => [model.mixup.unmixedShare, model.semanticLoss.weight])).toEqual(
      [0.2, 0.6, 1].flatMap((share) => [0, 0.5, 1].map((weight) => [share, weight])),
    );
    expect(new Set(rows.map(({ model }) => model.mixup.rows))).toEqual(new Set(["pool"]));
    const one = trained("delta-kl-grid", base, {
      fields: [{ field: "model.semanticLoss.weight", values: [0] }],
    });
    expect(one).toHaveLength(3 * 2); // 0.5, the configuration's own, is always there
  });

  it("compare picture encoders where there are pixels", () => {
    expect(trained("picture-encoders", withPictures).map(({ visual }) => visual.encoder)).toEqual([
      "nobody/pictures",
      ...["50", "101", "152"].map((depth) => `microsoft/resnet-${depth}`),
    ]);
    const { train, validation } = withPictures.data;
    const captions = parseConfig({
      encoder: "nobody/text",
      data: { train, validation, captions: { train: "/a", validation: "/b" } },
      visual: { kind: "captions" },
    });
    expect(() => presetNamed("picture-encoders").plan(captions, OPTIONS)).toThrow(
      expect.objectContaining({ code: "experiment/needs-pictures" }),
    );
  });
});

describe("published-defaults", () => {
  const rows = (more: Record<string, unknown>) => {
    const base = parseConfig({ ...minimal, ...more });
    const plan = presetNamed("published-defaults").plan(base, OPTIONS);
    const graph = stagesOf({ plan, base, sets: allSets(OPTIONS), seeds: [1], out: OUT, threads: 1 });
    return { plan, trained: [...configs(graph).values()] };
  };
  const minimal = {
    encoder: "nobody/text",
    data: { train: "/train.jsonl", validation: "/validation.jsonl" },
  };

  it.each(["mre", "mner"])("trains what `preset: published` would, beside what it would not (%s)", (task) => {
    const parsed = (preset?: string) => parseConfig({ ...minimal, task, ...(preset && { preset }) });
    const known = ({ cache: _, training: { seed: __, threads: ___, ...training }, ...config }: Config) => ({
      ...config,
      training,
    });
    const { trained } = rows({ task });
    expect(trained.map(known)).toEqual([known(parsed()), known(parsed("published"))]);
    // The other way round, with the published values as the reference.
    const back = rows({ task, preset: "published" });
    expect(back.plan.reference).toBe("published");
    expect(back.trained.map(known)).toEqual([known(parsed("published")), known(parsed())]);
  });

  it("leaves alone what the configuration chose itself", () => {
    const { trained } = rows({ training: { epochs: 3, batchSize: 5 } });
    expect(trained.map(({ training }) => [training.epochs, training.batchSize])).toEqual([
      [3, 5],
      [3, 5],
    ]);
    expect(trained[1]?.training).toMatchObject({ learningRate: 3e-5, maxGradientNorm: "none" });
  });
});

describe("presets of MI2RAGE", () => {
  it("train each kind of selection on its pool of views, with the scores of its teachers", () => {
    const { graph } = graphOf("mi2rage");
    const synthesis = [...configs(graph)].slice(0, 6).map(([id, config]) => {
      const { rounds, chains, views, selection } = config.synthesis;
      return [id.split("/")[1], rounds, chains, views, selection.method, selection.scores];
    });
    expect(synthesis).toEqual([
      ["text-only", 0, undefined, 4, "none", undefined],
      ["naive", 1, 1, 1, "none", undefined],
      ["no-teacher", 2, 4, 4, "none", undefined],
      ["random", 2, 4, 4, "random", undefined],
      ["similarity", 2, 4, 4, "similarity", undefined],
      ["teacher", 2, 4, 4, "teacher", join(OUT, "shared/scores-main-k2-r4/seed-1/run")],
    ]);
  });

  it("compare how views are combined and trusted, all with the configuration's selection but one", () => {
    const rows = (base: typeof student) =>
      presetNamed("mi2rage-method")
        .plan(base, OPTIONS)
        .variants.map(({ name, overrides }) => {
          const { combination, trust, selection } = overrides.synthesis as Overrides;
          return [name, combination, trust, (selection as Overrides).method];
        });
    expect(rows(student)).toEqual([
      ["teacher", undefined, undefined, "teacher"],
      ["attention-as-trained", "attention", 1, "teacher"],
      ["attention-trust", "attention", "fit", "teacher"],
      ["product-as-trained", "product", 1, "teacher"],
      ["product-trust-all-views", "product", "fit", "none"],
      ["real-pairs", undefined, undefined, "none"],
      ["real-and-generated", undefined, undefined, "teacher"],
    ]);
    const { synthesis } = student;
    const other = {
      ...student,
      synthesis: {
        ...synthesis,
        combination: "attention" as const,
        trust: 1,
        selection: { ...synthesis.selection, method: "none" as const },
      },
    };
    expect(rows(other).map(([name]) => name)).toEqual([
      ...["no-teacher", "attention-trust", "product-as-trained", "product-trust"],
      ...["real-pairs", "real-and-generated"],
    ]);
  });

  it("score a pool once per seed for all students of it, and train equal students once", () => {
    const { graph } = graphOf("mi2rage-ablation");
    const scoring = graph.stages.filter(({ kind }) => kind === "score-views").map(({ id }) => id);
    expect(scoring.filter((id) => id.endsWith("seed-1")).sort()).toEqual([
      "shared/scores-main-by-other-k2-r4/seed-1",
      "shared/scores-main-k1-r4/seed-1",
      "shared/scores-main-k2-r4-as-k1/seed-1",
      "shared/scores-main-k2-r4/seed-1",
    ]);
    const trained = (variant: string) => graph.evaluations.find((one) => one.variant === variant)?.train;
    for (const variant of ["views-4", "averaging"])
      expect(trained(variant)).toBe("cells/teacher/seed-1/train");
  });

  it("sweep shares and margins with the scores of the same teachers", () => {
    const selections = (name: string, options?: PresetOptions) =>
      [...configs(graphOf(name, options).graph)].flatMap(
        ([
          id,
          {
            synthesis: { selection },
          },
        ]) =>
          /seed-1/.test(id) && selection.scores !== undefined
            ? [[id.split("/")[1], selection.method, selection.share, selection.margin]]
            : [],
      );
    expect(selections("mi2rage-share")).toEqual([
      ["teacher", "teacher", 0.5, 0],
      ["share-0.25", "teacher", 0.25, 0],
      ["share-0.75", "teacher", 0.75, 0],
      ["share-1", "teacher", 1, 0],
    ]);
    expect(selections("mi2rage-threshold", { ...OPTIONS, values: [0, 1] }).slice(1)).toEqual([
      ["threshold", "threshold", 0.5, 0],
      ["threshold-1", "threshold", 0.5, 1],
    ]);
    expect(selections("mi2rage-selection").map(([name]) => name)).toEqual([
      ...["teacher", "threshold-minus-0.5", "threshold", "threshold-0.5"],
      ...["match", "gate", "gate-threshold", "real-and-generated"],
    ]);
  });

  it("give a gate teachers of its own, two for each fold", () => {
    const { graph } = graphOf("mi2rage-selection");
    const scoring = graph.stages.flatMap((stage) =>
      stage.kind === "score-views" && stage.id.endsWith("seed-1")
        ? [[stage.id, stage.config?.synthesis.selection.gate.enabled]]
        : [],
    );
    expect(scoring.sort()).toEqual([
      ["shared/scores-main-k2-r4-two-teachers/seed-1", true],
      ["shared/scores-main-k2-r4/seed-1", false],
    ]);
    const scoresOf = (variant: string) =>
      configs(graph).get(`cells/${variant}/seed-1/train`)?.synthesis.selection.scores;
    for (const gated of ["gate", "gate-threshold"]) expect(scoresOf(gated)).toContain("two-teachers");
    for (const other of ["teacher", "threshold", "match"])
      expect(scoresOf(other)).not.toContain("two-teachers");
  });

  it("compare a matched share behind a gate with baselines that have neither", () => {
    const selection = {
      ...student.synthesis.selection,
      share: "match" as const,
      gate: { enabled: true, margin: 0.1 },
    };
    const base = { ...student, synthesis: { ...student.synthesis, selection } };
    const { variants } = presetNamed("mi2rage").plan(base, OPTIONS);
    const of = (name: string) => variants.find((one) => one.name === name)?.overrides;
    expect(of("random")).toMatchObject({
      synthesis: { selection: { method: "random", share: 0.5, gate: { enabled: false } } },
    });
    expect(of("teacher")).not.toHaveProperty("synthesis.selection.gate");
  });

  it("compare augmentation of texts with texts alone, with a row for each store that is named", () => {
    const stores = { ...OPTIONS.stores, eda: "/eda", vae: "/vae" };
    const synthesisPlans = { "back-translation": "/translate.json" };
    const { plan, graph } = graphOf("mi2rage-augmentation", { ...OPTIONS, stores, synthesisPlans });
    const rows = [...configs(graph)]
      .filter(([id]) => id.includes("seed-1/"))
      .map(([id, { synthesis, visual }]) => {
        const { store, rounds, augmentedShare, mixupAlpha, selection } = synthesis;
        return [id.split("/")[1], store, rounds, visual.kind, augmentedShare, mixupAlpha, selection.method];
      });
    const none = undefined;
    expect(rows).toEqual([
      ["text-only", none, 0, "none", none, none, "none"],
      ["mixup", none, 0, "none", none, 0.2, "none"],
      ["eda", "/eda", none, "none", 0.5, none, "none"],
      ["back-translation", `${OUT}/shared/store-back-translation/run`, none, "none", 0.5, none, "none"],
      ["vae", "/vae", none, "pictures", none, none, "none"],
      ["no-teacher", "/views", 2, "pictures", none, none, "none"],
      ["teacher", "/views", 2, "pictures", none, none, "teacher"],
      ["real-pairs", "/views", none, "pictures", none, none, "none"],
    ]);
    expect(plan.reference).toBe("text-only");
    expect(graphOf("mi2rage-augmentation").plan.variants.map(({ name }) => name)).toEqual([
      ...["text-only", "mixup", "no-teacher", "teacher", "real-pairs"],
    ]);
    const pictures = { ...student, synthesis: { ...student.synthesis, real: "picture" as const } };
    expect(() => presetNamed("mi2rage-augmentation").plan(pictures, OPTIONS)).toThrow(
      'synthesis.real is "picture"',
    );
  });

  it("end K at the store's rounds and N at the views that selection leaves, and say so", () => {
    const { plan } = graphOf("mi2rage-ablation");
    const swept = (group: string) =>
      plan.variants.flatMap((one) => (one.group === group && one.value !== undefined ? [one.value] : []));
    expect(swept("rounds")).toEqual([1, 2]);
    expect(swept("views")).toEqual([1, 2, 4]); // of 2 x 4 views, a share of 0.5 keeps four
    expect(plan.description).toContain("K ends at 2: the store has no more rounds.");
    expect(plan.description).toContain("N ends at 4: selection leaves no more views of a document.");
    const all = {
      ...student.synthesis,
      selection: { ...student.synthesis.selection, method: "none" as const },
    };
    const views = presetNamed("mi2rage-views").plan({ ...student, synthesis: all }, OPTIONS);
    expect(views.variants.flatMap(({ value }) => value ?? [])).toEqual([1, 2, 4, 6, 8]);
    expect(views.description).toContain("N ends at 8: there are no more views of a document.");
  });

  it("refuse values of K and N that would train the model of a smaller one again", () => {
    const plan = (name: string, more: Partial<PresetOptions>) => () => graphOf(name, { ...OPTIONS, ...more });
    expect(plan("mi2rage-views", { views: [2, 4, 6] })).toThrow(
      expect.objectContaining({
        code: "experiment/value-too-large",
        message: expect.stringContaining(
          "6 views per document are asked for, but selection leaves at most 4 of 8",
        ),
        value: 6,
      }),
    );
    expect(plan("mi2rage-views", { values: [4, 2] })).not.toThrow();
    expect(plan("mi2rage-rounds", { rounds: [1, 3] })).toThrow(
      expect.objectContaining({ code: "experiment/value-too-large", value: 3 }),
    );
    expect(graphOf("mi2rage-views", { ...OPTIONS, views: [1, 3] }).plan.description).not.toContain("N ends");
  });

  it("show as many views at inference as in training, fused and averaged, where a set has a store", () => {
    const { graph } = graphOf("mi2rage-ablation");
    const conditions = graph.evaluations
      .filter(({ seed, evaluation }) => seed === 1 && evaluation.condition !== undefined)
      .map(({ variant, evaluation }) => `${variant}: ${evaluation.set}, ${evaluation.condition}`);
    expect(conditions).toEqual([
      ...[1, 2, 4].map((n) => `views-${n}: test, ${n} generated ${n === 1 ? "view" : "views"} fused`),
      "averaging: test, 4 generated views fused",
      "averaging: test, 4 generated views averaged",
    ]);
    const stage = graph.stages.find(({ id }) =>
      id.endsWith("averaging/seed-1/evaluate-test-4-generated-views-averaged"),
    );
    expect(stage?.kind === "evaluate" && stage.arguments.join(" ")).toContain(
      "--views /test-views --view-count 4 --aggregate average",
    );
  });

  it("compare K in pools of the same size, with the fewest rounds", () => {
    for (const name of ["mi2rage-rounds", "mi2rage-ablation"]) {
      const { plan, graph } = graphOf(name);
      const rows = plan.variants.filter(({ group }) => group === "rounds");
      expect(rows.map(({ reference }) => reference)).toEqual(["rounds-1", "rounds-1"]);
      const pools = [...configs(graph)].flatMap(([id, { synthesis }]) => {
        const { rounds, asManyAsRounds, selection } = synthesis;
        return /^cells\/rounds-.*seed-1/.test(id) ? [[rounds, asManyAsRounds, selection.scores]] : [];
      });
      const scores = (pool: string) => join(OUT, `shared/scores-main-${pool}/seed-1/run`);
      expect(pools).toEqual([
        [1, undefined, scores("k1-r4")],
        [2, 1, scores("k2-r4-as-k1")],
      ]);
      // The teachers learn from the same pool.
      const taught = graph.stages.find(({ id }) => id === "shared/scores-main-k2-r4-as-k1/seed-1");
      expect(taught?.kind === "score-views" && taught.config?.synthesis.asManyAsRounds).toBe(1);
    }
  });

  it("compare K and N with the configuration's own selection, and train no teacher where it has none", () => {
    const { synthesis } = student;
    const own = {
      ...student,
      synthesis: { ...synthesis, selection: { ...synthesis.selection, method: "none" as const } },
    };
    const plan = presetNamed("mi2rage-rounds").plan(own, OPTIONS);
    expect(plan.reference).toBe("rounds-1");
    expect(plan.variants.map(({ name }) => name)).toEqual(["rounds-1", "rounds-2"]);
    expect(presetNamed("mi2rage-views").plan(own, OPTIONS).reference).toBe("no-teacher");
    expect(JSON.stringify(plan.variants)).not.toContain("$stage");
    expect(presetNamed("mi2rage-ablation").plan(student, OPTIONS).reference).toBe("teacher");
  });

  it("make a store from a plan first, where one is given", () => {
    const { graph } = graphOf("mi2rage", { ...OPTIONS, stores: {}, synthesisPlans: { main: "/plan.json" } });
    const config = configs(graph).get("cells/no-teacher/seed-1/train");
    expect(config?.synthesis.store).toBe(join(OUT, "shared/store-main/run"));
    expect(graph.stages.find(({ id }) => id === "cells/no-teacher/seed-1/train")?.needs).toEqual([
      "shared/store-main",
    ]);
    expect(graph.stages.filter(({ kind }) => kind === "synthesize")).toHaveLength(1);
  });

  it("swap generators between stores of which both have the configuration's views", () => {
    const swap = (more: Partial<PresetOptions>) => () =>
      graphOf("mi2rage-generator-swap", { ...OPTIONS, ...more });
    const taught = swap({})().graph.stages.find(
      ({ id }) => id === "shared/scores-main-by-other-k2-r4/seed-1",
    );
    expect(taught?.kind === "score-views" && taught.config?.synthesis).toMatchObject({
      store: "/views",
      selection: { teacherStore: "/other-views" },
    });
    const main = { rounds: 2, chains: 4 };
    expect(swap({ storeFacts: { main, other: { rounds: 2, chains: 2 } } })).toThrow(
      expect.objectContaining({
        code: "experiment/value-too-large",
        remedy: expect.stringContaining("synthesis.rounds=2 synthesis.chains=2"),
      }),
    );
    expect(swap({ stores: { main: "/views" } })).toThrow(
      expect.objectContaining({ code: "experiment/needs-store" }),
    );
  });

  it("need the method and a store", () => {
    const plan = (base: Config, options: PresetOptions) => () => presetNamed("mi2rage").plan(base, options);
    expect(plan(withPictures, OPTIONS)).toThrow(
      expect.objectContaining({ code: "experiment/needs-mi2rage" }),
    );
    const { store: _, ...synthesis } = student.synthesis;
    expect(plan({ ...student, synthesis }, { ...OPTIONS, stores: {} })).toThrow(
      expect.objectContaining({ code: "experiment/needs-store" }),
    );
  });
});

describe("transfer", () => {
  const datasets = ["one", "two"].map((name) => ({
    name,
    config: parseConfig(
      {
        encoder: "nobody/text",
        data: {
          train: `/${name}/train.jsonl`,
          validation: `/${name}/validation.jsonl`,
          pictures: `/${name}`,
        },
        visual: { kind: "pictures", encoder: "nobody/pictures" },
      },
      "test",
    ),
  }));
  const options: PresetOptions = {
    ...OPTIONS,
    sets: [{ name: "two/test", file: "/two/test.jsonl" }],
    datasets,
    labelMaps: { one: { PER: "person" } },
  };

  it("scores every data set's model on every data set, each with its own pictures", () => {
    const { plan, graph } = graphOf("transfer", options);
    const scored = graph.stages.flatMap((stage) =>
      stage.kind === "evaluate" && stage.id.includes("seed-1")
        ? [
            [
              stage.id.split("/")[1],
              stage.gold.file,
              stage.arguments[stage.arguments.indexOf("--pictures") + 1],
            ],
          ]
        : [],
    );
    const mapped = (name: string) => join(OUT, `shared/${name}/documents.jsonl`);
    const all = [
      [mapped("one-validation"), "/one"],
      [mapped("two-validation"), "/two"],
      [mapped("two-test"), "/two"],
    ];
    expect(scored).toEqual([...all.map((row) => ["one", ...row]), ...all.map((row) => ["two", ...row])]);
    expect(plan.references).toEqual({ "one/validation": "one", "two/validation": "two", "two/test": "two" });
  });

  it("trains students of MI2RAGE on each data set's own views, and scores them on a data set without any", () => {
    const third = {
      name: "three",
      config: parseConfig({
        ...datasets[0]!.config,
        data: { ...datasets[0]!.config.data, train: "/three/train.jsonl" },
      }),
    };
    const one = { name: "one", config: { ...student, data: datasets[0]!.config.data } };
    const more = {
      ...options,
      datasets: [one, datasets[1]!, third],
      stores: { two: "/two/views" },
      labelMaps: {},
    };
    const plan = presetNamed("transfer").plan(student, more);
    const sets = [...(plan.sets ?? []), ...allSets(more)];
    const graph = stagesOf({ plan, base: student, sets, seeds: [1], out: OUT, threads: 1 });
    const trained = [...configs(graph).values()];
    expect(trained.map(({ synthesis }) => synthesis.store)).toEqual(["/views", "/two/views"]);
    expect(plan.variants.map(({ name }) => name)).toEqual(["one", "two"]);
    expect(plan.references).toEqual({
      "one/validation": "one",
      "two/validation": "two",
      "two/test": "two",
      "three/validation": "one",
    });
    expect(plan.description).toContain("three has no generated views to train on and is only scored");
    const scored = graph.stages.filter(({ id }) => id.endsWith("evaluate-three-validation"));
    expect(scored.map(({ id }) => id.split("/")[1])).toEqual(["one", "two"]);
    const none = { ...more, datasets: [datasets[1]!, third], stores: {} };
    expect(() => presetNamed("transfer").plan(student, none)).toThrow(
      expect.objectContaining({ code: "experiment/needs-store" }),
    );
  });

  it("reads mapped documents in relata's own format and unit, whatever the originals are", () => {
    const [one, two] = datasets;
    const other = {
      ...one!.config,
      data: { ...one!.config.data, offsets: "code-point" as const, relations: ["None", "a"] },
    };
    const { graph } = graphOf("transfer", { ...options, datasets: [{ name: "one", config: other }, two!] });
    const data = configs(graph).get("cells/one/seed-1/train")?.data;
    expect(data).toMatchObject({ format: "relata", train: join(OUT, "shared/one-train/documents.jsonl") });
    expect([data?.offsets, data?.relations]).toEqual([undefined, undefined]);
  });

  it("asks for two data sets, and for maps of those alone", () => {
    const plan = (more: Partial<PresetOptions>) => () => graphOf("transfer", { ...options, ...more });
    expect(plan({ datasets: [] })).toThrow(expect.objectContaining({ code: "experiment/too-few-datasets" }));
    expect(plan({ labelMaps: { three: {} } })).toThrow(
      expect.objectContaining({ code: "experiment/unknown-dataset" }),
    );
    expect(plan({ sets: [{ name: "test", file: "/t" }] })).toThrow(
      expect.objectContaining({ code: "experiment/unknown-dataset" }),
    );
  });
});
