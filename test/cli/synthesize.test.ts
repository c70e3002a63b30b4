import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startOpenaiServer } from "../../src/synthesis/generators/testing/openai-server.ts";
import type { ProtocolServer } from "../../src/synthesis/generators/testing/protocol-server.ts";
import { CLI } from "./run-cli.ts";
import { relata } from "./warm-program.ts";

const SHARED = process.env.RELATA_SHARED ?? resolve(import.meta.dirname, "../../../shared");
const WEBNLG = join(SHARED, "data/webnlg/val_triples.json");

let work = "";
let server: ProtocolServer;

function writePlan(name: string, changes: object = {}, price = 0): void {
  const base = { baseUrl: `${server.url}/v1`, costPerCall: price };
  const plan = {
    data: { path: "posts.jsonl" },
    ...{ direction: "text", rounds: 2, chains: 2, seed: 3 },
    textToImage: { adapter: "openai-images", model: "drawing", sendSeed: true, ...base },
    imageToText: { adapter: "openai-chat", model: "telling", ...base },
    ...changes,
  };
  writeFileSync(join(work, name), JSON.stringify(plan));
}

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), "relata-cli-synthesize-"));
  server = await startOpenaiServer();
  const lines = [0, 1, 2, 3, 4].map((i) =>
    JSON.stringify({ id: `post-${i}`, text: `Ada met Bo at ${i}`, entities: [], relations: [] }),
  );
  writeFileSync(join(work, "posts.jsonl"), `${lines.join("\n")}\n`);
  writePlan("plan.json");
  writePlan("priced.json", {}, 0.25);
});
afterAll(async () => {
  await server.close();
  rmSync(work, { recursive: true, force: true });
});

const synthesize = (...args: readonly string[]) => relata(["synthesize", ...args], { cwd: work });

describe("relata synthesize", () => {
  it("says what it would make and cost, and makes nothing, with --dry-run", async () => {
    const { code, stdout } = await synthesize("priced.json", "--store", "dry", "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toContain("5 instances with a real text, 2 chains each, 2 rounds: 30 steps, 0 done");
    expect(stdout).toMatch(/textToImage: openai-images drawing\s+20\s+0\.25\s+5\.00/);
    expect(stdout).toContain("cost at most 7.50");
    expect(existsSync(join(work, "dry"))).toBe(false);
    expect(server.received).toHaveLength(0);
  });

  it("makes a store that can be inspected and exported", async () => {
    const made = await synthesize("plan.json", "--store", "views");
    expect(made.stdout).toContain("complete: 30 calls made now, all in views");
    expect(made.code).toBe(0);
    expect(readdirSync(join(work, "views")).sort()).toEqual([
      ...["ledger.jsonl", "objects", "store.json", "timings.jsonl"],
    ]);
    const inspected = await synthesize("inspect", "views", "--json");
    expect(JSON.parse(inspected.stdout)).toMatchObject({ survey: { planned: 30, done: 30, generated: 30 } });
    const lineage = await synthesize("inspect", "views", "--instance", "post-2");
    expect(lineage.stdout).toContain("post-2: real text");
    expect(lineage.stdout).toContain("Ada met Bo at 2");
    expect(lineage.stdout).toMatch(/1\. picture generated, openai-images drawing, seed \d+, \d+ ms/);
    const exported = await synthesize("export", "views", "views.parquet", "--to", "parquet");
    expect(exported.stdout).toContain("wrote 20 views to views.parquet");
    const nobody = await synthesize("inspect", "views", "--instance", "post-9");
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining("synthesis/no-such-instance")]);
  });

  it("asks nobody where nobody is: calls that cost money need --yes, and --budget ends them in time", async () => {
    const before = server.received.length;
    const unasked = await synthesize("priced.json", "--store", "paid");
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("cli/needs-consent")]);
    expect(server.received).toHaveLength(before);
    const ended = await synthesize("priced.json", "--store", "paid", "--yes", "--budget", "2");
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain("the budget is used up: 8 calls made now, 22 steps left");
    expect(ended.stdout).toContain("resume with: relata synthesize priced.json --store paid");
    expect(server.received).toHaveLength(before + 8);
    const whole = await synthesize("priced.json", "--store", "paid", "--yes", "--json");
    expect(JSON.parse(whole.stdout)).toMatchObject({ complete: true, counts: { calls: 22, spent: 7.5 } });
  });

  it("stops on SIGINT, says how to continue, and continues", async () => {
    server.misbehave(...Array.from({ length: 8 }, () => ({ kind: "slow", ms: 60_000 }) as const));
    const child = spawn(process.execPath, [CLI, "synthesize", "plan.json", "--store", "stopped"], {
      cwd: work,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    child.stdout.on("data", (text: Buffer) => {
      stdout += text.toString();
    });
    child.stderr.on("data", (text: Buffer) => {
      if (text.toString().startsWith("steps")) setTimeout(() => child.kill("SIGINT"), 200);
    });
    const code = await new Promise((done) => child.once("close", done));
    expect(code).toBe(130);
    expect(stdout).toContain("resume with: relata synthesize plan.json --store stopped");
    await server.close();
    server = await startOpenaiServer();
    writePlan("plan.json"); // the server's address is not part of a call
    expect((await synthesize("plan.json", "--store", "stopped")).code).toBe(0);
  });

  it("exits with 1 when calls failed, counts them, and makes them again", async () => {
    const failure = { kind: "reply", reply: { status: 500, body: "no" } } as const;
    writePlan("hasty.json", {
      textToImage: {
        adapter: "openai-images",
        model: "drawing",
        baseUrl: `${server.url}/v1`,
        retry: { times: 0 },
      },
      rounds: 1,
    });
    server.misbehave(failure, failure, failure);
    const failed = await synthesize("hasty.json", "--store", "failed");
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain("3 failed: synthesis/server-failed");
    expect(failed.stdout).toContain("3 calls failed: 7 calls made now, 3 steps left");
    expect((await synthesize("hasty.json", "--store", "failed")).stdout).toContain(
      "complete: 3 calls made now",
    );
  });

  it("refuses a store that was begun with another plan", async () => {
    writePlan("other.json", { seed: 4 });
    const { code, stderr } = await synthesize("other.json", "--store", "views");
    expect([code, stderr]).toEqual([2, expect.stringContaining("seed: was 3, is 4")]);
  });

  it.skipIf(!existsSync(WEBNLG))(
    "plans and begins WebNLG's texts (skipped without the shared data)",
    async () => {
      writePlan("webnlg.json", { data: { path: WEBNLG, format: "webnlg" } });
      const { stdout, code } = await synthesize("webnlg.json", "--store", "webnlg", "--limit", "4", "--json");
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        complete: false,
        survey: { planned: 500 * 6, done: 4 * 6 },
      });
    },
  );
});
