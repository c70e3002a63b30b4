// States of frozen layers: the same bytes wherever they are kept and whatever was read with them.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { lowerTextLayers } from "../../encoders/text/table.ts";
import { Parameters } from "../../engine/parameters.ts";
import { Runtime } from "../../engine/runtime.ts";
import { input } from "../../graph/tensor.ts";
import { Dropout } from "../../nn/dropout.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import { stream } from "../../training/random.ts";
import { TINY_BERT } from "../testing/tiny-models.ts";
import { LowerStates } from "./lower-states.ts";

const encoder = {
  ...TINY_BERT,
  vocabSize: 50,
  hiddenSize: 32,
  layers: 3,
  heads: 4,
  intermediateSize: 64,
  maxPositions: 40,
  hiddenDropout: 0.1,
  attentionDropout: 0.1,
};
const lower = { encoder, addedTokens: 0, padId: 0 };
const LAYERS = 2;

let runtime: Runtime;
let folder: string;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 2 });
  folder = await mkdtemp(join(tmpdir(), "relata-lower-states-"));
});
afterAll(async () => {
  await runtime.dispose();
  await rm(folder, { recursive: true });
});

const parameters = drawn();

function drawn(): Parameters {
  const scope = new ParameterScope("encoder");
  lowerTextLayers(
    scope,
    encoder,
    {
      inputIds: input("input_ids", "int64", ["batch", "length"]),
      attentionMask: input("attention_mask", "int64", ["batch", "length"]),
      dropout: new Dropout(false),
    },
    encoder.layers,
  );
  const specs = [...scope.table.values()].map(({ name, shape }) => ({ name, shape, group: "all" }));
  const all = Parameters.create(specs, [{ name: "all", weightDecay: 0, learningRateScale: 1 }], {
    trainable: false,
  });
  for (const name of all.names()) {
    const draw = stream(1, 0, name);
    const { data } = all.weight(name);
    for (let i = 0; i < data.length; i++) data[i] = 0.3 * draw.normal();
  }
  return all;
}

function text(id: number): { readonly ids: readonly number[] } {
  const draw = stream(2, 0, `text/${id}`);
  return { ids: Array.from({ length: 3 + (id % 7) }, () => 1 + draw.integer(49)) };
}

const TEXTS = Array.from({ length: 30 }, (_, id) => text(id));

async function statesOf(states: LowerStates, texts = TEXTS): Promise<Float32Array> {
  await states.compute(runtime, { parameters }, lower, texts);
  return states.batch(TEXTS.slice(0, 8), 12).data;
}

it("computes the same bytes for a text whatever is read beside it, and wherever its states are kept", async () => {
  const together = await statesOf(new LowerStates(LAYERS, encoder));
  expect(together.some((value) => value !== 0)).toBe(true);

  const alone = new LowerStates(LAYERS, encoder);
  for (const one of TEXTS) await alone.compute(runtime, { parameters }, lower, [one]);
  expect(await statesOf(alone)).toEqual(together);

  const spilt = new LowerStates(LAYERS, encoder, undefined, 1000);
  expect(await statesOf(spilt)).toEqual(together);

  const cache = join(folder, "cache");
  expect(await statesOf(new LowerStates(LAYERS, encoder, cache))).toEqual(together);
  const broken = { parameters: Parameters.create([], [], { trainable: false }) }; // nothing can be computed with it
  await expect(new LowerStates(LAYERS, encoder).compute(runtime, broken, lower, TEXTS)).rejects.toThrow();
  const again = new LowerStates(LAYERS, encoder, cache);
  expect(await statesOf(again)).toEqual(together);
});

it("pads with zeros, and does not know a text that was never computed", async () => {
  const states = new LowerStates(LAYERS, encoder);
  await states.compute(runtime, { parameters }, lower, TEXTS.slice(0, 2));
  const { data, shape } = states.batch([TEXTS[0]!, { ids: [] }], 5);
  expect(shape).toEqual([2, 5, 32]);
  expect(data.subarray(3 * 32).every((value) => value === 0)).toBe(true);
  expect(() => states.batch([TEXTS[2]!], 5)).toThrow("never computed");
});
