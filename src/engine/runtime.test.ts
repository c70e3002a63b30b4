import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hostTensor } from "../graph/host-tensor.ts";
import { encodeModel, node } from "./onnx-model.ts";
import { Runtime, type RuntimeOptions } from "./runtime.ts";

const DOUBLE = encodeModel({
  nodes: [node("Add", ["x", "x"], ["y"])],
  inputs: [{ name: "x", dtype: "float32", shape: ["n"] }],
  outputs: [{ name: "y", dtype: "float32", shape: ["n"] }],
});

describe("Runtime.open", () => {
  it("says which library it runs", async () => {
    await using runtime = await Runtime.open();
    expect(runtime.version).toMatch(/^1\.\d+\.\d+$/);
    expect(runtime.libraryPath).toContain("onnxruntime");
    expect(runtime.device).toBe("cpu");
  });

  it("loads the library it is given", async () => {
    await using standard = await Runtime.open();
    await using named = await Runtime.open({ library: standard.libraryPath, threads: 1 });
    expect(named.libraryPath).toBe(standard.libraryPath);
  });

  it("refuses a library that does not exist or is none", async () => {
    await expect(Runtime.open({ library: "no/such.so" })).rejects.toMatchObject({
      code: "engine/no-library",
    });
    const folder = mkdtempSync(join(tmpdir(), "relata-engine-"));
    try {
      const path = join(folder, "text.so");
      writeFileSync(path, "not a library");
      await expect(Runtime.open({ library: path })).rejects.toMatchObject({
        code: "engine/library-not-loadable",
        value: path,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses thread counts that make no sense", async () => {
    for (const threads of [0, -1, 1.5, Number.NaN, 5000]) {
      await expect(Runtime.open({ threads })).rejects.toMatchObject({ code: "engine/bad-thread-count" });
    }
  });

  it("refuses a device that it does not know, before onnxruntime sees it", async () => {
    for (const device of ["nope", "CPU", 5, null]) {
      const options = { device } as unknown as RuntimeOptions;
      await expect(Runtime.open(options)).rejects.toMatchObject({ code: "engine/unknown-device" });
    }
  });

  it("refuses a plugin that cannot be loaded", async () => {
    const plugins = [{ library: join(tmpdir(), "no-such-plugin.so") }];
    await expect(Runtime.open({ plugins })).rejects.toMatchObject({ code: "engine/no-library" });
  });

  it("opens any number of times, and again after all were disposed of", async () => {
    for (let round = 0; round < 3; round++) {
      const runtimes = await Promise.all([Runtime.open(), Runtime.open(), Runtime.open({ threads: 1 })]);
      const sessions = await Promise.all(runtimes.map((runtime) => runtime.createSession(DOUBLE)));
      await runtimes[0]?.dispose();
      const { y } = (await sessions[1]?.run({ x: hostTensor("float32", [1], [21]) })) ?? {};
      expect(y?.data[0]).toBe(42);
      await Promise.all(runtimes.slice(1).map((runtime) => runtime.dispose()));
    }
  });

  it("takes its sessions along when it is disposed of, and refuses new ones", async () => {
    const runtime = await Runtime.open();
    const session = await runtime.createSession(DOUBLE);
    const run = session.run({ x: hostTensor("float32", [1], [1]) });
    await runtime.dispose();
    expect((await run).y?.data[0]).toBe(2);
    const disposed = { code: "engine/disposed" };
    await expect(session.run({ x: hostTensor("float32", [1], [1]) })).rejects.toMatchObject(disposed);
    await expect(runtime.createSession(DOUBLE)).rejects.toMatchObject(disposed);
    await Promise.all([runtime.dispose(), runtime[Symbol.asyncDispose]()]); // a second call does nothing
    expect(() => runtime.upload(hostTensor("float32", [1], [1]))).toThrow(/disposed/);
  });

  it("names the remedy when a device cannot be used", async () => {
    for (const device of ["cuda", "webgpu"] as const) {
      try {
        await (await Runtime.open({ device })).dispose();
      } catch (error) {
        expect(error).toMatchObject({ code: `engine/${device}-unavailable`, value: device });
        expect((error as { remedy: string }).remedy).toContain("driver");
      }
    }
  });
});
