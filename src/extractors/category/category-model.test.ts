// The category model against the relation model, whose graph is checked against PyTorch: a post is a pair of mentions that both are the whole text.

import { afterAll, beforeAll, expect, it } from "vitest";
import { Runtime } from "../../engine/runtime.ts";
import { stream } from "../../training/random.ts";
import { RelationModel } from "../relation/relation-model.ts";
import type { GraphModel } from "../shared/graph-model.ts";
import { SMALL_I2SRM, TINY_BERT } from "../testing/tiny-models.ts";
import { CategoryModel } from "./category-model.ts";
import type { CategoryExample } from "./prepare.ts";
import { categoryNotes } from "./train-categories.ts";

const [VOCABULARY, WIDTH, PROMPT, MAP_WIDTH, CLASSES, CATEGORIES] = [60, 16, 4, 6, 5, 3];
const encoder = { ...TINY_BERT, vocabSize: VOCABULARY, hiddenSize: WIDTH };
const i2srm = SMALL_I2SRM;
const shared = {
  padId: 0,
  groups: { weightDecay: 0.01, headLearningRateScale: 1 },
  trainable: true,
} as const;
const graph = { encoder, i2srm, visual: { mapWidth: MAP_WIDTH, classes: CLASSES } };

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

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

const categoryModel = () =>
  drawn(new CategoryModel(runtime, { ...shared, graph: { ...graph, categories: CATEGORIES } }));

function example(id: number): CategoryExample {
  const draw = stream(2, 0, `example/${id}`);
  const noise = (size: number) => Float32Array.from({ length: size }, () => draw.normal());
  const ids = Array.from({ length: 5 + 3 * (id % 4) }, () => 1 + draw.integer(VOCABULARY - 1));
  const maps = [noise(PROMPT * MAP_WIDTH), noise(PROMPT * MAP_WIDTH)];
  const visual = id % 3 === 2 ? undefined : { maps, pooled: noise(CLASSES) };
  return { id: String(id), input: { ids, isCut: false }, label: id % CATEGORIES, visual };
}

const EXAMPLES = Array.from({ length: 8 }, (_, i) => example(i));
const AT = { seed: 3, step: 0, epoch: 0, microStep: 0 };

it("scores a post as the relation model scores a pair whose mentions both are the whole text", async () => {
  await using model = categoryModel();
  await using relation = drawn(
    new RelationModel(runtime, { ...shared, graph: { ...graph, relations: CATEGORIES, addedTokens: 0 } }),
  );
  const [own, doubled] = [model, relation].map((one) => one.parameters.weight("classifier.weight").data) as [
    Float32Array,
    Float32Array,
  ];
  for (let i = 0; i < CATEGORIES * 2 * WIDTH; i++)
    doubled[i] = own[Math.floor(i / (2 * WIDTH)) * WIDTH + (i % WIDTH)]! / 2;
  const pairs = EXAMPLES.map(({ input: { ids }, ...rest }) => {
    const span = [0, ids.length] as const;
    const tokens = { ids, wordIndex: [], offsets: [], unknown: 0, emptyWords: [], truncated: undefined };
    return { ...rest, input: { ...tokens, headSpan: span, tailSpan: span, length: ids.length } };
  });
  const [scores, wanted] = [await model.predict(EXAMPLES), await relation.predict(pairs)];
  for (const [i, row] of scores.entries())
    for (const [k, score] of row.entries()) expect(score).toBeCloseTo(wanted[i]![k]!, 4);
});

it("follows the loss, every part of I2SRM on: a step against the gradient lowers it by about the squared norm", async () => {
  await using model = categoryModel();
  const before = await model.step(EXAMPLES, AT);
  expect(Object.keys(before.terms).sort()).toEqual(["classification", "mixed", "semantic"]);
  const parts = new Map<string, number>();
  const rate = 1e-4;
  for (const name of model.parameters.names()) {
    const { data } = model.parameters.weight(name);
    let squares = 0;
    Float32Array.from(model.parameters.gradient(name).data).forEach((value, i) => {
      squares += value * value;
      data[i]! -= rate * value;
    });
    const [part = ""] = name.split(".");
    parts.set(part, (parts.get(part) ?? 0) + squares);
  }
  const after = await model.step(EXAMPLES, AT); // the same draws of lambda and permutation
  const all = [...parts.values()].reduce((sum, squares) => sum + squares, 0);
  expect((before.loss - after.loss) / (rate * all)).toBeCloseTo(1, 1);
  for (const part of ["encoder", "encoder_conv", "gates", "classifier", "encoder_layers", "linear_kl"])
    expect([part, parts.get(part)! > 0]).toEqual([part, true]);
});

it("warns of a single category, which any model gets right", () => {
  expect(categoryNotes(["same"])).toEqual([
    'warning: every training document has the category "same", so the model can give no other answer',
  ]);
  expect(categoryNotes(["one", "other"])).toEqual([]);
});
