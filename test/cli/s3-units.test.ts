// Shards that publish their units in a bucket whose server fails now and then: gathered, they give the file of one undisturbed run.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tinyModel, tinyWorld } from "../../src/extract/testing/tiny-models.ts";
import { S3TestServer, TEST_KEYS } from "../../src/units/testing/s3-server.ts";
import { relata } from "./warm-program.ts";

let folder: string;
let model: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-s3-units-"));
  const world = await tinyWorld(folder);
  model = await tinyModel(world, "mner", "none");
  const texts = world.corpus.posts.validation.map(({ text }) => text);
  const rows = Array.from({ length: 300 }, (_, row) => ({
    id: `p${row}`,
    text: `${texts[row % texts.length]} ${row}`,
  }));
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
