// Some hundred hostile requests against `relata serve` with tiny models that see pictures.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { exportBundle } from "../../../src/extract/export-bundle.ts";
import { tinyModel, tinyWorld } from "../../../src/extract/testing/tiny-models.ts";
import { SETTINGS } from "../../../src/serving/settings.ts";
import { CLI } from "../../cli/run-cli.ts";
import { type ApiDocument, requestsByHand, requestsOf } from "./requests.ts";
import { sendAll } from "./send.ts";

let folder: string;
let server: ChildProcess;
let address: string;
let log = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-hostile-"));
  const world = await tinyWorld(folder);
  const entities = await tinyModel(world, "mner", "pictures");
  const relations = await tinyModel(world, "mre", "pictures");
  await exportBundle({ entities, relations, folder: join(folder, "posts") });
  server = spawn(process.execPath, [CLI, "serve", join(folder, "posts"), "--port", "0", "--no-page"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  server.stderr!.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  }); // a pipe, as asked for
  const [line] = (await once(createInterface(server.stdout!), "line")) as [string];
  address = /http:\S+/.exec(line)?.[0] ?? "";
}, 600_000);
afterAll(async () => {
  server.kill();
  await once(server, "close");
  await rm(folder, { recursive: true });
}, 120_000);

it("are answered as planned, and no worker is lost", { timeout: 600_000 }, async () => {
  const document = (await (await fetch(`${address}/openapi.json`)).json()) as ApiDocument;
  const generated = fc.sample(requestsOf(document), { numRuns: 200, seed: 5 });
  const limits = {
    maxTextLength: SETTINGS.maxTextLength.fallback,
    maxPosts: SETTINGS.maxPosts.fallback,
    maxBodyBytes: SETTINGS.maxBodyBytes.fallback,
  };
  const { faults, statuses } = await sendAll(address, [...generated, ...requestsByHand(limits)], 4);
  expect(faults).toEqual([]);
  for (const key of ["valid 200", "form 200", "by hand 422"]) expect([...statuses.keys()]).toContain(key);
  const metrics = await (await fetch(`${address}/metrics`)).text();
  expect(metrics).toMatch(/relata_workers_lost_total\{.*\} 0/);
  expect(log).not.toMatch(/ error /);
});
