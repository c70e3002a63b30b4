// Several processes on one store, with a local server that counts: no call is made twice, and the store equals that of one process.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startOpenaiServer } from "../../src/synthesis/generators/testing/openai-server.ts";
import { jsonOf, type ProtocolServer } from "../../src/synthesis/generators/testing/protocol-server.ts";
import { CLI, relata } from "../cli/run-cli.ts";
import { storeFiles } from "./store-files.ts";

const TEXTS = 40;
const CHAINS = 2;
const STEPS = 3;

let work = "";
let server: ProtocolServer;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), "relata-share-"));
  server = await startOpenaiServer();
  const lines = Array.from({ length: TEXTS }, (_, i) => {
    const text = i === 7 ? "a forbidden text" : `Ada met Bo in town ${i}`;
    return JSON.stringify({ id: `post-${i}`, text, entities: [], relations: [] });
  });
  writeFileSync(join(work, "posts.jsonl"), `${lines.join("\n")}\n`);
  const plan = {
    data: { path: "posts.jsonl" },
    ...{ direction: "text", rounds: 2, chains: CHAINS, seed: 3 },
    textToImage: { adapter: "openai-images", baseUrl: `${server.url}/v1`, model: "drawing", sendSeed: true },
    imageToText: { adapter: "openai-chat", baseUrl: `${server.url}/v1`, model: "telling" },
  };
  writeFileSync(join(work, "plan.json"), JSON.stringify(plan));
});

afterAll(async () => {
  await server.close();
  rmSync(work, { recursive: true, force: true });
}, 60_000);

/** Runs this many processes on one store and returns what the server was asked meanwhile. */
async function share(processes: number, store: string): Promise<readonly string[]> {
  const before = server.received.length;
  const runs = await Promise.all(
    Array.from({ length: processes }, () =>
      relata(["synthesize", "plan.json", "--store", store, "--json"], { cwd: work }),
    ),
  );
  for (const { code, stdout, stderr } of runs) {
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ complete: true });
  }
  const requests = server.received.slice(before);
  const answered = runs.reduce((sum, { stdout }) => sum + JSON.parse(stdout).counts.calls, 0);
  expect(requests.length).toBe(answered);
  return requests.map((request) => {
    const { prompt, seed, messages } = jsonOf(request);
    return JSON.stringify([request.path, prompt, seed, messages]);
  });
}

/** Starts a run and kills it after some requests to the server. */
async function killed(store: string): Promise<void> {
  const child = spawn(process.execPath, [CLI, "synthesize", "plan.json", "--store", store], {
    cwd: work,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise((done) => child.once("exit", done));
  const before = server.received.length;
  while (server.received.length < before + 20) await sleep(20);
  child.kill("SIGKILL");
  await ended;
}

describe("processes that share a store", () => {
  let alone: readonly string[] = [];
  let wanted: Readonly<Record<string, string>> = {};
  beforeAll(async () => {
    alone = await share(1, "alone");
    wanted = storeFiles(join(work, "alone"));
  }, 60_000);

  test.each([2, 4])(
    "make every call once and leave the store that one process leaves: %d processes",
    { timeout: 120_000 },
    async (processes) => {
      // The forbidden text is refused in both chains, so their further steps are not made.
      expect(alone).toHaveLength(TEXTS * CHAINS * STEPS - CHAINS * (STEPS - 1));
      const shared = await share(processes, `shared-${processes}`);
      expect([...shared].sort()).toEqual([...alone].sort());
      expect(storeFiles(join(work, `shared-${processes}`))).toEqual(wanted);
    },
  );

  test("take over what a killed one had begun", { timeout: 120_000 }, async () => {
    const before = server.received.length;
    const other = relata(["synthesize", "plan.json", "--store", "orphaned"], { cwd: work });
    await killed("orphaned");
    expect((await other).code).toBe(0);
    expect(storeFiles(join(work, "orphaned"))).toEqual(wanted);
    // Only running calls may be repeated: at most 4 for each of the two generators.
    expect(server.received.length - before - alone.length).toBeLessThanOrEqual(8);
  });
});
