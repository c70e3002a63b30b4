import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
      if (stdout.includes("generating") && !child.killed) child.kill("SIGINT");
    });
    child.stderr.resume();
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(code).toBe(130);
    expect(stdout).toMatch(
      /^drawing 1,640 posts with pictures\ngenerating pictures for the training texts\n$/,
    );
  });
});
