// Picture encoders: configurations that are refused, pictures that do not fit, what a text position sees, and the visual maps.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../engine/runtime.ts";
import { elementCount, type HostTensor, hostTensor } from "../graph/host-tensor.ts";
import { serialize } from "../graph/serialize.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import { Dropout } from "../nn/dropout.ts";
import { ParameterScope } from "../nn/parameter-scope.ts";
import { clipText } from "./clip.ts";
import { parseClipConfig } from "./clip-config.ts";
import { resnet } from "./resnet.ts";
import { parseResNetConfig } from "./resnet-config.ts";
import { mapChannels, visualMaps } from "./visual-maps.ts";
import { vit } from "./vit.ts";
import { parseVitConfig } from "./vit-config.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

/** Runs a graph whose parameters get small numbers that differ everywhere. */
async function run(
  outputs: Record<string, Tensor>,
  scope: ParameterScope,
  inputs: Record<string, HostTensor>,
) {
  const weights = [...scope.table.values()].map(({ name, shape }, at) => {
    const values = Float32Array.from({ length: elementCount(shape) }, (_, i) => Math.sin(i + at) / 3 + 0.4);
    return [name, hostTensor("float32", shape, values)] as const;
  });
  const session = await runtime.createSession(serialize(outputs).bytes);
  const known = new Set(session.inputs.map(({ name }) => name));
  try {
    return await session.run({
      ...Object.fromEntries(weights.filter(([name]) => known.has(name))),
      ...inputs,
    });
  } finally {
    await session.dispose();
  }
}

const TINY_RESNET = {
  model_type: "resnet",
  embedding_size: 2,
  hidden_sizes: [4, 4, 8, 8],
  depths: [1, 1, 1, 1],
};

describe("configurations", () => {
  it("have transformers' defaults for fields that published files leave out", () => {
    const config = parseResNetConfig({ model_type: "resnet" }, "config.json");
    expect(config).toMatchObject({
      hiddenSizes: [256, 512, 1024, 2048],
      depths: [3, 4, 6, 3],
      labels: 2,
      channels: 3,
    });
    expect(mapChannels(config)).toBe(3840);
    const clip = parseClipConfig({ model_type: "clip", text_config: {}, vision_config: {} }, "config.json");
    expect(clip.text).toMatchObject({
      hiddenSize: 512,
      heads: 8,
      eosTokenId: 49407,
      activation: "quick_gelu",
    });
    expect(clip.vision).toMatchObject({ hiddenSize: 768, patchSize: 32, imageSize: 224 });
  });

  it("that are not supported are an error that names every field", () => {
    const json = { ...TINY_RESNET, layer_type: "dense", hidden_act: "mish", depths: [0] };
    expect(() => parseResNetConfig(json, "here/config.json")).toThrow(
      expect.objectContaining({
        code: "encoder/unsupported-config",
        place: "here/config.json",
        message: expect.stringMatching(/depths.*layer_type.*hidden_act/s),
      }),
    );
    expect(() => parseResNetConfig({ ...TINY_RESNET, depths: [1] }, "x")).toThrow(
      /4 stages, but depths has 1/,
    );
    expect(() => parseVitConfig({ model_type: "deit" }, "x")).toThrow(/model_type/);
    const heads = { model_type: "clip", text_config: { num_attention_heads: 7 }, vision_config: {} };
    expect(() => parseClipConfig(heads, "x")).toThrow(
      /hidden_size 512 is not a multiple of num_attention_heads 7/,
    );
  });
});

describe("pictures", () => {
  it("of another size or with other channels are refused with both shapes", () => {
    const vitConfig = parseVitConfig(
      {
        model_type: "vit",
        hidden_size: 4,
        num_hidden_layers: 1,
        num_attention_heads: 1,
        intermediate_size: 4,
        image_size: 8,
        patch_size: 4,
      },
      "x",
    );
    const wrong = input("pixels", "float32", ["batch", 3, 8, 9]);
    expect(() => vit(new ParameterScope(), vitConfig, wrong, new Dropout(false))).toThrow(
      expect.objectContaining({
        code: "encoder/wrong-picture-shape",
        message: expect.stringMatching(/\[batch, 3, 8, 8\].*\[batch, 3, 8, 9\]/),
      }),
    );
    const gray = input("pixels", "float32", ["batch", 1, 64, 64]);
    expect(() => resnet(new ParameterScope(), parseResNetConfig(TINY_RESNET, "x"), gray)).toThrow(
      /\[batch, 3, height/,
    );
  });
});

describe("CLIP's text tower", () => {
  const text = {
    hidden_size: 4,
    num_attention_heads: 2,
    intermediate_size: 4,
    num_hidden_layers: 2,
    vocab_size: 9,
  };

  async function states(ids: number[], mask: number[]) {
    const json = {
      model_type: "clip",
      projection_dim: 3,
      text_config: { ...text, eos_token_id: 8 },
      vision_config: {},
    };
    const scope = new ParameterScope();
    const inputs = {
      inputIds: input("ids", "int64", ["batch", "length"]),
      attentionMask: input("mask", "int64", ["batch", "length"]),
    };
    const { pooled, lastHiddenState } = clipText(
      scope,
      parseClipConfig(json, "x"),
      inputs,
      new Dropout(false),
    );
    const results = await run({ pooled, lastHiddenState }, scope, {
      ids: hostTensor("int64", [1, ids.length], ids),
      mask: hostTensor("int64", [1, mask.length], mask),
    });
    return {
      pooled: Array.from(results.pooled?.data as Float32Array),
      last: Array.from(results.lastHiddenState?.data as Float32Array),
    };
  }

  it("takes the first end of the text, which sees nothing after itself", async () => {
    const one = await states([1, 2, 8, 3, 8], [1, 1, 1, 1, 1]);
    const other = await states([1, 2, 8, 7, 4], [1, 1, 1, 1, 1]);
    expect(one.pooled).toEqual(one.last.slice(8, 12));
    expect(other.pooled).toEqual(one.pooled);
    expect(other.last.slice(12, 16)).not.toEqual(one.last.slice(12, 16));
  });

  it("does not see masked positions", async () => {
    const one = await states([1, 2, 8], [1, 0, 1]);
    const other = await states([1, 5, 8], [1, 0, 1]);
    expect(other.pooled).toEqual(one.pooled);
  });
});

describe("visual maps", () => {
  it("are the means of each stage's quarters, stage after stage, and the logits", async () => {
    const config = parseResNetConfig(TINY_RESNET, "x");
    const scope = new ParameterScope();
    const pixels = input("pixels", "float32", ["pictures", 3, 72, 72]); // stages of 18, 9, 5 and 3 pixels would not do
    expect(() => visualMaps(scope, config, pixels)).toThrow(/\[pictures, 8, 3, 3\] does not pool to 2x2/);

    const side = 136; // stages of 34, 17, 9 and 5 pixels
    const fitting = input("pixels", "float32", ["pictures", 3, side, side]);
    const { maps, logits } = visualMaps(scope, config, fitting);
    expect(maps.shape).toEqual(["pictures", 24, 2, 2]);
    const { stages } = resnet(scope, config, fitting);
    const named = Object.fromEntries(stages.map((stage, i) => [`stage${i}`, stage]));
    const picture = Float32Array.from(
      { length: 2 * 3 * side * side },
      (_, i) => Math.cos(i * 0.37) + (i % 7) / 7,
    );
    const results = await run({ maps, logits, ...named }, scope, {
      pixels: hostTensor("float32", [2, 3, side, side], picture),
    });
    const got = results.maps?.data as Float32Array;
    let channel = 0;
    for (const [i, sizeOfStage] of [34, 17, 9, 5].entries()) {
      const stage = results[`stage${i}`] as HostTensor<"float32">;
      const [, channels = 0, height = 0] = stage.shape;
      expect(height).toBe(sizeOfStage);
      const kernel = Math.floor(sizeOfStage / 2);
      for (let c = 0; c < channels; c++, channel++) {
        for (const [corner, [top, left]] of [
          [0, 0],
          [0, kernel],
          [kernel, 0],
          [kernel, kernel],
        ].entries()) {
          let sum = 0;
          for (let y = 0; y < kernel; y++) {
            for (let x = 0; x < kernel; x++) {
              const at = ((channels + c) * height + (top as number) + y) * height + (left as number) + x; // second picture
              sum += stage.data[at] as number;
            }
          }
          const mean = sum / kernel ** 2;
          expect(Math.abs((got[(24 + channel) * 4 + corner] as number) - mean)).toBeLessThan(
            1e-5 * (1 + Math.abs(mean)),
          );
        }
      }
    }
    expect(channel).toBe(24);
    expect(results.logits?.shape).toEqual([2, 2]);
  });
});
