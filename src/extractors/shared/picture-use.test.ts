// Gates and attention of a small relation model, against the same quantities computed here from its weights, step by step.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../engine/runtime.ts";
import { type I2srmConfig, PUBLISHED_MRE, textOnly } from "../../models/i2srm/config.ts";
import { stream } from "../../training/random.ts";
import type { RelationExample } from "../relation/examples.ts";
import { RelationModel } from "../relation/relation-model.ts";
import { TINY_BERT } from "../testing/tiny-models.ts";
import { layerUses } from "./picture-use.ts";

const [PROMPT, MAP_WIDTH, CLASSES, HIDDEN, HEADS, PICTURES] = [4, 6, 5, 16, 2, 3];
const encoder = {
  ...TINY_BERT,
  hiddenSize: HIDDEN,
  heads: HEADS,
  activation: "relu" as const,
  hiddenDropout: 0.1,
  attentionDropout: 0.1,
};
const i2srm: I2srmConfig = {
  ...PUBLISHED_MRE,
  prefix: { ...PUBLISHED_MRE.prefix, promptHidden: 8, objects: PICTURES - 1 },
};

let runtime: Runtime;
let model: RelationModel;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
  model = build(false);
});
afterAll(async () => {
  await model.dispose();
  await runtime.dispose();
});

function build(isTextOnly: boolean): RelationModel {
  const built = new RelationModel(runtime, {
    graph: {
      encoder,
      i2srm: isTextOnly ? textOnly(i2srm) : i2srm,
      visual: isTextOnly ? undefined : { mapWidth: MAP_WIDTH, classes: CLASSES },
      relations: 3,
      addedTokens: 0,
    },
    padId: 0,
    groups: { weightDecay: 0, headLearningRateScale: 1 },
    trainable: false,
  });
  for (const { name } of built.declarations.values()) {
    const draw = stream(5, 0, name);
    const { data } = built.parameters.weight(name);
    for (let i = 0; i < data.length; i++) data[i] = 0.6 * draw.normal();
  }
  return built;
}

function example(length: number, pictures: number): RelationExample {
  const draw = stream(9, 0, `${length}/${pictures}`);
  const noise = (size: number) => Float32Array.from({ length: size }, () => draw.normal());
  return {
    id: `${length}`,
    input: {
      ids: Array.from({ length }, () => 1 + draw.integer(encoder.vocabSize - 1)),
      wordIndex: [],
      offsets: [],
      unknown: 0,
      emptyWords: [],
      headSpan: [1, 3],
      tailSpan: [4, 6],
      length,
      truncated: undefined,
    },
    label: undefined,
    visual:
      pictures === 0
        ? undefined
        : {
            maps: Array.from({ length: pictures }, () => noise(PROMPT * MAP_WIDTH)),
            pooled: noise(CLASSES),
          },
    mask: undefined,
  };
}

type Matrix = number[][];

/** x W^T + b by the weights of a layer. */
function linear(name: string, x: Matrix): Matrix {
  const weight = model.parameters.weight(`${name}.weight`);
  const bias = model.parameters.weight(`${name}.bias`).data;
  const [rows, columns] = weight.shape as [number, number];
  return x.map((row) =>
    Array.from({ length: rows }, (_, out) =>
      row.reduce((sum, value, i) => sum + value * weight.data[out * columns + i]!, bias[out]!),
    ),
  );
}

function layerNorm(name: string, x: Matrix): Matrix {
  const { data: weight } = model.parameters.weight(`${name}.weight`);
  const { data: bias } = model.parameters.weight(`${name}.bias`);
  return x.map((row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
    return row.map((value, i) => ((value - mean) / Math.sqrt(variance)) * weight[i]! + bias[i]!);
  });
}

const sumOf = (a: Matrix, b: Matrix) => a.map((row, i) => row.map((value, j) => value + b[i]![j]!));

function softmax(scores: number[]): number[] {
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}

/** The pieces of each picture [picture][piece][prompt][2 hidden], zeros projected for a picture that is not there. */
function piecesOf({ visual }: RelationExample): number[][][][] {
  return Array.from({ length: PICTURES }, (_, picture) => {
    const map = visual?.maps[picture] ?? new Float32Array(PROMPT * MAP_WIDTH);
    const rows = Array.from({ length: PROMPT }, (_, i) => [
      ...map.subarray(i * MAP_WIDTH, (i + 1) * MAP_WIDTH),
    ]);
    const inner = linear("encoder_conv.0", rows).map((row) => row.map(Math.tanh));
    const projected = linear("encoder_conv.2", inner);
    return [0, 1, 2, 3].map((piece) =>
      projected.map((row) => row.slice(piece * 2 * HIDDEN, (piece + 1) * 2 * HIDDEN)),
    );
  });
}

function gatesOf(pieces: number[][][][], layer: number): number[][] {
  return pieces.map((own) => {
    const mean = own[0]!.map((row, i) =>
      row.map((_, j) => own.reduce((sum, piece) => sum + piece[i]![j]! / 4, 0)),
    );
    const [scores] = linear(`gates.${layer}`, [mean.flat()]);
    return softmax(scores!.map((score) => (score > 0 ? score : 0.01 * score)));
  });
}

/** Each layer's mean attention of tokens and heads by picture. */
function attentionOf(read: RelationExample): number[][] {
  const { ids } = read.input;
  const pieces = piecesOf(read);
  const shown = read.visual?.maps.length ?? 0;
  const table = (name: string) => model.parameters.weight(`encoder.embeddings.${name}.weight`).data;
  const row = (data: Float32Array, at: number) => [...data.subarray(at * HIDDEN, (at + 1) * HIDDEN)];
  const words = ids.map((id) => row(table("word_embeddings"), id));
  const positions = ids.map((_, i) => row(table("position_embeddings"), i));
  const types = ids.map(() => row(table("token_type_embeddings"), 0));
  let states = layerNorm("encoder.embeddings.LayerNorm", sumOf(sumOf(words, types), positions));
  return [0, 1].map((layer) => {
    const gates = gatesOf(pieces, layer);
    const mixed = pieces.flatMap((own, picture) =>
      own[0]!.map((row, i) =>
        row.map((_, j) => own.reduce((sum, piece, k) => sum + piece[i]![j]! * gates[picture]![k]!, 0)),
      ),
    );
    const keys = mixed.flatMap((row) => row.slice(0, HIDDEN));
    const values = mixed.flatMap((row) => row.slice(HIDDEN));
    const width = HIDDEN / HEADS;
    const prefix = PICTURES * PROMPT;
    const at = `encoder.encoder.layer.${layer}`;
    const [query, key, value] = ["query", "key", "value"].map((name) =>
      linear(`${at}.attention.self.${name}`, states),
    ) as [Matrix, Matrix, Matrix];
    const byPicture = new Array<number>(PICTURES).fill(0);
    const context = states.map(() => new Array<number>(HIDDEN).fill(0));
    for (let head = 0; head < HEADS; head++) {
      const own = (rows: Matrix) => rows.map((row) => row.slice(head * width, (head + 1) * width));
      const cut = (flat: number[]) =>
        Array.from({ length: prefix }, (_, i) => {
          const from = (head * prefix + i) * width; // a plain reshape: head after head
          return flat.slice(from, from + width);
        });
      const pictureAt = (i: number) => Math.floor(((head * prefix + i) * width) / (PROMPT * HIDDEN));
      const [allKeys, allValues] = [cut(keys).concat(own(key)), cut(values).concat(own(value))];
      for (const [token, asked] of own(query).entries()) {
        const weights = softmax(
          allKeys.map((other, i) => {
            const product = asked.reduce((sum, x, j) => sum + x * other[j]!, 0) / Math.sqrt(width);
            return i < prefix && pictureAt(i) >= shown ? product - 1e9 : product;
          }),
        );
        for (const [i, weight] of weights.entries()) {
          if (i < prefix) byPicture[pictureAt(i)]! += weight / HEADS / ids.length;
          for (let j = 0; j < width; j++) context[token]![head * width + j]! += weight * allValues[i]![j]!;
        }
      }
    }
    const attended = linear(`${at}.attention.output.dense`, context);
    const first = layerNorm(`${at}.attention.output.LayerNorm`, sumOf(attended, states));
    const inner = linear(`${at}.intermediate.dense`, first).map((row) => row.map((x) => Math.max(0, x)));
    states = layerNorm(`${at}.output.LayerNorm`, sumOf(linear(`${at}.output.dense`, inner), first));
    return byPicture;
  });
}

const LAYOUT = i2srm.prefix;
const usesOf = async (examples: readonly RelationExample[], shown: number) => {
  const outputs = await model.pictureUse(examples);
  return layerUses(
    outputs!.map((row, i) => ({ outputs: row, tokens: examples[i]!.input.length })),
    LAYOUT,
    shown,
  );
};
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));

describe("layerUses", () => {
  it("gives each layer's gates as the weights say, as means over the pictures that were shown", async () => {
    for (const shown of [1, 2, 3]) {
      const read = example(9, shown);
      const uses = await usesOf([read], shown);
      expect(uses.map(({ layer }) => layer)).toEqual([0, 1]);
      for (const { layer, gates } of uses) {
        const own = gatesOf(piecesOf(read), layer).slice(0, shown);
        expect(gates).toEqual(
          close([0, 1, 2, 3].map((piece) => own.reduce((s, g) => s + g[piece]! / shown, 0))),
        );
        expect(gates.reduce((sum, gate) => sum + gate, 0)).toBeCloseTo(1, 5);
        expect(Math.max(...gates) - Math.min(...gates)).toBeGreaterThan(0.01); // not all alike by chance
      }
    }
  });

  it("gives the share of attention on each picture as queries and keys say, in the first layer and the next", async () => {
    const read = example(11, 2);
    const uses = await usesOf([read], 2);
    for (const [i, byPicture] of attentionOf(read).entries()) {
      expect(uses[i]!.pictures).toEqual(close(byPicture.slice(0, 2)));
      expect(byPicture[2]).toBe(0); // not shown
      expect(uses[i]!.attention).toBeCloseTo(byPicture[0]! + byPicture[1]!, 5);
      expect(uses[i]!.attention).toBeGreaterThan(0.05);
    }
  });

  it("weighs texts of one post by their tokens, and is not moved by padding in a batch", async () => {
    const [short, long] = [example(7, 3), example(20, 3)];
    const together = await usesOf([short, { ...long, visual: short.visual }], 3);
    const apart = [attentionOf(short), attentionOf({ ...long, visual: short.visual })] as const;
    for (const [i, { pictures }] of together.entries()) {
      expect(pictures).toEqual(
        close([0, 1, 2].map((p) => (7 * apart[0][i]![p]! + 20 * apart[1][i]![p]!) / 27)),
      );
    }
  });

  it("gives no attention to a masked picture", async () => {
    const outputs = await model.pictureUse([example(9, 0)]);
    for (const [name, values] of Object.entries(outputs![0]!)) {
      if (name.startsWith("attention/")) expect(Math.max(...values)).toBe(0);
    }
    expect(Object.keys(outputs![0]!)).toHaveLength(4);
  });

  it("does not exist for a model of texts alone, and leaves the scores as they are", async () => {
    const blind = build(true);
    expect(await blind.pictureUse([example(9, 0)])).toBeUndefined();
    await blind.dispose();
    const fresh = build(false);
    expect(await fresh.predict([example(9, 2)])).toEqual(await model.predict([example(9, 2)]));
    await fresh.dispose();
  });
});
