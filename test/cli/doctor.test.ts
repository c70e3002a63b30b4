// `relata doctor` as a program: lines for people, one JSON document for programs, and an exit code for scripts.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { relata } from "./warm-program.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-doctor-"));
  await writeFile(join(folder, "file"), "");
});
afterAll(() => rm(folder, { recursive: true }));

it("ends with 0 without a network, and with 1 if the cache cannot be written", async () => {
  const env = { HF_ENDPOINT: "http://127.0.0.1:9" };
  const options = { cwd: folder, env: { ...env, HF_HUB_CACHE: join(folder, "hub") } };
  const well = await relata(["doctor"], options);
  expect([well.code, well.stderr]).toEqual([0, ""]);
  expect(well.stdout).toMatch(/^ok {7}node: relata /);
  expect(well.stdout).toMatch(/^note {5}hub: http:\/\/127\.0\.0\.1:9 cannot be reached/m);
  expect(well.stdout).toMatch(/11 checks: 0 problems, \d notes?$/m);
  const ill = await relata(["doctor", "--json"], {
    cwd: folder,
    env: { ...env, HF_HUB_CACHE: join(folder, "file") },
  });
  expect(ill.code).toBe(1);
  const { healthy, findings } = JSON.parse(ill.stdout);
  expect(healthy).toBe(false);
  expect(findings.filter(({ state }: { readonly state: string }) => state === "problem")).toEqual([
    expect.objectContaining({ check: "cache", remedy: expect.stringContaining("HF_HOME") }),
  ]);
});
