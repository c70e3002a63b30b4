import { describe, expect, it } from "vitest";
import { hostTensor } from "../graph/host-tensor.ts";
import { multiply } from "../graph/operators/elementwise.ts";
import { serialize } from "../graph/serialize.ts";
import { input } from "../graph/tensor.ts";
import { chooseProvider, type ProviderDevice } from "./plugin-provider.ts";
import { Runtime } from "./runtime.ts";

const device = (provider: string, pointer: bigint, isCpu = true): ProviderDevice => ({
  provider,
  pointer,
  isCpu,
});
const TWO = [
  device("OpenVINOExecutionProvider", 1n),
  device("OpenVINOExecutionProvider.AUTO", 2n),
  device("OpenVINOExecutionProvider", 3n),
];

describe("chooseProvider", () => {
  it.each([
    ["OpenVINOExecutionProvider", [1n, 3n]],
    ["openvino", [1n, 3n]],
    ["OpenVINOExecutionProvider.AUTO", [2n]],
  ])("gives the devices of %s alone", (provider, devices) => {
    expect(chooseProvider(TWO, { library: "x.so", provider }).devices).toEqual(devices);
  });

  it("takes the only provider without its name", () => {
    expect(chooseProvider([device("Other", 1n), device("Other", 2n)], { library: "x.so" })).toEqual({
      provider: "Other",
      devices: [1n, 2n],
    });
  });

  it.each([
    ["several and none named", TWO, undefined, "engine/several-providers"],
    ["none of this name", TWO, "CUDA", "engine/no-such-provider"],
  ])("lists what the library offers: %s", (_, devices, provider, code) => {
    expect(() => chooseProvider(devices, { library: "x.so", provider })).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringContaining("offers OpenVINOExecutionProvider, OpenVINOExecutionProvider.AUTO"),
      }),
    );
  });

  it("takes the processor alone of a provider that relata knows, and all devices of another", () => {
    const mixed = (name: string) => [device(name, 1n, false), device(name, 2n)];
    const of = (name: string) => chooseProvider(mixed(name), { library: "x.so", provider: name }).devices;
    expect(of("OpenVINO")).toEqual([2n]);
    expect(of("Other")).toEqual([1n, 2n]);
  });

  it("says that OpenVINO is for Intel's devices when it finds none", () => {
    expect(() => chooseProvider([], { library: "x.so", provider: "openvino" })).toThrow(
      expect.objectContaining({
        code: "engine/plugin-without-device",
        remedy: expect.stringContaining("devices of Intel alone"),
      }),
    );
  });

  it("says that a library finds no device", () => {
    expect(() => chooseProvider([], { library: "x.so", provider: "x" })).toThrow(
      expect.objectContaining({ code: "engine/plugin-without-device" }),
    );
  });
});

// The path of a plugin library and the name of its provider, if available; docs/deployment.md says where to get one.
const { RELATA_PROVIDER_LIBRARY: library, RELATA_PROVIDER: provider } = process.env;

describe.skipIf(library === undefined)("a plugin library named by RELATA_PROVIDER_LIBRARY", () => {
  it("computes what the CPU computes", async () => {
    const x = input("x", "float32", ["n"]);
    await using runtime = await Runtime.open({
      threads: 1,
      plugins: [{ library: library as string, provider }],
    });
    const program = serialize({ y: multiply(x, x) }, { spelling: runtime.spelling });
    await using session = await runtime.createSession(program.bytes);
    const { y } = await session.run({ x: hostTensor("float32", [3], [1, 2, 3]) });
    expect(Array.from(y?.data as Float32Array)).toEqual([1, 4, 9]);
    expect([...runtime.assignments.values()]).toEqual([{ taken: 1, all: 1, left: {} }]);
  });
});
