// Runs if WebGPU has an adapter; without a GPU, a software Vulkan driver such as SwiftShader in VK_DRIVER_FILES suffices.
import { describe, expect, it } from "vitest";
import { type HostTensor, hostTensor, zeros } from "../graph/host-tensor.ts";
import { encodeModel, node } from "./onnx-model.ts";
import { Runtime } from "./runtime.ts";

async function openWebGpu(): Promise<Runtime | string> {
  try {
    return await Runtime.open({ device: "webgpu" });
  } catch (error) {
    return (error as Error).message;
  }
}
const opened = await openWebGpu();
const title = "webgpu";

describe.skipIf(typeof opened === "string")(
  typeof opened === "string" ? `${title} (${opened})` : title,
  () => {
    const runtime = opened as Runtime;

    it("brings tensors of every common dtype to the device and back", async () => {
      const tensors: HostTensor[] = [
        hostTensor("float32", [2, 3], [1, 2, 3, 4, 5, 6]),
        hostTensor("int64", [2], [5, -6]),
        hostTensor("int32", [2], [5, -6]),
        hostTensor("float16", [2], [0x3c00, 1]),
      ];
      for (const tensor of tensors) {
        await using uploaded = runtime.upload(tensor);
        expect(await uploaded.download()).toEqual(tensor);
      }
    });

    it("keeps weights on the device and writes outputs to either side", async () => {
      const size = 64;
      await using session = await runtime.createSession(
        encodeModel({
          nodes: [node("MatMul", ["x", "w"], ["h"]), node("Relu", ["h"], ["y"])],
          inputs: [
            { name: "x", dtype: "float32", shape: ["batch", size] },
            { name: "w", dtype: "float32", shape: [size, size] },
          ],
          outputs: [{ name: "y", dtype: "float32", shape: ["batch", size] }],
        }),
      );
      const doubling = zeros("float32", [size, size]);
      for (let i = 0; i < size; i++) doubling.data[i * (size + 1)] = 2;
      const x = hostTensor(
        "float32",
        [2, size],
        Array.from({ length: 2 * size }, (_, i) => i - 10),
      );
      const expected = Array.from(x.data, (value) => Math.max(0, 2 * value));

      await using w = runtime.upload(doubling);
      const inPlace = zeros("float32", [2, size]);
      await session.run({ x, w }, { y: inPlace });
      expect([...inPlace.data]).toEqual(expected);

      await using onDevice = runtime.upload(zeros("float32", [2, size]));
      await session.run({ x, w }, { y: onDevice });
      expect([...(await onDevice.download()).data]).toEqual(expected);

      for (const { y } of await Promise.all(Array.from({ length: 8 }, () => session.run({ x, w })))) {
        expect([...(y?.data ?? [])]).toEqual(expected);
      }
    });
  },
);
