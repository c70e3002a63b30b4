// What every family of text encoders must do: read its config.json, attend to prefixes at any layer, split at any layer.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Runtime } from "../../engine/runtime.ts";
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import { evaluate } from "../../graph/testing/check-gradients.ts";
import { Dropout } from "../../nn/dropout.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import { stream } from "../../training/random.ts";
import {
  layersShareWeights,
  lowerTextLayers,
  parseTextConfig,
  readsGroups,
  TEXT_MODEL_TYPES,
  textEncoder,
  upperTextLayers,
} from "./table.ts";

const SIZES = {
  vocab_size: 20,
  hidden_size: 8,
  num_hidden_layers: 3,
  num_attention_heads: 2,
  intermediate_size: 12,
  max_position_embeddings: 16,
};
const CONFIGS: Readonly<Record<string, object>> = {
  bert: SIZES,
  roberta: SIZES,
  "xlm-roberta": SIZES,
  distilbert: {
    vocab_size: 20,
    dim: 8,
    n_layers: 3,
    n_heads: 2,
    hidden_dim: 12,
    max_position_embeddings: 16,
  },
  mpnet: SIZES,
  "deberta-v2": {
    ...SIZES,
    relative_attention: true,
    share_att_key: true,
    pos_att_type: "p2c|c2p",
    position_buckets: 4,
    norm_rel_ebd: "layer_norm",
    position_biased_input: false,
  },
  modernbert: { ...SIZES, pad_token_id: 0, local_attention: 2 },
};
const LENGTH = 7;
const PREFIX = 2;

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

/** The elements of each tensor, in their order; inputs that none reads may be given. */
async function valuesOf(
  tensors: readonly Tensor[],
  given: Readonly<Record<string, HostTensor>>,
): Promise<number[][]> {
  const named = Object.fromEntries(tensors.map((tensor, i) => [`result_${i}`, tensor]));
  const found = await evaluate(runtime, named, given);
  return tensors.map((_, i) => found[`result_${i}`]!);
}

const configOf = (modelType: string) =>
  parseTextConfig({ model_type: modelType, ...CONFIGS[modelType] }, "here");

let draw = stream(3, 0, "families");
beforeEach(() => {
  draw = stream(3, 0, "families");
});

function drawn(shape: readonly number[], scale = 1): HostTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return hostTensor(
    "float32",
    shape,
    Array.from({ length: count }, () => scale * draw.normal()),
  );
}

const tokens = {
  input_ids: hostTensor("int64", [2, LENGTH], [5, 6, 7, 8, 9, 10, 11, 5, 12, 13, 14, 15, 16, 17]),
  attention_mask: hostTensor("int64", [2, LENGTH], Array(2 * LENGTH).fill(1)),
};

function inputs() {
  return {
    inputIds: input("input_ids", "int64", ["batch", "length"]),
    attentionMask: input("attention_mask", "int64", ["batch", "length"]),
    dropout: new Dropout(false),
  };
}

/** Weights of every parameter in the scope. */
function weightsOf(scope: ParameterScope): Record<string, HostTensor> {
  return Object.fromEntries([...scope.table.values()].map(({ name, shape }) => [name, drawn(shape, 0.4)]));
}

const prefixOf = (layer: number) => {
  const part = (name: string) => input(`${name}${layer}`, "float32", ["batch", 2, PREFIX, 4]);
  return { key: part("key"), value: part("value") };
};

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
}

describe("every text encoder of the table", () => {
  it("has a configuration in this test", () => {
    expect(Object.keys(CONFIGS)).toEqual(TEXT_MODEL_TYPES);
  });

  it.each(TEXT_MODEL_TYPES)(
    "%s sees a prefix of every layer from every position, and none that is masked",
    async (type) => {
      const config = configOf(type);
      const layers = [0, 1, 2];
      const scope = new ParameterScope();
      const shared = inputs();
      const plain = textEncoder(scope, config, shared);
      const prefixMask = input("prefix_mask", "float32", ["batch", 2, PREFIX]);
      const one = (layer: number) =>
        textEncoder(scope, config, {
          ...shared,
          prefixes: layers.map((i) => (i === layer ? prefixOf(i) : undefined)),
          prefixMask,
        });
      const given = {
        ...tokens,
        ...weightsOf(scope),
        ...Object.fromEntries(
          layers.flatMap((i) => ["key", "value"].map((name) => [`${name}${i}`, drawn([2, 2, PREFIX, 4], 3)])),
        ),
      };
      // The first example has both positions of its prefix, the second none.
      const mask = hostTensor("float32", [2, 2, PREFIX], [1, 1, 1, 1, 0, 0, 0, 0]);
      const [without, ...withPrefix] = await valuesOf([plain, ...layers.map(one)], {
        ...given,
        prefix_mask: mask,
      });
      const width = config.hiddenSize;
      for (const [layer, states] of withPrefix.entries()) {
        for (let place = 0; place < LENGTH; place++) {
          const row = (all: readonly number[], example: number) =>
            all.slice((example * LENGTH + place) * width, (example * LENGTH + place + 1) * width);
          const where = `layer ${layer}, position ${place}`;
          expect(largestDifference(row(states, 0), row(without!, 0)), where).toBeGreaterThan(1e-4);
          expect(largestDifference(row(states, 1), row(without!, 1)), where).toBeLessThan(1e-5);
        }
      }
    },
  );

  it.each(TEXT_MODEL_TYPES)("%s gives the positions of a prefix no order", async (type) => {
    const scope = new ParameterScope();
    const layers = [0, 1, 2];
    const states = textEncoder(scope, configOf(type), {
      ...inputs(),
      prefixes: layers.map(prefixOf),
      prefixMask: input("prefix_mask", "float32", ["batch", 2, PREFIX]),
    });
    const weights = weightsOf(scope);
    const rows = drawn([2, 2, 4], 2).data as Float32Array; // by head, one for each position of the prefix
    const ordered = (reversed: boolean) => {
      const heads = [0, 1].flatMap((head) => {
        const [first, second] = [0, 1].map((place) => [
          ...rows.subarray((2 * head + place) * 4, (2 * head + place + 1) * 4),
        ]);
        return reversed ? [...second!, ...first!] : [...first!, ...second!];
      });
      const value = hostTensor("float32", [2, 2, PREFIX, 4], [...heads, ...heads]);
      return Object.fromEntries(
        layers.flatMap((i) => ["key", "value"].map((name) => [`${name}${i}`, value])),
      );
    };
    const mask = hostTensor("float32", [2, 2, PREFIX], Array(8).fill(1));
    const [one] = await valuesOf([states], { ...tokens, ...weights, ...ordered(false), prefix_mask: mask });
    const [other] = await valuesOf([states], { ...tokens, ...weights, ...ordered(true), prefix_mask: mask });
    expect(largestDifference(one!, other!)).toBeLessThan(1e-5);
  });

  it.each(TEXT_MODEL_TYPES)(
    "%s gives the same in two parts, and says whether the parts share weights",
    async (type) => {
      const config = configOf(type);
      const scope = new ParameterScope();
      const whole = textEncoder(scope, config, inputs());
      const lowerScope = new ParameterScope();
      const upperScope = new ParameterScope();
      const lower = lowerTextLayers(lowerScope, config, inputs(), 2);
      const upper = upperTextLayers(
        upperScope,
        config,
        input("states", "float32", ["batch", "length", 8]),
        inputs(),
        2,
      );
      const weights = weightsOf(scope);
      const only = (of: ParameterScope) =>
        Object.fromEntries([...of.table.keys()].map((name) => [name, weights[name]!]));
      const { input_ids, attention_mask } = tokens;
      const [expected] = await valuesOf([whole], { ...tokens, ...weights });
      const [states] = await valuesOf([lower], { input_ids, attention_mask, ...only(lowerScope) });
      const [found] = await valuesOf([upper], {
        attention_mask,
        states: hostTensor("float32", [2, LENGTH, 8], states!),
        ...only(upperScope),
      });
      expect(largestDifference(found!, expected!)).toBeLessThan(1e-5);
      const shared = [...lowerScope.table.keys()].some((name) => upperScope.table.has(name));
      expect(layersShareWeights(config)).toBe(shared);
      expect(lowerScope.table.has("embeddings.word_embeddings.weight")).toBe(true);
    },
  );

  it.each(TEXT_MODEL_TYPES)("%s does not read padding", async (type) => {
    const scope = new ParameterScope();
    const states: Tensor = textEncoder(scope, configOf(type), inputs());
    const weights = weightsOf(scope);
    const { input_ids } = tokens;
    const rows = async (ids: readonly number[]) => {
      const given = hostTensor(
        "int64",
        [2, LENGTH],
        [...input_ids.data].map(Number).map((id, i) => ids[i] ?? id),
      );
      const mask = hostTensor(
        "int64",
        [2, LENGTH],
        Array.from({ length: 2 * LENGTH }, (_, i) => (i >= 4 && i < 7 ? 0 : 1)),
      );
      const [all] = await valuesOf([states], { ...weights, input_ids: given, attention_mask: mask });
      return [...all!.slice(0, 4 * 8), ...all!.slice(LENGTH * 8)];
    };
    const padded = await rows([5, 6, 7, 8, 1, 1, 1]);
    expect(largestDifference(await rows([5, 6, 7, 8, 18, 19, 17]), padded)).toBeLessThan(1e-5);
  });
});

describe("a config.json", () => {
  it("of another model names the text encoders there are", () => {
    const read = () => parseTextConfig({ ...SIZES, model_type: "gpt2" }, "here");
    for (const type of ["gpt2", ...TEXT_MODEL_TYPES]) expect(read).toThrow(type);
    expect(read).toThrow(expect.objectContaining({ code: "encoder/unsupported-config" }));
  });

  it.each([
    ["deberta-v2", { conv_kernel_size: 3 }, "conv_kernel_size"],
    ["deberta-v2", { pos_att_type: "p2p" }, "p2p"],
    ["deberta-v2", { share_att_key: false }, "share_att_key"],
    ["deberta-v2", { relative_attention: false }, "relative_attention"],
    ["modernbert", { layer_types: ["full_attention"] }, "layer_types"],
    ["modernbert", { rope_parameters: { full_attention: { rope_type: "yarn" } } }, "rope_type"],
    ["modernbert", { mlp_dropout: 0.1 }, "mlp_dropout"],
    ["modernbert", { hidden_size: 6 }, "3 wide"],
    ["mpnet", { relative_attention_num_buckets: 8 }, "relative_attention_num_buckets"],
  ])("of %s with %j is refused, and says why", (model_type, change, words) => {
    expect(() => parseTextConfig({ model_type, ...CONFIGS[model_type], ...change }, "here")).toThrow(words);
  });

  it("of ModernBERT means the same before and since transformers 5", () => {
    const old = {
      ...CONFIGS.modernbert,
      model_type: "modernbert",
      global_attn_every_n_layers: 2,
      global_rope_theta: 7,
      local_rope_theta: 5,
    };
    const types = ["full_attention", "sliding_attention", "full_attention"];
    const { global_attn_every_n_layers: _, global_rope_theta: __, local_rope_theta: ___, ...rest } = old;
    const now = {
      ...rest,
      layer_types: types,
      rope_parameters: {
        full_attention: { rope_type: "default", rope_theta: 7 },
        sliding_attention: { rope_theta: 5 },
      },
    };
    expect(parseTextConfig(now, "here")).toEqual(parseTextConfig(old, "here"));
  });
});

describe("groups of tokens behind a text", () => {
  const READERS = ["bert", "roberta", "xlm-roberta", "distilbert"];
  const [SIZE, COUNT] = [2, 3];
  const PLACES = [1, 2, 4, 4, 0, 6, 3, 3, 5, 6, 1, 1];

  /** States of the two texts, each with its groups behind it: after all layers, or as the first layer reads them. */
  async function statesWith(
    modelType: string,
    ids: readonly number[],
    places: readonly number[],
    layers?: number,
  ) {
    const config = configOf(modelType);
    const scope = new ParameterScope();
    const groups = {
      ids: input("ids", "int64", [SIZE]),
      places: input("places", "int64", ["batch", "groups", SIZE]),
      size: SIZE,
      count: "groups",
    };
    const states = lowerTextLayers(scope, config, { ...inputs(), groups }, layers ?? config.layers);
    const count = places.length / 2 / SIZE;
    const { input_ids, attention_mask } = tokens;
    draw = stream(3, 0, "families"); // the same weights every time
    const [found] = await valuesOf([states], {
      ...weightsOf(scope),
      input_ids,
      ...(layers === 0 ? {} : { attention_mask }),
      ids: hostTensor("int64", [SIZE], ids),
      places: hostTensor("int64", [2, count, SIZE], places),
    });
    const width = 8;
    const rows = LENGTH + SIZE * count;
    return Array.from({ length: 2 }, (_, text) =>
      Array.from({ length: rows }, (_, row) => {
        const at = (text * rows + row) * width;
        return found!.slice(at, at + width);
      }),
    );
  }

  it("is what the families read whose positions are rows of a table", () => {
    expect(TEXT_MODEL_TYPES.filter((modelType) => readsGroups(configOf(modelType)))).toEqual(READERS);
    const groups = {
      ids: input("ids", "int64", [SIZE]),
      places: input("places", "int64", ["batch", "groups", SIZE]),
      size: SIZE,
      count: "groups",
    };
    expect(() => textEncoder(new ParameterScope(), configOf("mpnet"), { ...inputs(), groups })).toThrow(
      "reads no groups",
    );
  });

  it.each(READERS)("%s gives a group's token the position of its place in the text", async (modelType) => {
    // Tokens 7 and 9 are the third and the fifth token of the first text.
    const [first] = await statesWith(modelType, [7, 9], [2, 4, 2, 4, 2, 4, 0, 0, 0, 0, 0, 0], 0);
    for (let group = 0; group < COUNT; group++) {
      expect(first![LENGTH + SIZE * group]).toEqual(first![2]);
      expect(first![LENGTH + SIZE * group + 1]).toEqual(first![4]);
    }
  });

  it.each(READERS)(
    "%s keeps the text's states, and each group's, whatever other groups there are",
    async (modelType) => {
      const all = await statesWith(modelType, [18, 19], PLACES);
      const alone = await statesWith(modelType, [18, 19], [...PLACES.slice(0, 2), ...PLACES.slice(6, 8)]);
      const config = configOf(modelType);
      const scope = new ParameterScope();
      const plain = textEncoder(scope, config, inputs());
      draw = stream(3, 0, "families");
      const [text] = await valuesOf([plain], { ...weightsOf(scope), ...tokens });
      const texts = all.flatMap((rows) => rows.slice(0, LENGTH)).flat();
      expect(largestDifference(texts, text!)).toBeLessThan(1e-5);
      all.forEach((rows, at) => {
        const group = rows.slice(LENGTH, LENGTH + SIZE).flat();
        expect(largestDifference(group, alone[at]!.slice(LENGTH).flat())).toBeLessThan(1e-5);
      });
    },
  );
});
