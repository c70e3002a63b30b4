// Shards, and workers of a queue, that publish their units in a bucket whose server fails now and then: gathered, they give the file of one
// undisturbed run.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { installedServers, startServer } from "../../scripts/queue-servers.mjs";
import { S3TestServer, TEST_KEYS } from "../../scripts/s3-server.mjs";
import { readDocuments } from "../../src/data/readers.ts";
import { tinyModel, tinyWorld } from "../../src/extract/testing/tiny-models.ts";
import { CLI } from "./run-cli.ts";
import { relata } from "./warm-program.ts";

let folder: string;
let model: string;
/** Names of the pictures that posts have. */
const seen = new Set<string>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-s3-units-"));
  const world = await tinyWorld(folder);
  model = await tinyModel(world, "mner", "pictures");
  const { documents } = await readDocuments(world.files.validation);
  const rows = Array.from({ length: 300 }, (_, row) => {
    const { text, image } = documents[row % documents.length]!; // within the list
    if (image === undefined || row % 10 > 0) return { id: `p${row}`, text: `${text} ${row}` };
    seen.add(image);
    return { id: `p${row}`, text: `${text} ${row}`, image };
  });
  await writeFile(join(folder, "posts.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

it("gathers from a bucket what shards published there", { timeout: 240_000 }, async () => {
  let sent = 0;
  const faults = { 2: "slow-down", 5: "reset-after", 8: "truncate" } as const;
  const server = await S3TestServer.start({ fault: () => faults[(sent++ % 9) as keyof typeof faults] });
  try {
    const run = (out: string, ...more: string[]) =>
      relata(
        ["extract", model, "posts.jsonl", "--out", out, "--no-pictures", "--threads", "1", "--json", ...more],
        {
          cwd: folder,
          env: { ...TEST_KEYS, AWS_ENDPOINT_URL_S3: server.url },
        },
      );
    const units = ["--unit-rows", "128", "--units", "s3://bucket/posts"];
    const single = await run("one.jsonl");
    expect(single.code, single.stderr).toBe(0);
    for (const shard of ["0/2", "1/2"]) {
      const { code, stderr } = await run("many.jsonl", ...units, "--shard", shard);
      expect(code, stderr).toBe(0);
    }
    const gathered = await run("many.jsonl", ...units, "--gather");
    expect(gathered.code, gathered.stderr).toBe(0);
    const read = (name: string) => readFile(join(folder, name), "utf8");
    expect(await read("many.jsonl")).toBe(await read("one.jsonl"));
    expect([...server.objects.keys()].every((key) => key.startsWith("posts/"))).toBe(true);
    expect(server.objects.size).toBeGreaterThan(3); // three units, where they begin, the probe
    expect(await readdir(folder)).not.toContain("many.jsonl.units");
  } finally {
    await server.close();
  }
});

it.runIf(installedServers().includes("redis"))(
  "gathers what workers put there that see neither posts nor pictures nor folder, one of them killed before its put was answered",
  { timeout: 240_000 },
  async () => {
    let sent = 0;
    let victim: ChildProcess | undefined;
    const faults = { 2: "slow-down", 4: "error", 6: "conflict", 8: "reset-after", 10: "truncate" } as const;
    const server = await S3TestServer.start({
      fault({ method, key }) {
        if (method === "PUT" && key.includes("/units/") && victim?.kill("SIGKILL")) {
          victim = undefined;
          return "reset-after"; // the result is there, and nobody has told the queue
        }
        return faults[(sent++ % 11) as keyof typeof faults];
      },
    });
    const queue = await startServer("redis");
    const elsewhere = join(folder, "elsewhere");
    await mkdir(elsewhere);
    const startWorker = () => {
      const args = ["--queue", queue.url, "--model", model, "--lease", "2", "--threads", "1", "--json"];
      return spawn(process.execPath, [CLI, "work", ...args], {
        cwd: elsewhere,
        env: { ...process.env, ...TEST_KEYS },
        stdio: ["ignore", "pipe", "ignore"],
      });
    };
    let worker: ChildProcess | undefined;
    try {
      const run = (out: string, ...more: string[]) =>
        relata(
          [
            ...["extract", relative(folder, model), "posts.jsonl", "--pictures", "pictures"],
            ...["--out", out, "--json", ...more],
          ],
          { cwd: folder, env: TEST_KEYS },
        );
      victim = startWorker();
      const killed = once(victim, "exit");
      const units = [
        "--units",
        `s3://bucket/queued?endpoint=${server.url}`,
        "--unit-rows",
        "128",
        "--publish-posts",
      ];
      const submitted = run("queued.jsonl", ...units, "--queue", queue.url);
      await killed;
      worker = startWorker();
      const { code, stdout, stderr } = await submitted;
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        units: 3,
        account: { posts: 300, visual: { picture: expect.any(Number), missing: 0, broken: 0 } },
      });
      const pictures = [...server.objects.keys()].filter((key) => key.includes("/pictures/"));
      expect(pictures).toHaveLength(seen.size);
      const single = await run("alone.jsonl");
      expect(single.code, single.stderr).toBe(0);
      const read = (name: string) => readFile(join(folder, name), "utf8");
      expect(await read("queued.jsonl")).toBe(await read("alone.jsonl"));
      worker.kill("SIGTERM");
      const [said] = await Promise.all([textOf(worker), once(worker, "exit")]);
      expect(JSON.parse(said)).toMatchObject({ published: 2, before: 1, failed: 0 });
      expect(await readdir(elsewhere)).toEqual([]);
    } finally {
      victim?.kill("SIGKILL");
      worker?.kill("SIGKILL");
      await queue.stop();
      await server.close();
    }
  },
);

async function textOf({ stdout }: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of stdout ?? []) text += String(chunk);
  return text;
}
