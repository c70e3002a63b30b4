// Checks the native libraries and a user's own extensions: each is loaded and does a little work.

import { encodeModel, node } from "../../engine/onnx-model.ts";
import type { Plugin } from "../../engine/plugin-provider.ts";
import { Runtime, type RuntimeOptions } from "../../engine/runtime.ts";
import { EXTENSION_KINDS } from "../../extensions/extension.ts";
import { loadExtensions } from "../../extensions/load-extensions.ts";
import { hostTensor } from "../../graph/host-tensor.ts";
import { type Finding, ok, problem, problemOf } from "./finding.ts";

const N = { dtype: "float32", shape: ["n"] } as const;

/** Loads onnxruntime and runs a model of one addition. */
export async function checkOnnxruntime(options: RuntimeOptions): Promise<Finding> {
  const reinstall =
    "Install the packages again (npm install --ignore-scripts), on this machine and with this Node.";
  return runAddition("onnxruntime", options, reinstall);
}

/** Loads a plugin's execution provider and runs the same model with it. */
export async function checkProvider(plugin: Plugin, options: RuntimeOptions): Promise<Finding> {
  const remedy = "Check that the library is built for this onnxruntime and this processor.";
  return runAddition("provider", { ...options, plugins: [plugin] }, remedy);
}

async function runAddition(check: string, options: RuntimeOptions, remedy: string): Promise<Finding> {
  const model = encodeModel({
    nodes: [node("Add", ["a", "b"], ["sum"])],
    inputs: [
      { name: "a", ...N },
      { name: "b", ...N },
    ],
    outputs: [{ name: "sum", ...N }],
  });
  try {
    await using runtime = await Runtime.open(options);
    const session = await runtime.createSession(model, { label: "1 + 2" });
    const { sum } = await session.run({
      a: hostTensor("float32", [1], [1]),
      b: hostTensor("float32", [1], [2]),
    });
    if (sum?.data[0] !== 3) return problem(check, `1 + 2 is ${String(sum?.data[0])}`, remedy);
    return ok(
      check,
      `version ${runtime.version} adds 1 and 2; providers: ${runtime.providers.join(", ")}; ${runtime.libraryPath}`,
    );
  } catch (error) {
    return problemOf(check, error, remedy);
  }
}

/** Encodes and decodes a picture. */
export async function checkSharp(): Promise<Finding> {
  const remedy =
    "Install sharp for this machine: npm install --cpu=<cpu> --os=<os> sharp. Texts can be read without it (--text-only).";
  try {
    const { default: sharp } = await import("sharp");
    const red = { create: { width: 2, height: 2, channels: 3, background: "red" } } as const;
    for (const format of ["jpeg", "png", "webp"] as const) {
      const bytes = await sharp(red).toFormat(format).toBuffer();
      const { data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
      if ((data[0] ?? 0) < 200) return problem("sharp", `a red ${format} picture is not red`, remedy);
    }
    const { sharp: version, vips } = sharp.versions;
    return ok("sharp", `version ${version} (libvips ${vips}) reads JPEG, PNG and WebP`);
  } catch (error) {
    return problemOf("sharp", error, remedy);
  }
}

/** Loads a module of extensions, which runs its code. */
export async function checkExtension(module: string): Promise<Finding> {
  try {
    const stamps = (await loadExtensions([module])).stamps();
    const list = stamps.map(({ kind, name, version }) => `${EXTENSION_KINDS[kind].what} ${name} ${version}`);
    return ok("extension", `${module}: ${list.join(", ")}`);
  } catch (error) {
    return problemOf("extension", error, "See docs/extending.md.");
  }
}
