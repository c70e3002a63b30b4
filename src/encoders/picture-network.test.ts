// Picture encoders for the visual channel: quadrants by hand, outputs of PyTorch for CLIP and ViT, and folders that are refused.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../engine/runtime.ts";
import { readSafetensors } from "../engine/safetensors.ts";
import { type HostTensor, hostTensor } from "../graph/host-tensor.ts";
import { serialize } from "../graph/serialize.ts";
import { input, type Tensor } from "../graph/tensor.ts";
import { ParameterScope } from "../nn/parameter-scope.ts";
import { patchMaps } from "./patch-maps.ts";
import { pictureNetwork } from "./picture-network.ts";
import type { WeightSource } from "./weight-source.ts";
import { loadWeights } from "./weights.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1 });
});
afterAll(() => runtime.dispose());

async function run(
  outputs: Record<string, Tensor>,
  inputs: Record<string, HostTensor>,
  weights?: ReadonlyMap<string, HostTensor>,
) {
  const session = await runtime.createSession(serialize(outputs, weights ? { weights } : {}).bytes);
  try {
    return await session.run(inputs);
  } finally {
    await session.dispose();
  }
}

describe("patchMaps", () => {
  const maps = async (side: number, hidden = 1) => {
    const config = { channels: 3, imageSize: side * 4, patchSize: 4, hiddenSize: hidden };
    const states = input("states", "float32", ["batch", 1 + side * side, hidden]);
    // The class is 1000; patches count up from 1, each channel ten times the one before.
    const values = Array.from({ length: 1 + side * side }, (_, i) =>
      Array.from({ length: hidden }, (_, channel) => (i === 0 ? 1000 : i * 10 ** channel)),
    );
    const given = hostTensor("float32", [1, values.length, hidden], values.flat());
    const { out } = await run({ out: patchMaps(states, config) }, { states: given });
    return { shape: out!.shape, values: [...(out!.data as Float32Array)] };
  };

  it("averages the quadrants of an even grid, channel after channel", async () => {
    // Rows 1 2 3 4 / 5 6 7 8 / 9 10 11 12 / 13 14 15 16: means 3.5, 5.5, 11.5 and 13.5.
    expect(await maps(4, 2)).toEqual({
      shape: [1, 2, 2, 2],
      values: [3.5, 5.5, 11.5, 13.5, 35, 55, 115, 135],
    });
  });

  it("cuts an odd grid into nearly equal halves, and repeats a single patch", async () => {
    // Rows 1 2 3 / 4 5 6 / 7 8 9: {1}, {2, 3}, {4, 7}, {5, 6, 8, 9}.
    expect((await maps(3)).values).toEqual([1, 2.5, 5.5, 7]);
    expect((await maps(1)).values).toEqual([1, 1, 1, 1]);
  });
});

describe("a network without a weight file", () => {
  const nothing: WeightSource = {
    path: "none",
    names: () => [],
    spec: () => ({ dtype: "float32", shape: [] }),
    tensor: () => hostTensor("float32", [], [0]),
  };
  const SIZES = { hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, patch_size: 4 };
  const shapes = (json: Readonly<Record<string, unknown>>, side: number) => {
    const pixels = input("pixels", "float32", ["batch", 3, side, side]);
    const { maps, logits } = pictureNetwork(json, "config.json", nothing).build(new ParameterScope(), pixels);
    return [maps.shape, logits.shape];
  };

  it("of DINOv2 takes square pictures of any size, and gives maps and the class state", () => {
    for (const side of [8, 12, 24]) {
      expect(shapes({ ...SIZES, model_type: "dinov2", image_size: 16 }, side)).toEqual([
        ["batch", 8, 2, 2],
        ["batch", 8],
      ]);
    }
    expect(() => shapes({ ...SIZES, model_type: "dinov2", image_size: 16 }, 3)).toThrow(
      expect.objectContaining({ code: "encoder/wrong-picture-shape" }),
    );
  });

  it("of SigLIP is the same for the whole model and for its picture tower", () => {
    const tower = { ...SIZES, intermediate_size: 12, image_size: 16 };
    const whole = shapes({ model_type: "siglip", vision_config: tower }, 16);
    expect(shapes({ model_type: "siglip_vision_model", ...tower }, 16)).toEqual(whole);
    expect(whole).toEqual([
      ["batch", 8, 2, 2],
      ["batch", 8],
    ]);
  });
});

it("refuses a model type that it does not know", async () => {
  const nothing: WeightSource = {
    path: "none",
    names: () => [],
    spec: () => ({ dtype: "float32", shape: [] }),
    tensor: () => hostTensor("float32", [], [0]),
  };
  expect(() => pictureNetwork({ model_type: "swin" }, "here/config.json", nothing)).toThrow(
    expect.objectContaining({
      code: "encoder/unsupported-config",
      place: "here/config.json",
      message: expect.stringContaining('model_type is "swin"'),
      remedy: expect.stringContaining("resnet, clip, vit"),
    }),
  );
});

const shared = process.env.RELATA_SHARED ?? resolve(import.meta.dirname, "../../../shared");
const golden = join(shared, "golden/encoders");

/** The network on a case's own pictures, and what PyTorch gives for them. */
async function onCase(name: string) {
  const folder = join(golden, name);
  const json = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  const file = await readSafetensors(join(folder, "model.safetensors"));
  const pixels = (await readSafetensors(join(folder, "inputs.safetensors"))).tensor("pixel_values");
  const expected = await readSafetensors(join(folder, "expected.safetensors"));
  const scope = new ParameterScope();
  const network = pictureNetwork(json, folder, file);
  const outputs = network.build(scope, input("pixels", "float32", ["batch", ...pixels.shape.slice(1)]));
  const { weights } = loadWeights(scope.table.values(), file);
  const { maps, logits } = await run({ ...outputs }, { pixels }, weights);
  return { maps: maps!, logits: logits!, expected };
}

function expectClose(actual: HostTensor, expected: readonly number[]): void {
  expect(actual.data.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs(Number(actual.data[i]) - value)).toBeLessThanOrEqual(2e-5 + 2e-4 * Math.abs(value)); // as case.json allows
  });
}

/** Means over the quadrants of a grid of patches, written plainly. */
function quadrantMeans({ data, shape }: HostTensor): number[] {
  const [batch, positions, hidden] = shape as [number, number, number];
  const side = Math.sqrt(positions - 1);
  const middle = Math.floor(side / 2);
  const means: number[] = [];
  for (let b = 0; b < batch; b++) {
    for (let channel = 0; channel < hidden; channel++) {
      for (const [top, bottom] of [
        [0, middle],
        [middle, side],
      ] as const) {
        for (const [left, right] of [
          [0, middle],
          [middle, side],
        ] as const) {
          let sum = 0;
          for (let row = top; row < bottom; row++) {
            for (let column = left; column < right; column++) {
              sum += Number(data[(b * positions + 1 + row * side + column) * hidden + channel]);
            }
          }
          means.push(sum / ((bottom - top) * (right - left)));
        }
      }
    }
  }
  return means;
}

describe.skipIf(!existsSync(golden))("against PyTorch (needs the shared golden cases)", () => {
  it("CLIP's maps are the means of its patch states, its logits the picture's embedding", async () => {
    const { maps, logits, expected } = await onCase("clip");
    expectClose(maps, quadrantMeans(expected.tensor("vision_last_hidden_state")));
    expectClose(logits, [...(expected.tensor("image_embeds").data as Float32Array)]);
  });

  it("ViT's maps are the means of its patch states, its logits the class state where there is no pooler", async () => {
    const { maps, logits, expected } = await onCase("vit");
    const states = expected.tensor("last_hidden_state");
    expectClose(maps, quadrantMeans(states));
    const [batch, positions, hidden] = states.shape as [number, number, number];
    const classStates = Array.from({ length: batch }, (_, b) => {
      const start = b * positions * hidden;
      return [...(states.data as Float32Array).subarray(start, start + hidden)];
    });
    expectClose(logits, classStates.flat());
  });
});
