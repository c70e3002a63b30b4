import { spawnSync } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FeatureCache } from "./feature-cache.ts";
import type { Features } from "./feature-record.ts";

let root: string;
let next = 0;
const fresh = () => join(root, `cache-${next++}`);
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "relata-features-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const open = (folder: string, extractor = "resnet50") => FeatureCache.open(folder, { extractor });
const features = (seed: number): Features => ({
  maps: { shape: [1, 3, 2, 2], data: Float32Array.from({ length: 12 }, (_, i) => seed + i / 7) },
  logits: { shape: [1, 5], data: Float32Array.from({ length: 5 }, (_, i) => -seed * i) },
});
const unexpected = () => Promise.reject(new Error("this picture must not be computed"));

/** A cache folder with entries 0 to count - 1, closed. */
async function filled(count: number): Promise<string> {
  const folder = fresh();
  const cache = await open(folder);
  for (let i = 0; i < count; i++) await cache.getOrCompute(`picture-${i}`, async () => features(i));
  await cache.close();
  return folder;
}

describe("FeatureCache", () => {
  it("computes once for concurrent callers, and never again after it was closed and opened", async () => {
    const folder = fresh();
    const cache = await open(folder);
    let calls = 0;
    const compute = async () => {
      calls++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return features(1);
    };
    const all = await Promise.all(Array.from({ length: 20 }, () => cache.getOrCompute("picture", compute)));
    expect(calls).toBe(1);
    for (const one of all) expect(one).toEqual(features(1));
    await cache.close();

    const again = await open(folder);
    expect(await again.getOrCompute("picture", unexpected)).toEqual(features(1));
    expect(again.has("picture")).toBe(true);
    expect(again.report()).toMatchObject({
      entries: 1,
      hits: 1,
      computed: 0,
      corrupted: 0,
      discardedBytes: 0,
    });
    await again.close();
  });

  it("keeps pictures and extractors apart", async () => {
    const folder = await filled(3);
    const other = await open(folder, "vit");
    expect(other.has("picture-0")).toBe(false);
    expect(await other.get("picture-0")).toBeUndefined();
    await other.getOrCompute("picture-0", async () => features(50));
    await other.close();
    const cache = await open(folder);
    expect(await cache.get("picture-0")).toEqual(features(0));
    expect(await cache.get("picture-2")).toEqual(features(2));
    expect(cache.report().entries).toBe(4);
    await cache.close();
  });

  it("gives back any tensors bit for bit", async () => {
    const folder = fresh();
    const tensor = fc.array(fc.nat(4), { maxLength: 4 }).chain((shape) => {
      const size = shape.reduce((product, n) => product * n, 1);
      return fc.record({
        shape: fc.constant(shape),
        data: fc.float32Array({ minLength: size, maxLength: size }),
      });
    });
    const sets = fc.dictionary(fc.string({ unit: "binary" }), tensor, { minKeys: 1, maxKeys: 3 });
    let n = 0;
    await fc.assert(
      fc.asyncProperty(sets, async (original) => {
        const key = `picture-${n++}`;
        const writer = await open(folder);
        await writer.getOrCompute(key, async () => original);
        await writer.close();
        const reader = await open(folder);
        expect(await reader.get(key)).toEqual(original);
        await reader.close();
      }),
      { numRuns: 60 },
    );
  });

  it("tries again after a failed computation", async () => {
    const cache = await open(fresh());
    const failing = () => Promise.reject(new Error("no such picture"));
    await expect(cache.getOrCompute("p", failing)).rejects.toThrow("no such picture");
    await expect(cache.getOrCompute("p", async () => features(2))).resolves.toEqual(features(2));
    const wrong = async () => ({ maps: { shape: [2, 2], data: new Float32Array(3) } });
    await expect(cache.getOrCompute("q", wrong)).rejects.toMatchObject({ code: "data/bad-features" });
    await expect(cache.getOrCompute("q", async () => ({}))).rejects.toMatchObject({
      code: "data/bad-features",
    });
    await cache.close();
  });

  it("survives a crash at any byte of the last write", async () => {
    const whole = await filled(3);
    const [data, index] = [
      await readFile(join(whole, "features.bin")),
      await readFile(join(whole, "features.index")),
    ];
    const recordBytes = (data.length - 16) / 3;
    const entryBytes = (index.length - 16) / 3;
    for (let left = 0; left <= recordBytes; left += 7) {
      // Killed while writing the third record, before its index entry.
      const folder = fresh();
      await (await open(folder)).close();
      await writeFile(join(folder, "features.bin"), data.subarray(0, data.length - recordBytes + left));
      await writeFile(join(folder, "features.index"), index.subarray(0, index.length - entryBytes));
      const cache = await open(folder);
      expect(await cache.get("picture-1")).toEqual(features(1));
      expect(cache.has("picture-2")).toBe(left === recordBytes);
      expect(cache.report()).toMatchObject({
        discardedBytes: left % recordBytes,
        recovered: left === recordBytes ? 1 : 0,
      });
      expect(await cache.getOrCompute("picture-2", async () => features(2))).toEqual(features(2));
      await cache.close();
      expect((await readFile(join(folder, "features.bin"))).equals(data)).toBe(true);
    }
    for (const left of [0, 1, entryBytes - 1]) {
      // Killed while writing the index entry: the record is complete and recovered.
      const folder = fresh();
      await (await open(folder)).close();
      await writeFile(join(folder, "features.bin"), data);
      await writeFile(join(folder, "features.index"), index.subarray(0, index.length - entryBytes + left));
      const cache = await open(folder);
      expect(cache.report()).toMatchObject({ entries: 3, recovered: 1, discardedBytes: left });
      expect(cache.report().defects).toHaveLength(left === 0 ? 0 : 1);
      expect(await cache.getOrCompute("picture-2", unexpected)).toEqual(features(2));
      await cache.close();
    }
  });

  it("finds everything again without its index, and works with an empty one", async () => {
    const folder = await filled(5);
    await rm(join(folder, "features.index"));
    const cache = await open(folder);
    expect(cache.report()).toMatchObject({ entries: 5, recovered: 5, discardedBytes: 0 });
    await cache.close();
    await truncate(join(folder, "features.bin"), 10);
    const emptied = await open(folder);
    expect(emptied.report().entries).toBe(0);
    expect(emptied.report().defects.map(({ code }) => code)).toEqual(["data/torn-tail"]);
    await emptied.close();
  });

  it("never gives corrupted features: it reports and computes them again", async () => {
    const folder = await filled(2);
    const path = join(folder, "features.bin");
    const bytes = await readFile(path);
    const record = (bytes.length - 16) / 2;
    for (let at = 16; at < 16 + record; at += 5) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      await writeFile(path, damaged);
      const cache = await open(folder);
      const got = await cache.get("picture-0");
      if (got) expect(got).toEqual(features(0)); // the changed byte has no meaning
      expect(cache.report().corrupted).toBe(got ? 0 : 1);
      expect(await cache.get("picture-1")).toEqual(features(1));
      await cache.close();
    }
    await writeFile(path, bytes.fill(0xff, 100, 110));
    const cache = await open(folder);
    expect(await cache.verify()).toMatchObject([{ code: "data/corrupted-features", place: `${path}@16` }]);
    expect(await cache.getOrCompute("picture-0", async () => features(9))).toEqual(features(9));
    await cache.close();
    const again = await open(folder);
    expect(await again.get("picture-0")).toEqual(features(9));
    await again.close();
  });

  it("cuts off zeros that a power failure left behind, and keeps what came before", async () => {
    const folder = await filled(2);
    await appendFile(join(folder, "features.bin"), Buffer.alloc(5000));
    await appendFile(join(folder, "features.index"), Buffer.alloc(56));
    const cache = await open(folder);
    expect(cache.report()).toMatchObject({ entries: 2, discardedBytes: 5056 });
    await cache.close();
    expect((await stat(join(folder, "features.index"))).size).toBe(16 + 2 * 56);
  });

  it("admits one writer, and takes over from a dead one only", async () => {
    const folder = fresh();
    const tries = await Promise.allSettled([1, 2, 3, 4].map(() => open(folder)));
    const [opened, ...others] = tries.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(others).toEqual([]);
    const cache = opened ?? (await open(folder));
    await expect(open(folder)).rejects.toMatchObject({ code: "data/folder-locked" });
    await cache.close();
    await cache.close();
    await expect(cache.get("p")).rejects.toMatchObject({ code: "data/cache-closed" });

    const lock = (owner: object) =>
      writeFile(join(folder, "lock"), JSON.stringify({ thread: 0, token: "t", ...owner }));
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    await lock({ pid: dead, host: "elsewhere.invalid" });
    await expect(open(folder)).rejects.toMatchObject({ code: "data/folder-locked" });
    await lock({ pid: process.ppid, host: hostname() });
    await expect(open(folder)).rejects.toMatchObject({ code: "data/folder-locked" });
    await writeFile(join(folder, "lock"), "");
    await expect(open(folder)).rejects.toMatchObject({ code: "data/folder-locked" });
    await lock({ pid: dead, host: hostname() });
    await (await open(folder)).close();
  });

  it("refuses a file that is something else, and leaves it alone", async () => {
    const folder = fresh();
    await (await open(folder)).close();
    await writeFile(join(folder, "features.bin"), "a precious file of mine");
    await expect(open(folder)).rejects.toMatchObject({ code: "data/not-a-feature-cache" });
    expect(await readFile(join(folder, "features.bin"), "utf8")).toBe("a precious file of mine");
    await writeFile(join(root, "file"), "");
    await expect(open(join(root, "file"))).rejects.toMatchObject({ code: "data/cache-failed" });
  });

  it("holds thousands of pictures written at once", async () => {
    const folder = fresh();
    const cache = await open(folder);
    const names = Array.from({ length: 3000 }, (_, i) => `picture-${i}`);
    await Promise.all(names.map((name, i) => cache.getOrCompute(name, async () => features(i))));
    await cache.close();
    const again = await open(folder);
    const stored = await Promise.all(names.map((name) => again.get(name)));
    expect(stored.every((one, i) => one?.maps?.data[0] === i)).toBe(true);
    expect(again.report()).toMatchObject({ entries: 3000, hits: 3000, corrupted: 0 });
    await again.close();
  });
});

describe("A cache that another process writes to", () => {
  it("is refused, or read beside it: what is there is found, what is new is not kept", async () => {
    const folder = await mkdtemp(join(tmpdir(), "relata-cache-"));
    const extractor = "e";
    const one = { maps: { shape: [2], data: Float32Array.of(1, 2) } };
    const two = { maps: { shape: [1], data: Float32Array.of(3) } };
    await using writer = await FeatureCache.open(folder, { extractor });
    await writer.getOrCompute("a", async () => one);
    await expect(FeatureCache.open(folder, { extractor })).rejects.toMatchObject({
      code: "data/folder-locked",
    });
    {
      await using reader = await FeatureCache.open(folder, { extractor, shared: true });
      expect([...(await reader.get("a"))!.maps!.data]).toEqual([1, 2]);
      expect((await reader.getOrCompute("b", async () => two)).maps?.data).toEqual(two.maps.data);
    }
    await writer.getOrCompute("c", async () => two);
    expect(await writer.get("b")).toBeUndefined();
    expect(writer.has("c")).toBe(true);
  });
});
