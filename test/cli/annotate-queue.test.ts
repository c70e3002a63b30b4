// An annotation in shards, and through a real server with workers of which one is killed: the documents of one run, and no question asked twice
// besides those that were under way.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installedServers, type QueueServer, startServer } from "../../scripts/queue-servers.mjs";
import { type ScriptedModel, startScriptedModel } from "../../scripts/scripted-model.mjs";
import { CLI } from "./run-cli.ts";
import { relata } from "./warm-program.ts";

const POSTS = 40;
const CALLS = 2 * POSTS;
const hasRedis = installedServers().includes("redis");
if (!hasRedis) console.log("relata annotate --queue: redis-server is not installed here");

let folder: string;
let model: ScriptedModel;
let server: QueueServer;
const workers = new Set<ChildProcess>();
const at = (name: string) => join(folder, name);
const lines = (values: readonly object[]) => values.map((value) => `${JSON.stringify(value)}\n`).join("");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-annotate-queue-"));
  const truth = Array.from({ length: POSTS }, (_, i) => {
    const name = `Ada ${["Novak", "Stern", "Hara"][i % 3]}`;
    const entities = [{ start: 0, end: name.length, label: "person" }];
    return { id: `post-${i}`, text: `${name} met the team on day ${i}`, entities, relations: [] };
  });
  await writeFile(at("posts.jsonl"), lines(truth.map(({ id, text }) => ({ id, text }))));
  await writeFile(at("labels.json"), JSON.stringify({ entities: { person: "a name" } }));
  model = await startScriptedModel({ documents: truth, faults: ["prose", "edges"], rate: 0.5, delayMs: 30 });
  if (hasRedis) server = await startServer("redis");
  const alone = await annotate("one.jsonl");
  expect([alone.code, alone.stderr]).toEqual([0, ""]);
}, 120_000);
afterAll(async () => {
  for (const worker of workers) worker.kill("SIGKILL");
  await server?.stop();
  await model.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
}, 60_000);

const argumentsFor = (out: string, ...more: string[]) => [
  ...["annotate", "posts.jsonl", "--schema", "labels.json", "--base-url", model.url, "--model", "scripted"],
  ...["--samples", "2", "--concurrency", "2", "--out", out, "--json", ...more],
];
const annotate = (out: string, ...more: string[]) => relata(argumentsFor(out, ...more), { cwd: folder });
const priced = ["--price-per-million-input", "10", "--price-per-million-output", "10"];
const codeOf = (stderr: string) =>
  /error\[([\w/-]+)\]|"code":"([\w/-]+)"/.exec(stderr)?.slice(1).find(Boolean);
/** A file of documents without the times of their answers. */
const timeless = async (name: string) =>
  (await readFile(at(name), "utf8")).replaceAll(/"at":"[^"]*"/g, '"at":""');

function startWorker(): ChildProcess {
  const args = [CLI, "work", "--queue", server.url, "--lease", "2"];
  const worker = spawn(process.execPath, args, { cwd: folder, stdio: "ignore" });
  workers.add(worker);
  return worker;
}

describe("relata annotate --shard", () => {
  it("writes the documents of one run after a kill, and names what is missing before", async () => {
    const before = model.answered.length;
    const killed = spawn(process.execPath, [CLI, ...argumentsFor("many.jsonl", "--shard", "0/2")], {
      cwd: folder,
      stdio: "ignore",
    });
    while (model.answered.length < before + 6 && killed.exitCode === null) await sleep(10);
    killed.kill("SIGKILL");
    await once(killed, "exit");
    const other = await annotate("many.jsonl", "--shard", "1/2");
    expect([other.code, other.stderr]).toEqual([0, ""]);
    const early = await annotate("many.jsonl", "--gather");
    expect(early.code).toBe(1);
    expect(JSON.parse(early.stderr).error).toMatchObject({
      code: "units/incomplete",
      message: expect.stringMatching(/documents? without all answers in .*of the store not finished: 0/),
    });
    expect(existsSync(at("many.jsonl"))).toBe(false);
    expect((await annotate("many.jsonl", "--shard", "0/2")).code).toBe(0);
    const asked = model.answered.slice(before);
    expect(new Set(asked).size).toBe(CALLS);
    expect(asked.length).toBeLessThanOrEqual(CALLS + 2); // those under way at the kill
    const gathered = await annotate("many.jsonl", "--gather");
    expect(gathered.code, gathered.stderr).toBe(0);
    expect(model.answered.length - before).toBe(asked.length);
    expect(await timeless("many.jsonl")).toBe(await timeless("one.jsonl"));
  }, 120_000);

  it("refuses what does not go together, and the store of other questions", async () => {
    const codes = async (...more: string[]) => codeOf((await annotate("x.jsonl", ...more)).stderr);
    expect(await codes("--shard", "5/3")).toBe("units/wrong-shard");
    expect(await codes("--shard", "0/2", "--gather")).toBe("cli/contradiction");
    expect(await codes("--shard", "0/2", "--review", "page:check")).toBe("cli/contradiction");
    expect(await codes("--gather", "--dry-run")).toBe("cli/contradiction");
    expect(await codes("--queue", "amqp://host")).toBe("units/unknown-queue");
    expect(await codes("--shard", "0/2", "--seed", "9", "--store", "one-answers")).toBe(
      "synthesis/other-plan",
    );
  }, 60_000);
});

describe.runIf(hasRedis)("relata annotate --queue", () => {
  it("writes the documents of one run, though a worker is killed; consent and price are asked for once", async () => {
    const unasked = await annotate("queued.jsonl", ...priced, "--queue", server.url);
    expect([unasked.code, codeOf(unasked.stderr)]).toEqual([2, "cli/needs-consent"]);
    const before = model.answered.length;
    const submitted = annotate("queued.jsonl", ...priced, "--queue", server.url, "--yes");
    const victim = startWorker();
    while (model.answered.length < before + 6) await sleep(10);
    victim.kill("SIGKILL");
    await once(victim, "exit");
    const others = [startWorker(), startWorker()];
    const { code, stdout, stderr } = await submitted;
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ complete: true, givenUp: [] });
    const asked = model.answered.slice(before);
    expect(new Set(asked).size).toBe(CALLS);
    expect(asked.length).toBeLessThanOrEqual(CALLS + 2);
    expect(await timeless("queued.jsonl")).toBe(await timeless("one.jsonl"));

    // One budget for both workers: about half of what all answers cost.
    const { cost } = JSON.parse(stdout);
    const limited = await annotate(
      "poor.jsonl",
      ...priced,
      "--queue",
      server.url,
      "--yes",
      "--budget",
      `${cost / 2}`,
    );
    expect(limited.code).toBe(1);
    const poor = JSON.parse(limited.stdout);
    expect(poor.stop).toBe("budget");
    expect(poor.cost).toBeLessThanOrEqual(cost / 2);
    expect(poor.account.documents.unanswered).toBeGreaterThan(0);
    for (const worker of others) worker.kill("SIGTERM");
    for (const worker of others) if (worker.exitCode === null) await once(worker, "exit");
    expect(others.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  }, 180_000);
});
