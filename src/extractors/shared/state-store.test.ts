import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { StateStore } from "./state-store.ts";

const folder = await mkdtemp(join(tmpdir(), "relata-state-store-"));
afterAll(() => rm(folder, { recursive: true }));

const row = (seed: number, length: number) => Float32Array.from({ length }, (_, i) => Math.sin(seed + i));

it("gives back every row, those beyond the memory limit from the scratch file", () => {
  const store = new StateStore({ memoryBytes: 100, folder });
  const lengths = [10, 12, 5, 40, 3];
  lengths.forEach((length, i) => {
    store.add(`row ${i}`, row(i, length));
  });
  // 40 + 48 bytes fit; 20 do not; 160 do not; 12 do
  expect(store.bytes).toEqual({ memory: 100, scratch: 180 });
  lengths.forEach((length, i) => {
    const target = new Float32Array(length + 2);
    expect(store.copy(`row ${i}`, target, 1)).toBe(true);
    expect(target).toEqual(Float32Array.of(0, ...row(i, length), 0));
  });
  expect(store.has("row 9")).toBe(false);
  expect(store.copy("row 9", new Float32Array(3), 0)).toBe(false);
});

it("leaves no file behind, however the process ends", async () => {
  const store = new StateStore({ memoryBytes: 0, folder });
  store.add("a", row(1, 8));
  expect(await readdir(folder)).toEqual([]);
  const target = new Float32Array(8);
  store.copy("a", target, 0);
  expect(target).toEqual(row(1, 8));
});

it("names the folder where it cannot write", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  const store = new StateStore({ memoryBytes: 0, folder: file });
  expect(() => store.add("a", row(1, 2))).toThrow(
    expect.objectContaining({ code: "data/cannot-write", place: file }),
  );
  await rm(file);
});
