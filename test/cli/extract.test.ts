// `relata export` and `relata extract` run from a shell, with models trained on a small embedded corpus.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TinyWorld, tinyModel, tinyWorld } from "../../src/extract/testing/tiny-models.ts";
import { CLI } from "./run-cli.ts";
import { relata } from "./warm-program.ts";

let cwd: string;
let world: TinyWorld;
const run = (...args: string[]) => relata(args, { cwd });
const start = (...args: string[]) => spawn(process.execPath, [CLI, ...args], { cwd, stdio: "pipe" });
const ROWS = 1280;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "relata-extract-"));
  world = await tinyWorld(cwd);
  const entities = await tinyModel(world, "mner", "pictures");
  const relations = await tinyModel(world, "mre", "pictures");
  const exported = await run("export", entities, relations, "bundle", "--constraints-from", "train.jsonl");
  expect([exported.code, exported.stdout]).toEqual([
    0,
    expect.stringContaining("per/per/colleagues: person > person 16"),
  ]);
  const texts = world.corpus.posts.validation.map(({ text }) => text);
  const lines = Array.from({ length: ROWS }, (_, row) =>
    JSON.stringify({ text: row % 100 === 99 ? "" : texts[row % texts.length] }),
  );
  await writeFile(join(cwd, "posts.jsonl"), `${lines.join("\n")}\n`);
}, 180_000);
afterAll(() => rm(cwd, { recursive: true }));

describe("relata extract --text", () => {
  it("prints what is in a post, for machines and for people", async () => {
    const post = world.corpus.posts.validation.find(({ image }) => image !== undefined)!;
    const args = ["extract", "bundle", "--text", post.text, "--picture"];
    const seen = await run(...args, `pictures/${post.id}.png`, "--json");
    const found = JSON.parse(seen.stdout);
    expect(found).toMatchObject({ text: post.text, visual: "picture", calibrated: true, notes: [] });
    const blind = await run(...args, "nowhere.png");
    expect(blind.code).toBe(0);
    expect(blind.stdout).toContain("the picture was not used: [config/no-such-picture]");
    expect(found.entities.length).toBeGreaterThan(0);
    for (const { label } of found.entities) expect(blind.stdout).toContain(label);
  });

  it("explains what the picture did, for machines and for people, and says so where none was used", async () => {
    const post = world.corpus.posts.validation.find(({ image }) => image !== undefined)!;
    const args = ["extract", "bundle", "--text", post.text, "--explain"];
    const picture = ["--picture", `pictures/${post.id}.png`];
    const { explanation } = JSON.parse((await run(...args, ...picture, "--json")).stdout);
    expect(explanation).toMatchObject({
      withoutPicture: { entities: expect.any(Array), relations: expect.any(Array) },
      regions: [{ kind: "whole", box: [0, 0, 96, 96], models: ["entities", "relations"] }],
      picture: { width: 96, height: 96 },
    });
    const told = await run(...args, ...picture);
    expect(told.code).toBe(0);
    expect(told.stdout).toContain("shown of the picture (96 x 96 pixels)");
    for (const { layer, attention } of explanation.layers)
      expect(told.stdout).toMatch(new RegExp(`${layer} +${(100 * attention).toFixed(1)}%`));
    expect((await run(...args)).stdout).toContain("no picture was used: there was none");
  });

  it("draws what is in a post", async () => {
    const post = world.corpus.posts.validation.find(({ image }) => image !== undefined)!;
    const args = ["extract", "bundle", "--text", post.text, "--picture", `pictures/${post.id}.png`];
    for (const name of ["card.svg", "card.png"]) {
      expect(await run(...args, "--card", name)).toMatchObject({ code: 0 });
    }
    const svg = await readFile(join(cwd, "card.svg"), "utf8");
    expect(svg).toContain('href="data:image/jpeg;base64,');
    for (const word of post.text.match(/\p{L}+/gu) ?? []) expect(svg).toContain(word);
    const { format, width, height } = await sharp(join(cwd, "card.png")).metadata();
    expect([format, width]).toEqual(["png", 2 * 760]);
    expect(svg).toContain(`width="760" height="${height / 2}"`);
  });

  it("refuses what it would overlook", async () => {
    for (const [args, code] of [
      [["--text", "Ada", "posts.jsonl"], "cli/contradiction"],
      [[], "cli/no-input"],
      [["posts.jsonl", "--head", "Ada"], "cli/contradiction"],
      [["--text", "Ada", "--out", "x.jsonl"], "cli/contradiction"],
      [["posts.jsonl", "--card", "x.svg"], "cli/contradiction"],
      [["--text", "Ada met Bo", "--head", "Ada", "--tail", "Bo", "--card", "x.svg"], "cli/contradiction"],
      [["posts.jsonl", "--explain"], "cli/contradiction"],
      [["--text", "Ada met Bo", "--head", "Ada", "--tail", "Bo", "--explain"], "cli/contradiction"],
      [["--text", "Ada", "--card", "x.html"], "cli/unknown-output"],
      [["posts.jsonl", "--resume"], "cli/contradiction"],
      [["posts.jsonl", "--pictures", "pictures", "--no-pictures"], "cli/contradiction"],
      [["posts.jsonl", "--given-mentions", "--unconstrained"], "cli/contradiction"],
      [["--text", "Ada", "--head", "Ada", "--head-span", "0:3"], "cli/contradiction"],
      [["posts.jsonl", "--out", "x.txt"], "cli/unknown-output"],
      [["posts.jsonl", "--out", "x.jsonl", "--format", "triples"], "cli/contradiction"],
      [["posts.jsonl", "--spreadsheet"], "cli/contradiction"],
      [["--text", "Ada", "--format", "csv"], "cli/contradiction"],
    ] as const) {
      const { code: exit, stderr } = await run("extract", "bundle", ...args);
      expect([exit, stderr]).toEqual([2, expect.stringContaining(`error[${code}]`)]);
    }
  });
});

describe("relata extract <input>", () => {
  it("reads JSON lines from stdin and writes documents to stdout, the account and rejected rows to stderr", async () => {
    const child = start("extract", "bundle", "-");
    child.stdin.end('{"id":"a","text":"Ada met Bo"}\nnonsense\n{"text":"Bo"}\n');
    const { code, stdout, stderr } = await ended(child);
    expect(code).toBe(0);
    const ids = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).id);
    expect(ids).toEqual(["a", "3"]);
    expect(stderr).toContain("rejected: [data/not-json] stdin:2");
    expect(stderr).toContain("2 posts of 3 lines");
    const strict = await run("extract", "bundle", "posts.jsonl", "--strict");
    expect([strict.code, strict.stderr]).toEqual([2, expect.stringContaining("error[data/empty-text]")]);
  });

  it("reads plain text when told to, writes tables, and says how when it was not", async () => {
    const child = start("extract", "bundle", "-", "--lines", "--format", "csv", "--spreadsheet");
    child.stdin.end("Ada met Bo\n\n=Ada met Bo\n");
    const { code, stdout, stderr } = await ended(child);
    expect([code, stderr]).toEqual([0, expect.stringContaining("2 posts of 2 lines")]);
    const [header, ...rows] = stdout.trimEnd().split("\n");
    expect(header).toMatch(/^\ufeffpost,kind,label,probability,text,/);
    for (const row of rows) expect(row).toMatch(/^(1|3),(entity|relation),/);
    const refused = start("extract", "bundle", "-");
    refused.stdin.end("Ada met Bo\n");
    const { code: exit, stderr: said } = await ended(refused);
    expect([exit, said]).toEqual([1, expect.stringContaining("say so with --lines")]);
    const table = await run("extract", "bundle", "posts.jsonl", "--out", "found.csv");
    expect([table.code, table.stdout]).toEqual([0, expect.stringContaining("written to found.csv")]);
    expect(await readFile(join(cwd, "found.csv"), "utf8")).toMatch(/^post,kind/);
  });

  it("stops quietly when nobody reads its output", async () => {
    const child = start("extract", "bundle", "posts.jsonl");
    child.stdout.destroy();
    const { code, stderr } = await ended(child);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")]);
  });

  it("gives the same file when it was killed, interrupted and resumed", async () => {
    const into = (out: string) => ["extract", "bundle", "posts.jsonl", "--threads", "1", "--out", out];
    const whole = await run(...into("whole.jsonl"));
    expect([whole.code, whole.stdout]).toEqual([0, expect.stringContaining("1,268 posts of 1,280 lines")]);
    expect(whole.stdout).toContain("next: look at it: relata view whole.jsonl");

    const killed = start(...into("resumed.jsonl"));
    const afterKill = await cutOff(killed, "SIGKILL", 0);
    expect(afterKill.code).toBe(null);
    const interrupted = start(...into("resumed.jsonl"), "--resume");
    expect((await cutOff(interrupted, "SIGINT", afterKill.rows)).code).toBe(130);
    const { code, stdout } = await run(...into("resumed.jsonl"), "--resume");
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/1,268 posts of 1,280 lines \(\d+ done before\)/),
    ]);
    for (const ending of ["", ".rejected.jsonl"]) {
      expect(await readFile(join(cwd, `resumed.jsonl${ending}`), "utf8")).toBe(
        await readFile(join(cwd, `whole.jsonl${ending}`), "utf8"),
      );
    }
  }, 180_000); // four runs
});

/** Sends a signal when more than `rows` rows are finished. */
async function cutOff(child: ChildProcess, signal: "SIGKILL" | "SIGINT", rows: number) {
  const result = ended(child);
  while ((await rowsDone()) <= rows && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.kill(signal);
  const { code } = await result;
  const done = await rowsDone();
  expect(done).toBeGreaterThan(rows);
  expect(done).toBeLessThan(ROWS);
  return { code, rows: done };
}

async function rowsDone(): Promise<number> {
  const record = join(cwd, "resumed.jsonl.progress.json");
  return existsSync(record) ? JSON.parse(await readFile(record, "utf8")).account.rows : 0;
}

function ended(child: ChildProcess) {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk) => {
    stderr += chunk;
  });
  return new Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>(
    (resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })),
  );
}
