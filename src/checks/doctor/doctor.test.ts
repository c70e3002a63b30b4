// Checks of the machine against machines that lack something: each says what and what to do, and none keeps the others from running.
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { checkHub, checkWritable } from "./hub.ts";
import { checkCores, checkInstructions, checkMemoryLeft, checkNode, cpuQuota } from "./machine.ts";
import { runDoctor } from "./run-doctor.ts";
import { checkExtension, checkOnnxruntime, checkProvider, checkSharp } from "./software.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-doctor-"));
  await writeFile(join(folder, "file"), "not a folder, and not a library");
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

describe("the machine", () => {
  it("has a Node that is new enough, or a remedy", () => {
    expect(checkNode("20.19.0").state).toBe("ok");
    expect(checkNode("22.0.0").state).toBe("ok");
    expect(checkNode("20.18.9")).toMatchObject({
      state: "problem",
      remedy: expect.stringContaining("20.19"),
    });
  });

  it("names its instruction sets, and says when the important one is missing", () => {
    const cpuinfo = (flags: string) => `processor\t: 0\nflags\t\t: fpu sse2 ${flags}\n\nprocessor\t: 1\n`;
    expect(checkInstructions(cpuinfo("avx2 avx512f avx_vnni amx_tile"), "x64")).toMatchObject({
      state: "ok",
      says: expect.stringContaining("instruction sets: AVX2, AVX-512, VNNI, AMX"),
    });
    expect(checkInstructions(cpuinfo("avx"), "x64")).toMatchObject({
      state: "note",
      says: expect.stringContaining("none (not AVX2, AVX-512, VNNI, AMX)"),
      remedy: expect.stringContaining("Without AVX2"),
    });
    expect(checkInstructions("Features\t: fp asimd asimddp i8mm\n", "arm64").says).toContain(
      "NEON, dot product, i8mm (not bf16, SVE)",
    );
    expect(checkInstructions(undefined, "x64").says).toContain("cannot be read");
  });

  it("knows the limits of a container, of both versions", async () => {
    const put = async (root: string, path: string, text: string) => {
      await mkdir(join(folder, root, path, ".."), { recursive: true });
      await writeFile(join(folder, root, path), text);
    };
    await put("two", "sys/fs/cgroup/cpu.max", "150000 100000\n");
    await put("free", "sys/fs/cgroup/cpu.max", "max 100000\n");
    await put("one", "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
    await put("one", "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    expect(["two", "free", "one", "none"].map((root) => cpuQuota(join(folder, root)))).toEqual([
      1.5,
      undefined,
      0.5,
      undefined,
    ]);
    expect(checkCores(0.5)).toMatchObject({ state: "note", remedy: expect.stringContaining("--threads 1:") });
    expect(checkCores(999).state).toBe("ok");
    expect([checkMemoryLeft(1e9).state, checkMemoryLeft(8e9).state]).toEqual(["note", "ok"]);
  });
});

describe("libraries and extensions", () => {
  it("do a little work, or say which code they fail with", async () => {
    expect(await checkOnnxruntime({ threads: 1 })).toMatchObject({
      state: "ok",
      says: expect.stringMatching(/version \d+\.\d+.*CPUExecutionProvider/),
    });
    const library = join(folder, "file");
    expect(await checkOnnxruntime({ library })).toMatchObject({
      state: "problem",
      code: "engine/library-not-loadable",
    });
    expect(await checkProvider({ library }, { threads: 1 })).toMatchObject({
      check: "provider",
      state: "problem",
    });
    expect(await checkProvider({ library: `${library}.so` }, { threads: 1 })).toMatchObject({
      code: "engine/no-library",
    });
    expect((await checkSharp()).state).toBe("ok");
  });

  it("are named if they load", async () => {
    const good = join(folder, "good.mjs");
    const reader = { kind: "reader", contract: 1, name: "mine", version: "1.2.0" };
    await writeFile(good, `export default { ...${JSON.stringify(reader)}, read: () => [] };`);
    expect(await checkExtension(good)).toMatchObject({ state: "ok", says: `${good}: reader mine 1.2.0` });
    const broken = join(folder, "broken.mjs");
    await writeFile(broken, "throw new Error('no licence');");
    expect(await checkExtension(broken)).toMatchObject({
      state: "problem",
      code: "extension/cannot-load",
      says: expect.stringContaining("no licence"),
    });
  });
});

describe("folders and the hub", () => {
  it("are tried without leaving anything behind", async () => {
    const before = await readdir(folder);
    expect(await checkWritable("cache", join(folder, "new", "hub"), "")).toMatchObject({ state: "ok" });
    expect(await readdir(folder)).toEqual(before);
    expect(await checkWritable("cache", join(folder, "file", "hub"), "Set HF_HOME.")).toMatchObject({
      state: "problem",
      says: expect.stringContaining("ENOTDIR"),
      remedy: "Set HF_HOME.",
    });
  });

  async function withHub(answer: RequestListener, waitMs?: number) {
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    vi.stubEnv("HF_ENDPOINT", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    try {
      return await checkHub(undefined, waitMs);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  it("are a note if the hub does not answer, and a problem if its address cannot be used", async () => {
    expect(await withHub((_, response) => response.end("[]"))).toMatchObject({ state: "ok" });
    expect(await withHub((_, response) => response.writeHead(503).end())).toMatchObject({
      state: "note",
      says: expect.stringContaining("503"),
    });
    expect(await withHub(() => undefined, 100)).toMatchObject({
      state: "note",
      says: expect.stringContaining("no answer within 0.1 seconds"),
    });
    expect(await checkHub()).toMatchObject({ state: "note", says: expect.stringContaining("ECONNREFUSED") });
    vi.stubEnv("HF_ENDPOINT", "ftp://hub.example");
    expect(await checkHub()).toMatchObject({ state: "problem", code: "encoder/bad-hub-address" });
    vi.stubEnv("HF_ENDPOINT", "https://hub.invalid");
    vi.stubEnv("HTTPS_PROXY", "http://someone:secret@127.0.0.1:9");
    const proxied = await checkHub();
    expect(proxied).toMatchObject({ state: "note", remedy: expect.stringContaining("http://127.0.0.1:9") });
    expect(JSON.stringify(proxied)).not.toContain("secret");
  });

  it("do not keep the other checks from running", async () => {
    vi.stubEnv("HF_HUB_CACHE", join(folder, "file", "hub"));
    vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:9");
    const found: string[] = [];
    const request = { runs: join(folder, "runs"), extensions: [join(folder, "nothing.mjs")] };
    for await (const { check, state } of runDoctor(request)) found.push(`${check} ${state}`);
    const states = ["cache problem", "runs ok", "extension problem", "onnxruntime ok", "hub note"];
    expect(found).toEqual(expect.arrayContaining(states));
    expect(found).toHaveLength(12);
  });
});
