import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { weightsFingerprint } from "./weights-fingerprint.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-fingerprint-"));
});
afterAll(() => rm(folder, { recursive: true }));

it("changes with every shard and with the index", async () => {
  const index = (first: string) =>
    writeFile(join(folder, "model.safetensors.index.json"), `{"weight_map":{"w":"${first}","v":"b"}}`);
  const seen = new Set<string>();
  await writeFile(join(folder, "a"), "1");
  await writeFile(join(folder, "b"), "1");
  await index("a");
  seen.add(await weightsFingerprint(folder));
  expect(await weightsFingerprint(folder)).toBe([...seen][0]);
  await writeFile(join(folder, "b"), "2");
  seen.add(await weightsFingerprint(folder));
  await writeFile(join(folder, "a"), "2");
  seen.add(await weightsFingerprint(folder));
  await index("b");
  seen.add(await weightsFingerprint(folder));
  expect(seen.size).toBe(4);
});

it("is the sha256 of a single file", async () => {
  await writeFile(join(folder, "model.safetensors"), "weights");
  expect(await weightsFingerprint(folder)).toBe(createHash("sha256").update("weights").digest("hex"));
});
