// MI2RAGE's student for entities: what its tag scores depend on, and that it learns a type that only the views tell.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TextEncoderConfig } from "../../encoders/text-config.ts";
import { Runtime } from "../../engine/runtime.ts";
import { TagScheme } from "../../models/tagging/tag-scheme.ts";
import { stream } from "../../training/random.ts";
import { decode } from "../entity/scores.ts";
import { LowerStates } from "../shared/lower-states.ts";
import type { StudentView } from "../student/student-example.ts";
import { type EntityStudentExample, EntityStudentModel } from "./entity-student-model.ts";
import { averagingReader } from "./read-views.ts";

const scheme = new TagScheme(["LOC", "PER"], "inside");
const encoder: TextEncoderConfig = {
  ...{ modelType: "bert", vocabSize: 40, hiddenSize: 16, layers: 2, heads: 2, intermediateSize: 24 },
  ...{ maxPositions: 32, typeVocabSize: 2, layerNormEpsilon: 1e-12 },
  ...{ hiddenDropout: 0, attentionDropout: 0, initializerRange: 0.02, padTokenId: 0 },
  activation: "gelu",
};
const picture = { maps: 6, classes: 5 };

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

function build(options: { readonly sees?: boolean; readonly states?: LowerStates } = {}): EntityStudentModel {
  const { sees = true, states } = options;
  const model = new EntityStudentModel(runtime, {
    graph: {
      ...{ encoder, tags: scheme.tags.length, emissionWidth: 12 },
      fusion: { width: 12, heads: 2, dropout: 0 },
      picture: sees ? picture : undefined,
    },
    padId: 0,
    groups: { weightDecay: 0, taggerLearningRateScale: 2, headLearningRateScale: 1 },
    ...{ trainable: true, training: { views: 2, vary: true, withoutViews: 0.1 }, states },
  });
  for (const { name, initializer } of model.declarations.values()) {
    const draw = stream(1, 0, name);
    const { data } = model.parameters.weight(name);
    for (let i = 0; i < data.length; i++)
      data[i] = (initializer.kind === "ones" ? 1 : 0) + 0.2 * draw.normal();
  }
  return model;
}

/** A picture of one of two scenes. */
function view(id: string, scene: "LOC" | "PER"): StudentView {
  const draw = stream(3, 0, id);
  const sign = scene === "LOC" ? 1 : -1;
  const noisy = (length: number) =>
    Float32Array.from({ length }, (_, i) => (i % 2 ? sign : 0) + 0.1 * draw.normal());
  return { kind: "picture", id, visual: { maps: [noisy(picture.maps)], pooled: noisy(picture.classes) } };
}

/** A text whose middle word is a mention: its type is that of the scene, which no word tells. */
function example(i: number, length = 5): EntityStudentExample {
  const draw = stream(2, 0, `example/${i}`);
  const type = i % 2 === 0 ? "LOC" : "PER";
  const words = Array.from({ length: length - 2 }, (_, at) => (at === 1 ? 30 : 10 + draw.integer(8)));
  const wordIndex = [-1, ...words.map((_, at) => at), -1];
  const views = [view(`${i}/0`, type), view(`${i}/1`, type), view(`${i}/2`, type)];
  return {
    ...{ id: `${i}`, input: { ids: [2, ...words, 3], wordIndex }, visual: undefined, views },
    tags: scheme.encode(wordIndex, [{ start: 1, end: 2, label: type }]),
    keptIn: () => views,
  };
}

async function train(model: EntityStudentModel, steps: number): Promise<number> {
  await using optimizer = model.optimizer();
  let loss = 0;
  for (let step = 0; step < steps; step++) {
    const batch = Array.from({ length: 8 }, (_, row) => example(8 * (step % 4) + row));
    ({ loss } = await model.step(batch, { seed: 1, step, microStep: 0, epoch: 0 }));
    await optimizer.apply(step + 1, 0.02, { accumulated: 1, maxGradientNorm: 1 });
  }
  return loss;
}

describe("EntityStudentModel", () => {
  it("scores a text the same alone as beside a longer one with more views", async () => {
    await using model = build();
    const short = { ...example(1), views: example(1).views!.slice(0, 1) };
    const [alone] = await model.predict([short]);
    const [together] = await model.predict([short, example(2, 9)]);
    expect(together!.length).toBe(5 * scheme.tags.length);
    alone!.forEach((score, i) => {
      expect(together![i]).toBeCloseTo(score, 5);
    });
  });

  it("reads its views, in no order, and the document's own picture as one more", async () => {
    await using model = build();
    const one = example(1);
    const [first, second] = one.views!;
    const scoresOf = async (views: readonly StudentView[], own?: StudentView) => {
      const visual = own?.kind === "picture" ? own.visual : undefined;
      return [...(await model.predict([{ ...one, views, visual }]))[0]!];
    };
    const both = await scoresOf([first!, second!]);
    expect(await scoresOf([view("other", "LOC")])).not.toEqual(both);
    for (const same of [await scoresOf([second!, first!]), await scoresOf([second!], first)]) {
      same.forEach((score, i) => {
        expect(score).toBeCloseTo(both[i]!, 5);
      });
    }
    const hidden = await model.predict([
      { ...one, views: [], visual: first!.kind === "picture" ? first!.visual : undefined, hidesOwn: true },
    ]);
    expect([...hidden[0]!]).toEqual(await scoresOf([]));
  });

  it("averages the scores with single views", async () => {
    await using model = build();
    const one = example(1);
    const single = await model.predict(one.views!.map((only) => ({ ...one, views: [only] })));
    const [mean] = await averagingReader(model).predict([one]);
    mean!.forEach((score, i) => {
      expect(score).toBeCloseTo(single.reduce((sum, row) => sum + row[i]!, 0) / 3, 6);
    });
  });

  it("reads nothing but the text without pictures", async () => {
    await using model = build({ sees: false });
    const [withViews] = await model.predict([example(1)]);
    const [without] = await model.predict([{ ...example(1), views: [] }]);
    expect(withViews).toEqual(without);
    expect([...model.declarations.keys()].some((name) => /^(pictures|fusion)\./.test(name))).toBe(false);
  });

  it("trains the same from states of frozen lower layers as from tokens", async () => {
    const states = new LowerStates(1, encoder);
    await using frozen = build({ states });
    await using whole = build();
    const batch = [example(0), example(1, 7)];
    await states.compute(
      runtime,
      frozen,
      { encoder, addedTokens: 0, padId: 0 },
      batch.map(({ input }) => input),
    );
    const at = { seed: 1, step: 3, microStep: 0, epoch: 0 };
    expect((await frozen.step(batch, at)).loss).toBeCloseTo((await whole.step(batch, at)).loss, 4);
  });

  it("learns types that only the views tell", async () => {
    await using model = build();
    await train(model, 60);
    const unseen = [example(100), example(101)];
    const found = async (examples: readonly EntityStudentExample[]) => {
      const rows = await model.predict(examples);
      return rows.map((emissions, i) =>
        decode(
          { emissions, wordIndex: [...examples[i]!.input.wordIndex] },
          { scheme, chain: model.chain, constrained: true },
        ).map(({ start, label }) => [start, label]),
      );
    };
    expect(await found(unseen)).toEqual([[[1, "LOC"]], [[1, "PER"]]]);
    const swapped = unseen.map((one, i) => ({ ...one, views: unseen[1 - i]!.views! }));
    expect(await found(swapped)).toEqual([[[1, "PER"]], [[1, "LOC"]]]);
  });
});
