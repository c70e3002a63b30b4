// An extraction through a real server, with workers in processes of their own of which one is killed: the files of one undisturbed run.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installedServers, type QueueServer, startServer } from "../../scripts/queue-servers.mjs";
import { tinyModel, tinyWorld } from "../../src/extract/testing/tiny-models.ts";
import { CLI } from "./run-cli.ts";
import { relata } from "./warm-program.ts";

const ROWS = 1000;
let folder: string;
let model: string;
const workers = new Set<ChildProcess>();
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-queue-"));
  const world = await tinyWorld(folder);
  model = await tinyModel(world, "mner", "none");
  const texts = world.corpus.posts.validation.map(({ text }) => text);
  const rows = Array.from({ length: ROWS }, (_, row) => ({
    id: `p${row % 990}`,
    text: row % 50 === 49 ? "" : `${texts[row % texts.length]} ${row}`,
  }));
  await writeFile(at("posts.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}, 120_000);
afterAll(async () => {
  for (const worker of workers) worker.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
});

const extract = (out: string, ...more: string[]) =>
  relata(
    [
      ...["extract", model, "posts.jsonl", "--out", out, "--no-pictures", "--threads", "1", "--json"],
      ...more,
    ],
    { cwd: folder },
  );

function startWorker(url: string): ChildProcess {
  const args = [CLI, "work", "--queue", url, "--lease", "2", "--threads", "1"];
  const worker = spawn(process.execPath, args, { cwd: folder, stdio: "ignore" });
  workers.add(worker);
  return worker;
}

async function unitsIn(store: string): Promise<number> {
  const files = await readdir(at(store), { recursive: true }).catch(() => []);
  return files.filter((name) => /units\/\d+\/\d+$/.test(name)).length;
}

describe.each(installedServers())("relata extract --queue, with %s", (kind) => {
  let server: QueueServer;
  beforeAll(async () => {
    server = await startServer(kind);
  }, 120_000);
  afterAll(() => server.stop(), 60_000);

  it("writes the bytes of one run, though a worker is killed", async () => {
    const [one, many] = [`one-${kind}.jsonl`, `many-${kind}.jsonl`];
    const alone = await extract(one);
    expect(alone.code, alone.stderr).toBe(0);
    const submitted = extract(many, "--queue", server.url, "--unit-rows", "128");
    const victim = startWorker(server.url);
    while ((await unitsIn(`${many}.units`)) === 0) await sleep(20);
    victim.kill("SIGKILL");
    await once(victim, "exit");
    const worker = startWorker(server.url);
    const { code, stdout, stderr } = await submitted;
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ units: 8, account: JSON.parse(alone.stdout).account });
    for (const suffix of ["", ".rejected.jsonl"])
      expect(await readFile(at(many + suffix))).toEqual(await readFile(at(one + suffix)));
    worker.kill("SIGTERM");
    await once(worker, "exit");
    expect(worker.exitCode).toBe(0);
  }, 180_000);

  it("lets a process end whose worker is told to end before it has connected", async () => {
    const built = (name: string) =>
      JSON.stringify(new URL(`../units/queue/${name}.js`, pathToFileURL(CLI)).href);
    const program = `
      const { openBroker } = await import(${built("broker")});
      const { workUnits } = await import(${built("work-units")});
      const broker = await openBroker({ url: ${JSON.stringify(server.url)}, name: "ended" });
      await workUnits({ broker, signal: AbortSignal.abort(), open: () => undefined });
      broker[Symbol.dispose]?.();`;
    const worker = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: "ignore" });
    workers.add(worker);
    await once(worker, "exit");
    expect(worker.exitCode).toBe(0);
  });
});
