import { describe, expect, it } from "vitest";
import { parseConfig } from "../../config/parse.ts";
import type { ConfigInput } from "../../config/schema.ts";
import {
  describeProvider,
  providerAccount,
  providerAccountSchema,
  providerWords,
} from "./provider-account.ts";
import { providerOf, runtimeOptions, trainedOptions } from "./runtime-options.ts";

describe("providerOf", () => {
  it.each([
    [{ name: "openvino" }, { name: "openvino" }],
    [
      { name: "openvino", precision: "bf16" as const },
      { name: "openvino", precision: "bf16" },
    ],
    [{ name: "./plugin.so" }, { library: "./plugin.so" }],
    [{ name: "libplugin.so.1.8" }, { library: "libplugin.so.1.8" }],
    [{ name: "C:\\ep\\plugin.dll" }, { library: "C:\\ep\\plugin.dll" }],
    [
      { name: "Some.AUTO", library: "plugin.so" },
      { name: "Some.AUTO", library: "plugin.so" },
    ],
    [
      { library: "plugin.so", options: { load_config: "{}" } },
      { library: "plugin.so", options: { load_config: "{}" } },
    ],
    [{}, undefined],
  ])("reads %j", (given, setting) => {
    expect(providerOf(given)).toEqual(setting);
  });

  it.each([{ precision: "bf16" as const }, { options: { a: "b" } }])(
    "refuses %j without a provider",
    (given) => {
      expect(() => providerOf(given)).toThrow(
        expect.objectContaining({ code: "config/provider-without-library" }),
      );
    },
  );

  it("refuses a name that it does not know before any work", () => {
    expect(() => providerOf({ name: "X" })).toThrow(
      expect.objectContaining({ code: "engine/unknown-provider" }),
    );
  });

  it("becomes a plugin without a library, which the runtime looks for", () => {
    const { plugins } = runtimeOptions({ provider: { name: "openvino", precision: "bf16" } });
    expect(plugins).toEqual([
      { provider: "openvino", precision: "bf16", library: undefined, options: undefined },
    ]);
  });
});

describe("trainedOptions", () => {
  const trained = (training: NonNullable<ConfigInput["training"]>) =>
    trainedOptions(
      parseConfig({ encoder: "bert", data: { train: "a", validation: "b" }, training }).training,
    );

  it("have the provider of the training, and the processor where PyTorch trained", () => {
    expect(trained({ threads: 2, provider: { library: "./p.so" } })).toMatchObject({
      ...{ device: "cpu", threads: 2 },
      plugins: [{ library: "./p.so" }],
    });
    expect(trained({ engine: "torch", device: "cuda" })).toMatchObject({ device: "cpu", plugins: undefined });
  });
});

describe("the account of a provider", () => {
  const provider = { provider: "OpenVINOExecutionProvider", library: "/x.so", precision: "fp32" as const };
  const assignments = new Map([["step", { taken: 410, all: 412, left: { Scan: 2 } }]]);

  it("says who ran how many nodes of what", () => {
    const account = providerAccount({ plugins: [provider], assignments })!;
    expect(providerAccountSchema.parse(account)).toEqual({
      name: "OpenVINOExecutionProvider",
      precision: "fp32",
      graphs: [{ graph: "step", taken: 410, all: 412 }],
    });
    expect(providerWords(account)).toBe("OpenVINOExecutionProvider (fp32) took 410 of 412 nodes of step");
    expect(describeProvider({ plugins: [provider] })).toEqual({
      provider: "OpenVINOExecutionProvider, fp32",
    });
  });

  it("says when the nodes are not known", () => {
    const account = providerAccount({
      plugins: [{ ...provider, precision: undefined }],
      assignments: new Map(),
    })!;
    expect(providerWords(account)).toContain("does not tell which nodes it took");
  });

  it("is absent without a provider", () => {
    expect(providerAccount({ plugins: [], assignments: new Map() })).toBeUndefined();
    expect(describeProvider({ plugins: [] })).toEqual({});
  });
});
