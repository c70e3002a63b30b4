import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSampleRun } from "../../src/report/testing/sample-run.ts";
import { relata } from "./warm-program.ts";

let folder: string;
let run: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-report-"));
  run = join(folder, "run");
  await writeSampleRun(run, ["None", "peer"], { relations: { None: 2, peer: 1 } });
});
afterAll(() => rm(folder, { recursive: true }));

describe("relata report", () => {
  it("writes the page into the run folder and says where it is", async () => {
    const { code, stdout } = await relata(["report", run]);
    expect(code).toBe(0);
    expect(stdout).toContain(join(run, "report.html"));
    const page = await readFile(join(run, "report.html"), "utf8");
    expect(page).toContain("<h1>Relations between mentions, caption-as-vision</h1>");
    expect(page).toContain("micro F1 on validation");
  });

  it("writes to another place, and tells machines how many bytes", async () => {
    const path = join(folder, "page.html");
    const { code, stdout } = await relata(["report", run, "--out", path, "--title", "A < B", "--json"]);
    expect(code).toBe(0);
    const page = await readFile(path);
    expect(JSON.parse(stdout)).toEqual({
      path,
      bytes: page.length,
      pictures: { bytes: 0, embedded: 0, leftOut: { limit: 0, missing: 0, broken: 0 } },
    });
    expect(page.toString()).toContain("<h1>A &lt; B</h1>");
  });

  it("refuses a folder that is not a run, and predictions without gold documents", async () => {
    const noRun = await relata(["report", folder, "--json"]);
    expect([noRun.code, JSON.parse(noRun.stderr).error.code]).toEqual([2, "data/not-a-run"]);
    const noGold = await relata(["report", run, "--predictions", "p.jsonl", "--json"]);
    expect([noGold.code, JSON.parse(noGold.stderr).error.code]).toEqual([2, "cli/contradiction"]);
  });
});
