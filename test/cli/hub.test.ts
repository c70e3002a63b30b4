// A trained bundle to a hub and back through the program: it answers the same, and what goes wrong is said with its remedy.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportBundle } from "../../src/extract/export-bundle.ts";
import { type TinyWorld, tinyModel, tinyWorld } from "../../src/extract/testing/tiny-models.ts";
import { LocalHub } from "../../src/hub/testing/local-hub.ts";
import { relata } from "./warm-program.ts";

const TOKEN = "hf_of-the-command-line";
const POST = "Adam Novak sends greetings from Penrose";
let world: TinyWorld;
let hub: LocalHub;
const inWorld = (...names: string[]) => join(world.folder, ...names);
const atHub = (args: readonly string[], env: Record<string, string> = {}) =>
  relata([...args, "--endpoint", hub.address], {
    env: { HF_TOKEN: TOKEN, HF_HOME: inWorld("home"), ...env },
  });

beforeAll(async () => {
  world = await tinyWorld(await mkdtemp(join(tmpdir(), "relata-cli-hub-")));
  await exportBundle({
    entities: await tinyModel(world, "mner", "none"),
    relations: await tinyModel(world, "mre", "none"),
    folder: inWorld("bundle"),
    constraintsFrom: { path: world.files.train, format: "relata" },
  });
  hub = new LocalHub({ token: TOKEN, largeFrom: 20_000, partBytes: 50_000 });
  await hub.start();
}, 120_000);
afterAll(async () => {
  await hub.stop();
  await rm(world.folder, { recursive: true });
});

describe("relata push and relata pull", { timeout: 120_000 }, () => {
  it("bring a bundle to a hub and back, and it answers the same", async () => {
    const listed = await atHub(["push", inWorld("bundle"), "ada/posts", "--dry-run"]);
    expect([listed.code, listed.stdout]).toEqual([0, expect.stringContaining("would send")]);
    expect(hub.repos.size).toBe(0);
    const pushed = await atHub(["push", inWorld("bundle"), "ada/posts"]);
    expect([pushed.code, pushed.stdout]).toEqual([
      0,
      expect.stringMatching(/pushed \d+ files, .*a new repository/),
    ]);
    expect(pushed.stdout + pushed.stderr).not.toContain(TOKEN);
    const card = hub.repos.get("ada/posts")?.files.get("README.md")?.content;
    expect(Buffer.from(card ?? []).toString()).toMatch(/^---\n[\s\S]*library_name: relata/);
    const pulled = await atHub(["pull", "ada/posts", inWorld("back")]);
    expect([pulled.code, pulled.stderr]).toEqual([0, expect.any(String)]);
    const answers = await Promise.all(
      ["bundle", "back"].map((name) => relata(["extract", inWorld(name), "--text", POST, "--json"])),
    );
    expect(answers.map(({ code }) => code)).toEqual([0, 0]);
    expect(answers[1]!.stdout).toBe(answers[0]!.stdout);
    expect(JSON.parse(answers[0]!.stdout)).toHaveProperty("entities");
  });

  it("push the same bundle again only where it may replace what is there", async () => {
    const again = await atHub(["push", inWorld("bundle"), "ada/posts"]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("--replace");
  });

  it("say what a folder, a token or a changed file lacks, and leave nothing behind", async () => {
    const noModel = await atHub(["push", inWorld("corpus-that-is-missing"), "ada/other"]);
    expect([noModel.code, noModel.stderr]).toEqual([2, expect.stringContaining("error[hub/not-a-model]")]);
    const wrong = await atHub(["push", inWorld("bundle"), "ada/other"], { HF_TOKEN: "hf_wrong" });
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringMatching(/error\[hub\/[\w-]+\][\s\S]*token/),
    ]);
    expect(wrong.stderr).not.toContain("hf_wrong");
    expect(hub.repos.has("ada/other")).toBe(false);
    const config = hub.repos.get("ada/posts")!.files;
    const manifest = config.get("manifest.json")!;
    config.set("manifest.json", { ...manifest, content: Buffer.from("{}") });
    const damaged = await atHub(["pull", "ada/posts", inWorld("damaged")]);
    expect([damaged.code, damaged.stderr]).toEqual([
      expect.any(Number),
      expect.stringContaining("error[bundle/bad-manifest]: ada/posts/manifest.json is not a manifest"),
    ]);
    expect(damaged.code).toBeGreaterThan(0);
    expect(damaged.stderr).not.toContain("caused by"); // the schema library's JSON
    await expect(readFile(inWorld("damaged", "manifest.json"))).rejects.toMatchObject({ code: "ENOENT" });
    config.set("manifest.json", manifest);
  });
});
