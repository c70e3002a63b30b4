// I2SRM's three models with frozen lower layers against the same models without: losses, gradients and scores, and the frozen bytes.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../engine/runtime.ts";
import { textOnly } from "../../models/i2srm/config.ts";
import { TagScheme } from "../../models/tagging/tag-scheme.ts";
import { stream } from "../../training/random.ts";
import { CategoryModel } from "../category/category-model.ts";
import { EntityModel } from "../entity/entity-model.ts";
import { RelationModel } from "../relation/relation-model.ts";
import { SMALL_I2SRM, TINY_BERT } from "../testing/tiny-models.ts";
import { prefixAbove } from "./frozen-layers.ts";
import type { GraphModel } from "./graph-model.ts";
import { LowerStates } from "./lower-states.ts";

const [VOCABULARY, PROMPT, MAP_WIDTH, CLASSES, FROZEN] = [60, 4, 6, 5, 1];
const scheme = new TagScheme(["LOC", "PER"], "inside");
const encoder = { ...TINY_BERT, vocabSize: VOCABULARY };
const published = SMALL_I2SRM;
const at = (step: number) => ({ seed: 3, step, epoch: 0, microStep: 0 });

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

interface Build {
  readonly sees: boolean;
  readonly states?: LowerStates;
}

function common({ sees }: Build) {
  // Both models have the prefix in the layers above the frozen ones only.
  const i2srm = prefixAbove(sees ? published : textOnly(published), FROZEN, encoder.layers);
  return { encoder, i2srm, visual: sees ? { mapWidth: MAP_WIDTH, classes: CLASSES } : undefined };
}

const classGroups = { weightDecay: 0.01, headLearningRateScale: 1 };
const BUILDERS = {
  relations: (build: Build) =>
    new RelationModel(runtime, {
      ...{ padId: 0, trainable: true, groups: classGroups, states: build.states },
      graph: { ...common(build), relations: 3, addedTokens: 0 },
    }),
  categories: (build: Build) =>
    new CategoryModel(runtime, {
      ...{ padId: 0, trainable: true, groups: classGroups, states: build.states },
      graph: { ...common(build), categories: 3 },
    }),
  entities: (build: Build) =>
    new EntityModel(runtime, {
      ...{ padId: 0, trainable: true, maxLength: 12, labelMixing: "pair", states: build.states },
      groups: { weightDecay: 0.01, taggerLearningRateScale: 5, headLearningRateScale: 1 },
      graph: { ...common(build), tags: scheme.tags.length, emissionWidth: 8 },
    }),
} as const;

/** Draws the parameters by name, so that models have those in common that they both have. */
function drawn<Model extends GraphModel<never>>(model: Model): Model {
  for (const { name, initializer } of model.declarations.values()) {
    const draw = stream(1, 0, name);
    const { data } = model.parameters.weight(name);
    for (let i = 0; i < data.length; i++)
      data[i] = (initializer.kind === "ones" ? 1 : 0) + 0.3 * draw.normal();
  }
  return model;
}

function example(id: number, length: number) {
  const draw = stream(2, 0, `example/${id}`);
  const noise = (size: number) => Float32Array.from({ length: size }, () => draw.normal());
  const ids = Array.from({ length }, () => 1 + draw.integer(VOCABULARY - 1));
  const maps = [noise(PROMPT * MAP_WIDTH), noise(PROMPT * MAP_WIDTH)];
  return {
    ...{ id: String(id), label: id % 3 },
    visual: id % 3 === 2 ? undefined : { maps, pooled: noise(CLASSES) },
    tags: ids.map((word) => word % scheme.tags.length),
    input: {
      ...{
        ids,
        length,
        wordIndex: [],
        offsets: [],
        unknown: 0,
        emptyWords: [],
        truncated: undefined,
        isCut: false,
      },
      headSpan: [1, 3],
      tailSpan: [3, 5],
    },
  };
}

/** The attention across sentences reads padding too, whose states are zeros in one model only: sentences have one length. */
const EXAMPLES = {
  relations: examples((id) => 6 + (id % 4)),
  categories: examples((id) => 6 + (id % 4)),
  entities: examples(() => 8),
};

function examples(lengthOf: (id: number) => number): never[] {
  return Array.from({ length: 6 }, (_, id) => example(id, lengthOf(id))) as never[];
}

const difference = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
const isFrozen = (name: string) => name.includes("embeddings") || name.includes("layer.0.");

describe.each(["relations", "categories", "entities"] as const)("%s with frozen layers", (task) => {
  it.each([true, false])(
    "have the losses, gradients and scores of the whole model (pictures: %s)",
    async (sees) => {
      const states = new LowerStates(FROZEN, encoder);
      await using frozen = drawn<GraphModel<never>>(BUILDERS[task]({ sees, states }));
      await using whole = drawn<GraphModel<never>>(BUILDERS[task]({ sees }));
      await frozen.prepare(EXAMPLES[task]);
      const first = await frozen.step(EXAMPLES[task], at(0));
      const second = await whole.step(EXAMPLES[task], at(0));
      expect(first.loss).toBeCloseTo(second.loss, 4);
      expect(frozen.parameters.names().toSorted()).toEqual(whole.parameters.names().toSorted());
      const trained = frozen.parameters.trainedNames();
      expect(trained.toSorted()).toEqual(
        whole.parameters
          .names()
          .filter((name) => !isFrozen(name))
          .toSorted(),
      );
      for (const name of trained) {
        const [ours, theirs] = [frozen, whole].map(({ parameters }) => parameters.gradient(name).data);
        const largest = Math.max(...theirs!.map(Math.abs));
        expect(difference(ours!, theirs!), name).toBeLessThan(1e-5 * (1 + largest));
      }
      const scores = await Promise.all([frozen.predict(EXAMPLES[task]), whole.predict(EXAMPLES[task])]);
      for (const [i, row] of scores[0].entries()) expect(difference(row, scores[1][i]!)).toBeLessThan(1e-4);
    },
  );

  it("keep the frozen weights byte for byte, and change the others", async () => {
    await using model = drawn<GraphModel<never>>(
      BUILDERS[task]({ sees: true, states: new LowerStates(FROZEN, encoder) }),
    );
    await using optimizer = model.optimizer();
    const copyOf = (name: string) => model.parameters.weight(name).data.slice();
    const before = new Map(model.parameters.names().map((name) => [name, copyOf(name)]));
    await model.prepare(EXAMPLES[task]);
    for (let step = 0; step < 3; step++) {
      await model.step(EXAMPLES[task], at(step));
      await optimizer.apply(step + 1, 0.01, { maxGradientNorm: 1, accumulated: 1 });
    }
    const same = model.parameters
      .names()
      .filter((name) => difference(before.get(name)!, model.parameters.weight(name).data) === 0);
    expect(same.toSorted()).toEqual(model.parameters.names().filter(isFrozen).toSorted());
  });
});
