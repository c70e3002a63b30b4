import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nextCommands } from "../../src/experiments/quickstart/next-commands.ts";
import type { QuickstartResult } from "../../src/experiments/quickstart/result.ts";
import { CLI, relata } from "./run-cli.ts";

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "relata-quickstart-cli-"));
});
afterAll(() => rm(cwd, { recursive: true }));

describe("relata quickstart", () => {
  it("refuses a folder that holds something else with exit code 2, and says so as JSON", async () => {
    await mkdir(join(cwd, "mine"));
    await writeFile(join(cwd, "mine", "thesis.txt"), "mine");
    const { code, stdout, stderr } = await relata(["quickstart", "--folder", "mine", "--json"], { cwd });
    expect(code).toBe(2);
    expect(stdout + stderr).toContain('"quickstart/folder-in-use"');
    expect(await readdir(join(cwd, "mine"))).toEqual(["thesis.txt"]);
  });

  it("refuses a seed that is not a whole number", async () => {
    const { code, stderr } = await relata(["quickstart", "--seed", "many"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain("whole number");
    expect(existsSync(join(cwd, "runs"))).toBe(false);
  });

  it("stops at SIGINT with 130, after saying what it was at", async () => {
    const child = spawn(process.execPath, [CLI, "quickstart", "--folder", "stopped", "--seed", "2"], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      if (stdout.includes("training on") && !child.killed) child.kill("SIGINT");
    });
    child.stderr.resume();
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(code).toBe(130);
    expect(stdout.split("\n")).toEqual([
      "drawing 1,640 posts with pictures",
      "generating pictures for the training texts",
      "training on texts alone",
      "",
    ]);
  });
});

const QUICKSTART = process.env.RELATA_QUICKSTART;

describe.skipIf(QUICKSTART === undefined)("a whole quickstart with the default seed", () => {
  const record = async () => {
    const path = join(resolve(QUICKSTART ?? ""), "quickstart.json");
    return JSON.parse(await readFile(path, "utf8")) as QuickstartResult;
  };

  it("reads its example without an error, and all posts that it shows but one at most", async () => {
    const { posts, example } = await record();
    expect(posts).toHaveLength(5);
    expect(example).toEqual(posts[0]);
    expect(example.isRight).toBe(true);
    expect(posts.filter(({ isRight }) => !isRight).length).toBeLessThan(2); // another processor rounds otherwise
  });

  it("suggests commands whose answers make sense", { timeout: 300_000 }, async () => {
    const result = await record();
    const answers = await Promise.all(
      nextCommands(result, (path) => path).map(async ({ args }) => relata(args)),
    );
    expect(answers.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const [pictured, alone, stated, scores] = answers.map(({ stdout }) => stdout);
    const { head, tail, gold } = result.example;
    expect(relationsIn(pictured)).toEqual([[head, gold, tail]]);
    const [guess = []] = relationsIn(alone);
    expect([guess[0], guess[2]]).toEqual([head, tail]);
    expect(guess[1]).not.toBe(gold); // fits the words, not the picture
    expect(relationsIn(stated)).toContainEqual(["Anna Novak", "per/per/couple", "Ben Walker"]);
    expect(scores).toContain("accuracy");
  });
});

/** The rows of the table of relations: head, relation and tail. */
function relationsIn(output = ""): (readonly string[])[] {
  const [, table = ""] = output.split(/^head .*\n-[- ]*\n/m);
  return table
    .trim()
    .split("\n")
    .map((row) => row.split(/ {2,}/).slice(0, 3));
}
