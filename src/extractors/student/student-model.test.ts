// Runs the student on made-up examples: which views a step shows, and what each reading predicts.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RelationInput } from "../../encoders/tokenizing/relation-input.ts";
import { Runtime } from "../../engine/runtime.ts";
import { serialize } from "../../graph/serialize.ts";
import type { RealView } from "../../models/mi2rage/config.ts";
import { studentForward, type ViewReading } from "../../models/mi2rage/student.ts";
import { Dropout } from "../../nn/dropout.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import { stream } from "../../training/random.ts";
import { LowerStates } from "../shared/lower-states.ts";
import { TINY_BERT } from "../testing/tiny-models.ts";
import { predictEachText } from "./augmented-texts.ts";
import { averagingPredictor, withViewCount } from "./evaluate-views.ts";
import { expertRows } from "./expert-rows.ts";
import { type StudentExample, type StudentView, shownViews } from "./student-example.ts";
import { studentInputs } from "./student-inputs.ts";
import { type ReadBeside, StudentModel } from "./student-model.ts";

const RELATIONS = 3;
const encoder = { ...TINY_BERT, vocabSize: 40, hiddenSize: 8, intermediateSize: 12 };
const picture = { maps: 6, classes: 4 };

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

interface Options {
  readonly real?: RealView;
  readonly reading?: ViewReading;
  readonly withoutViews?: number;
  readonly views?: number;
  readonly states?: LowerStates;
  readonly reads?: ReadBeside;
  readonly vary?: boolean;
  readonly mixupAlpha?: number;
  readonly trust?: number;
  readonly product?: boolean;
}

const graphOf = (real: RealView) => ({
  encoder,
  relations: RELATIONS,
  addedTokens: 0,
  real,
  fusion: { width: 8, heads: 2, dropout: 0 },
  picture,
});

function build(options: Options = {}): StudentModel {
  const {
    real = "text",
    reading = "fused",
    withoutViews = 0,
    views = 2,
    states,
    reads,
    vary = false,
    mixupAlpha,
    trust,
    product = false,
  } = options;
  const model = new StudentModel(runtime, {
    graph: graphOf(real),
    padId: 0,
    ...(reads === undefined ? {} : { reads }),
    ...(trust === undefined ? {} : { trust }),
    experts: product ? expertRows(real, mentionsOf) : undefined,
    reading,
    groups: { weightDecay: 0.01, headLearningRateScale: 1 },
    trainable: true,
    training: { views, vary, withoutViews, mixupAlpha },
    states,
  });
  for (const { name, initializer } of model.declarations.values()) {
    const draw = stream(1, 0, name);
    const { data } = model.parameters.weight(name);
    for (let i = 0; i < data.length; i++)
      data[i] = (initializer.kind === "ones" ? 1 : 0) + 0.3 * draw.normal();
  }
  return model;
}

function text(seed: string, length: number): RelationInput {
  const draw = stream(2, 0, seed);
  const ids = Array.from({ length }, () => 1 + draw.integer(39));
  return { ids, length, headSpan: [1, 3], tailSpan: [3, 4] } as unknown as RelationInput;
}

/** Stands in for the two mentions of a text. */
const mentionsOf = ({ ids, headSpan }: RelationInput) =>
  ({ ids: ids.slice(0, 4), length: 4, headSpan, tailSpan: [3, 4] }) as unknown as RelationInput;

const visual = (seed: string) => {
  const draw = stream(3, 0, seed);
  const noise = (size: number) => Float32Array.from({ length: size }, () => draw.normal());
  return { maps: [noise(picture.maps)], pooled: noise(picture.classes) };
};

function example(id: string, count: number, real: RealView = "text", own = true): StudentExample {
  const views = Array.from(
    { length: count },
    (_, i): StudentView =>
      real === "text"
        ? { kind: "picture", id: `${id}/${i}`, visual: visual(`${id}/${i}`) }
        : { kind: "text", id: `${id}/${i}`, input: text(`${id}/${i}`, 4 + i) },
  );
  return {
    id,
    input: text(id, 5 + (id.length % 3)),
    label: id.length % RELATIONS,
    visual: own ? visual(id) : undefined,
    views,
    keptIn: () => views,
  };
}

/** Without views, and what hides the real view: written again, apart from the code. */
function byHand(one: StudentExample, real: RealView) {
  const mentions = mentionsOf(one.input);
  const text: StudentView = { kind: "text", id: "mentions", input: mentions };
  const alone: StudentExample = { ...one, views: real === "text" ? [] : [text], hidesOwn: true };
  const blind = (other: StudentExample): StudentExample =>
    real === "text" ? { ...other, input: mentions } : { ...other, visual: undefined };
  return [alone, blind] as const;
}

const at = (step: number, epoch = 0) => ({ seed: 5, step, epoch, microStep: 0 });
const logSoftmax = (row: Float32Array): number[] => {
  const total = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
  return [...row].map((value) => value - total);
};
const close = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? Number.NaN))));

describe.each(["text", "picture"] as const)("a student of real %ss", (real) => {
  it("predicts the same for an example alone and among others with other numbers of views", async () => {
    await using model = build({ real });
    const examples = [example("a", 0, real), example("bb", 3, real), example("ccc", 1, real, false)];
    const together = await model.predict(examples);
    for (const [i, one] of examples.entries()) {
      const [alone] = await model.predict([one]);
      expect(close(together[i]!, alone!)).toBeLessThan(1e-5);
    }
  });

  it("reads each view alone, and at last none at all", async () => {
    await using each = build({ real, reading: "each" });
    await using fused = build({ real });
    const one = example("bb", 3, real);
    const [rows] = await each.predict([one]);
    const own = real === "text" ? { ...one, visual: undefined } : one;
    const shown = 4; // its own other modality and three views
    expect(rows!.length).toBe((shown + 1) * RELATIONS);
    const [second] = await fused.predict([{ ...own, hidesOwn: true, views: [one.views![0]!] }]);
    expect(close(rows!.subarray(RELATIONS, 2 * RELATIONS), second!)).toBeLessThan(1e-5);
    const [none] = await fused.predict([{ ...own, hidesOwn: true, views: [] }]);
    expect(close(rows!.subarray(shown * RELATIONS), none!)).toBeLessThan(1e-5);
  });

  it("moves its log-probabilities by trust times what the views add", async () => {
    const trust = 2.5;
    await using trusting = build({ real, trust });
    await using plain = build({ real });
    const examples = [example("a", 0, real, false), example("bb", 3, real), example("ccc", 1, real, false)];
    const rows = await trusting.predict(examples);
    for (const [i, one] of examples.entries()) {
      const [withViews] = await plain.predict([one]);
      const [without] = await plain.predict([{ ...one, views: [], hidesOwn: true }]);
      const [a, b] = [logSoftmax(without!), logSoftmax(withViews!)];
      expect(
        close(
          rows[i]!,
          a.map((value, label) => value + trust * (b[label]! - value)),
        ),
      ).toBeLessThan(1e-5);
    }
    expect(close(rows[1]!, logSoftmax((await plain.predict(examples))[1]!))).toBeGreaterThan(1e-3);
  });

  it("moves the log-probabilities of each view alone, and those without one stay", async () => {
    await using trusting = build({ real, reading: "each", trust: 0.5 });
    await using plain = build({ real, reading: "each" });
    const one = example("bb", 2, real);
    const part = (row: Float32Array, i: number) =>
      logSoftmax(row.subarray(i * RELATIONS, (i + 1) * RELATIONS));
    const [rows] = await trusting.predict([one]);
    const [before] = await plain.predict([one]);
    const without = part(before!, 3);
    expect(close(rows!.subarray(3 * RELATIONS), without)).toBeLessThan(1e-5);
    const half = part(before!, 1).map((value, label) => (value + without[label]!) / 2);
    expect(close(rows!.subarray(RELATIONS, 2 * RELATIONS), half)).toBeLessThan(1e-5);
  });

  it("gives an exported graph the same trusted scores", async () => {
    await using trusting = build({ real, trust: 2.5 });
    const examples = [example("bb", 3, real), example("ccc", 1, real)];
    const { graph, padId, columns } = { graph: graphOf(real), padId: 0, columns: 4 };
    const logits = studentForward(new ParameterScope(), graph, new Dropout(false), { trust: 2.5 });
    const { bytes } = serialize({ logits }, { graphName: "trusted" });
    const session = await runtime.createSession(bytes, { label: "trusted" });
    const shown = examples.map((one) => ({ example: one, views: shownViews(one, real) }));
    const inputs = studentInputs(shown, columns, { real, picture, padId, states: undefined });
    const results = await session.run(
      Object.fromEntries(
        session.inputs.map(({ name }) => [name, inputs[name] ?? trusting.parameters.weight(name)]),
      ),
    );
    await session.dispose();
    const rows = await trusting.predict(examples);
    expect(
      close(
        results.logits!.data as Float32Array,
        rows.flatMap((row) => [...row]),
      ),
    ).toBeLessThan(1e-5);
  });

  it("adds up what two experts say: the real view, and the views without it except for the mentions", async () => {
    const trust = 1.5;
    await using product = build({ real, product: true, trust });
    await using plain = build({ real });
    const examples = [example("a", 0, real, false), example("bb", 3, real), example("ccc", 1, real)];
    const rows = await product.predict(examples);
    const read = async (one: StudentExample) => logSoftmax((await plain.predict([one]))[0]!);
    for (const [i, one] of examples.entries()) {
      const [alone, blind] = byHand(one, real);
      const own = await read(alone);
      const [views, mentions] = [await read(blind(one)), await read(blind(alone))];
      const shows = shownViews(one, real).length > 0;
      const expected = own.map(
        (value, label) => value + (shows ? trust * (views[label]! - mentions[label]!) : 0),
      );
      expect(close(rows[i]!, expected)).toBeLessThan(1e-5);
    }
    await using each = build({ real, product: true, trust, reading: "each" });
    const [parts] = await each.predict([examples[1]!]);
    const [alone, blind] = byHand(examples[1]!, real);
    const shown = shownViews(examples[1]!, real);
    const second = await read(blind({ ...alone, views: [shown[1]!] }));
    const [own, mentions] = [await read(alone), await read(blind(alone))];
    const expected = own.map((value, label) => value + trust * (second[label]! - mentions[label]!));
    expect(parts!.length).toBe((shown.length + 1) * RELATIONS);
    expect(close(parts!.subarray(RELATIONS, 2 * RELATIONS), expected)).toBeLessThan(1e-5);
    expect(close(parts!.subarray(shown.length * RELATIONS), own)).toBeLessThan(1e-5);
  });

  it("tells what each expert says, whose sum at the trust is the answer", async () => {
    const trust = 1.5;
    await using product = build({ real, product: true, trust });
    await using joint = build({ real, trust });
    await using plain = build({ real });
    const read = async (one: StudentExample) => logSoftmax((await plain.predict([one]))[0]!);
    const seeing = example("bb", 3, real);
    const [alone, blind] = byHand(seeing, real);
    const [own, views, mentions] = [await read(alone), await read(blind(seeing)), await read(blind(alone))];
    const [said] = await product.experts([seeing]);
    expect(close(said!.real, own)).toBeLessThan(1e-5);
    expect(close(said!.views!, views)).toBeLessThan(1e-5);
    const [answer] = await product.predict([seeing]);
    expect(
      close(
        answer!,
        own.map((value, i) => value + trust * (views[i]! - mentions[i]!)),
      ),
    ).toBeLessThan(1e-5);
    const [together] = await joint.experts([seeing]);
    expect(close(together!.views!, await read(seeing))).toBeLessThan(1e-5); // both sides at once
    const without = { ...example("a", 0, real, false), hidesOwn: true };
    expect((await product.experts([without]))[0]!.views).toBeUndefined();
    expect(product.trust).toBe(trust);
  });

  it("trains both experts on every example", async () => {
    await using product = build({ real, product: true, views: 2 });
    await using plain = build({ real });
    const examples = [example("a", 2, real), example("bb", 2, real)].map((one) => ({
      ...one,
      hidesOwn: true,
    }));
    const rows = examples.flatMap((one) => {
      const [alone, blind] = byHand(one, real);
      return [alone, blind(one)];
    });
    const logits = await plain.predict(rows);
    const losses = logits.map((row, i) => -logSoftmax(row)[rows[i]!.label!]!);
    const mean = losses.reduce((sum, loss) => sum + loss / losses.length, 0);
    expect((await product.step(examples, at(0))).loss).toBeCloseTo(mean, 5);
  });

  it("trains on the mentions alone where an example shows no view", async () => {
    await using product = build({ real, product: true, withoutViews: 1 });
    await using plain = build({ real });
    const one = example("bb", 2, real);
    const [alone, blind] = byHand(one, real);
    const logits = await plain.predict([alone, blind(alone)]);
    const mean = logits.reduce((sum, row) => sum - logSoftmax(row)[one.label!]! / 2, 0);
    expect((await product.step([one], at(0))).loss).toBeCloseTo(mean, 5);
  });

  it("looks at nothing but the real view when it is blind", async () => {
    await using blind = build({ real, reads: "nothing" });
    await using seeing = build({ real });
    const one = example("bb", 3, real);
    const bare = { ...one, views: [], hidesOwn: true };
    expect(close((await blind.predict([one]))[0]!, (await seeing.predict([bare]))[0]!)).toBeLessThan(1e-6);
  });

  it("trains the same from frozen lower layers' states as from tokens, and leaves those layers as they are", async () => {
    const examples = [example("a", 2, real), example("bb", 3, real)];
    const states = new LowerStates(1, encoder);
    await using frozen = build({ real, states });
    await using whole = build({ real });
    const texts = examples.flatMap(({ input, views = [] }) => [
      input,
      ...views.flatMap((view) => (view.kind === "text" ? [view.input] : [])),
    ]);
    await states.compute(runtime, frozen, { encoder, addedTokens: 0, padId: 0 }, texts);
    const first = await frozen.step(examples, at(0));
    const second = await whole.step(examples, at(0));
    expect(first.loss).toBeCloseTo(second.loss, 5);
    expect(frozen.parameters.names().toSorted()).toEqual(whole.parameters.names().toSorted());
    const trained = frozen.parameters.trainedNames();
    expect(trained.some((name) => name.includes("embeddings") || name.includes("layer.0"))).toBe(false);
    for (const name of trained) {
      expect(
        close(frozen.parameters.gradient(name).data, whole.parameters.gradient(name).data),
        name,
      ).toBeLessThan(1e-5);
    }
    expect(close((await frozen.predict(examples))[1]!, (await whole.predict(examples))[1]!)).toBeLessThan(
      1e-5,
    );
  });
});

describe("StudentModel.step", () => {
  it("asks for the views of the epoch and draws by seed and step alone", async () => {
    const asked: { id: string; epoch: number }[] = [];
    await using model = build();
    const examples = [example("a", 6), example("bb", 6)].map((one) => ({
      ...one,
      keptIn(epoch: number) {
        asked.push({ id: one.id, epoch });
        return one.views ?? [];
      },
    }));
    const loss = async (step: number, epoch: number) => (await model.step(examples, at(step, epoch))).loss;
    const first = await loss(0, 3);
    expect(asked).toEqual([
      { id: "a", epoch: 3 },
      { id: "bb", epoch: 3 },
    ]);
    expect(await loss(0, 3)).toBe(first);
    expect(await loss(1, 3)).not.toBe(first);
  });

  it("reads a text in place of the real one where both are texts, in the share of the examples that is not without views", async () => {
    await using model = build({ views: 1 });
    const one = { ...example("a", 0), visual: undefined };
    const other = text("another", 9);
    const views = [{ kind: "text", id: "a/0", input: other } as const];
    const loss = async (of: StudentExample) => (await model.step([of], at(0))).loss;
    const augmented = await loss({ ...one, views, keptIn: () => views });
    expect(augmented).toBeCloseTo(await loss({ ...one, input: other }), 6);
    expect(augmented).not.toBeCloseTo(await loss(one), 3);
    await using rarely = build({ views: 1, withoutViews: 0.75 });
    const batch = Array.from({ length: 200 }, () => ({ ...one, views, keptIn: () => views }));
    const { loss: mixed } = await rarely.step(batch, at(0));
    const share = (mixed - (await loss(one))) / (augmented - (await loss(one)));
    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThan(0.35);
  });

  it("scores each text in place of the real one, and last the real one", async () => {
    await using model = build();
    const one = { ...example("a", 0), visual: undefined };
    const others = ["x", "y"].map((id) => ({ kind: "text", id, input: text(id, 6) }) as const);
    const [row] = await predictEachText(model, [{ ...one, views: others }, one]);
    const alone = await model.predict([...others.map(({ input }) => ({ ...one, input })), one]);
    expect(
      close(
        row!,
        alone.flatMap((scores) => [...scores]),
      ),
    ).toBeLessThan(1e-5);
    expect(row!.length).toBe(3 * RELATIONS);
  });

  it("mixes with other examples of the batch, by seed and step alone, and an example alone with itself", async () => {
    await using plain = build();
    await using mixing = build({ mixupAlpha: 1 });
    const examples = [example("a", 2), example("bb", 2), example("ccc", 2)];
    const losses = async (model: StudentModel, batch: readonly StudentExample[]) => [
      (await model.step(batch, at(0))).loss,
      (await model.step(batch, at(1))).loss,
    ];
    const mixed = await losses(mixing, examples);
    expect(mixed).not.toEqual(await losses(plain, examples));
    expect(await losses(mixing, examples)).toEqual(mixed);
    const [alone] = examples;
    const [one, other] = [await losses(mixing, [alone!]), await losses(plain, [alone!])];
    expect(close(one, other)).toBeLessThan(1e-6);
    expect(await mixing.predict(examples)).toEqual(await plain.predict(examples)); // only training mixes
  });

  it("shows no views to a share of the examples", async () => {
    await using blind = build({ withoutViews: 1 });
    await using seeing = build({ withoutViews: 0 });
    const examples = [example("a", 2), example("bb", 2)];
    const without = examples.map((one) => ({ ...one, keptIn: () => [] }));
    const blindLoss = (await blind.step(examples, at(0))).loss;
    expect(blindLoss).toBeCloseTo((await seeing.step(without, at(0))).loss, 6);
    expect(blindLoss).not.toBeCloseTo((await seeing.step(examples, at(0))).loss, 6);
  });
});

describe("a student of real pictures that reads the two mentions", () => {
  const options = { real: "picture", withoutViews: 0.9, views: 1 } as const;
  const shows = (one: StudentExample, text: string): StudentExample => ({
    ...one,
    hidesOwn: true,
    views: one.views?.filter(({ id }) => id === text) ?? [],
  });

  it("predicts from its example's text and from no generated one", async () => {
    await using mentions = build({ ...options, reads: "mentions" });
    await using seeing = build(options);
    const one = example("bb", 3, "picture");
    const [read] = await mentions.predict([one]);
    const [own] = await seeing.predict([{ ...one, views: [] }]);
    expect(close(read!, own!)).toBeLessThan(1e-6);
    expect(close(read!, (await seeing.predict([shows(one, "bb/0")]))[0]!)).toBeGreaterThan(1e-4);
  });

  it("reads it in every step, whatever the share of examples without views", async () => {
    await using mentions = build({ ...options, reads: "mentions" });
    await using seeing = build({ ...options, withoutViews: 0 });
    const examples = [example("a", 2, "picture"), example("bb", 2, "picture")];
    const own = examples.map((one) => ({
      ...one,
      keptIn: () => [{ kind: "text", id: "own", input: one.input }] as const,
    }));
    for (const step of [0, 1, 2]) {
      const { loss } = await mentions.step(examples, at(step));
      expect(loss).toBeCloseTo((await seeing.step(own, at(step))).loss, 6);
    }
  });
});

describe("views at prediction", () => {
  it("draws as many as wanted, the same ones each time, fewer being a part of more", () => {
    const [one] = withViewCount([example("bb", 6)], 3);
    const [again] = withViewCount([example("bb", 6)], 3);
    const [fewer] = withViewCount([example("bb", 6)], 2);
    const ids = (from: StudentExample | undefined) => from?.views?.map(({ id }) => id) ?? [];
    expect(ids(one)).toEqual(ids(again));
    expect(ids(one)).toHaveLength(3);
    expect(ids(one).slice(0, 2)).toEqual(ids(fewer));
    expect(withViewCount([example("bb", 2)], 9)[0]?.views).toHaveLength(2);
  });

  it("averages the probabilities with each view alone, by hand", async () => {
    await using model = build({ reading: "each" });
    const one = example("bb", 2);
    const [rows] = await model.predict([one]);
    const softmax = (row: ArrayLike<number>) => {
      const exponentials = Array.from(row, Math.exp);
      const total = exponentials.reduce((sum, value) => sum + value, 0);
      return exponentials.map((value) => value / total);
    };
    const perView = [0, 1, 2].map((i) => softmax(rows!.subarray(i * RELATIONS, (i + 1) * RELATIONS)));
    const mean = [0, 1, 2].map((label) => perView.reduce((sum, p) => sum + p[label]! / 3, 0));
    const [averaged] = await averagingPredictor(model, "text", RELATIONS).predict([one]);
    expect(close(softmax(averaged!), mean)).toBeLessThan(1e-6);
  });
});
