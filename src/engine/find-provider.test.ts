import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { findProvider, type Surroundings } from "./find-provider.ts";

const THIS_FILE = fileURLToPath(import.meta.url); // stands for a library: the search looks whether it exists
const nobody: Surroundings = {
  environment: {},
  hasBf16: true,
  python: () =>
    Promise.reject(
      new Error("Traceback ...\nModuleNotFoundError: No module named 'onnxruntime_ep_openvino'"),
    ),
};

describe("findProvider", () => {
  it("takes a named library as it is", async () => {
    expect(await findProvider({ library: "/x/y.so", provider: "Other" }, nobody)).toEqual({
      library: "/x/y.so",
      provider: "Other",
    });
  });

  it("takes the variable of the environment before it asks Python", async () => {
    const around = { ...nobody, environment: { RELATA_OPENVINO_LIBRARY: "/opt/plugin.so" } };
    expect((await findProvider({ provider: "OpenVINOExecutionProvider" }, around)).library).toBe(
      "/opt/plugin.so",
    );
  });

  it("asks the Python that RELATA_PYTHON names for the package's library", async () => {
    const asked: string[][] = [];
    const around: Surroundings = {
      ...nobody,
      environment: { RELATA_PYTHON: "/venv/bin/python", RELATA_OPENVINO_LIBRARY: "" },
      python: async (interpreter, program) => {
        asked.push([interpreter, program]);
        return `${THIS_FILE}\n`;
      },
    };
    expect((await findProvider({ provider: "openvino" }, around)).library).toBe(THIS_FILE);
    expect(asked).toEqual([["/venv/bin/python", expect.stringContaining("import onnxruntime_ep_openvino")]]);
  });

  it.each([
    ["is not installed", nobody],
    ["names a file that is not there", { ...nobody, python: async () => "/no/such.so\n" }],
  ])("says how to install a package that %s", async (_, around) => {
    await expect(findProvider({ provider: "openvino" }, around)).rejects.toMatchObject({
      code: "engine/provider-not-installed",
      remedy: expect.stringContaining("python3 -m pip install onnxruntime-ep-openvino"),
    });
  });

  it("lists the names that it knows, and says that a device is not one", async () => {
    await expect(findProvider({ provider: "Openvin" }, nobody)).rejects.toMatchObject({
      code: "engine/unknown-provider",
      remedy: expect.stringContaining("openvino"),
    });
    await expect(findProvider({ provider: "webgpu" }, nobody)).rejects.toMatchObject({
      code: "engine/unknown-provider",
      remedy: expect.stringContaining("--device webgpu"),
    });
  });

  it.each([
    [
      "a provider whose options it does not know",
      { library: "/x.so", provider: "Other", precision: "fp32" as const },
      true,
    ],
    [
      "bf16 on a processor without it",
      { library: "/x.so", provider: "openvino", precision: "bf16" as const },
      false,
    ],
  ])("refuses %s", async (_, plugin, hasBf16) => {
    await expect(findProvider(plugin, { ...nobody, hasBf16 })).rejects.toMatchObject({
      code: "engine/provider-precision",
    });
  });

  it("lets bf16 pass where the processor's instructions cannot be read", async () => {
    const plugin = { library: "/x.so", provider: "openvino", precision: "bf16" as const };
    expect(await findProvider(plugin, { ...nobody, hasBf16: undefined })).toEqual(plugin);
  });
});
