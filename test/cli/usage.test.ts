import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLI, relata } from "./run-cli.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-cli-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("relata", () => {
  it("prints its version", async () => {
    const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await relata(["--version"])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
  });

  it("lists every command in its help and exits with 0", async () => {
    const { code, stdout } = await relata(["--help"]);
    expect(code).toBe(0);
    for (const command of ["validate", "train", "evaluate", "extract", "parity", "quickstart"]) {
      expect(stdout).toContain(`\n  ${command} `);
    }
  });

  it.each([
    { args: [], says: "Usage: relata" },
    { args: ["vlidate"], says: "Did you mean validate?" },
    { args: ["validate"], says: "missing required argument" },
    { args: ["train", "--epochs", "many"], says: "whole number" },
    { args: ["train", "--epoch", "3"], says: "Did you mean --epochs?" },
    { args: ["evaluate", "m", "f", "--device", "tpu"], says: "cpu, webgpu, cuda" },
    { args: ["init", "nosuch.jsonl"], says: "nosuch.jsonl does not exist" },
  ])("exits with 2 for wrong usage: $args", async ({ args, says }) => {
    const { code, stdout, stderr } = await relata(args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(says);
  });

  it("prints an error as code, message, place and remedy", async () => {
    const { code, stderr } = await relata(["train", "--config", "nothing.json"], { cwd: folder });
    expect(code).toBe(2);
    const [head, place, remedy] = stderr.split("\n");
    expect(head).toMatch(/^error\[config\/not-found\]: /);
    expect(place).toMatch(/^ {2}at .*nothing\.json$/);
    expect(remedy).toMatch(/^ {2}Check the path/);
  });

  it("prints an error as one JSON object with --json", async () => {
    const { code, stdout, stderr } = await relata(["train", "--config", "nothing.json", "--json"], {
      cwd: folder,
    });
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(JSON.parse(stderr).error).toMatchObject({ code: "config/not-found", fault: "input" });
    const usage = await relata(["train", "--epochs", "0", "--json"]);
    expect(JSON.parse(usage.stderr).error).toMatchObject({ code: "cli/wrong-usage" });
  });

  it("colours only where it is asked to", async () => {
    const ansi = String.fromCharCode(27);
    const plain = await relata(["train", "--config", "nothing.json"], { cwd: folder });
    expect(plain.stderr).not.toContain(ansi);
    const coloured = await relata(["train", "--config", "nothing.json"], {
      cwd: folder,
      env: { FORCE_COLOR: "1" },
    });
    expect(coloured.stderr).toContain(ansi);
  });

  it("continues when the reader of its output goes away", async () => {
    const lines = Array.from({ length: 3000 }, (_, at) => `{"id": "${at}"}`);
    await writeFile(join(folder, "broken.jsonl"), lines.join("\n"));
    const child = spawn(process.execPath, [CLI, "validate", "broken.jsonl", "--limit", "3000"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(stderr).toBe("");
    expect(code).toBe(2);
  });
});

describe("relata train --dry-run", () => {
  it("shows the configuration that flags and file make together", async () => {
    await writeFile(
      join(folder, "relata.config.ts"),
      `import { defineConfig } from "relata";
       export default defineConfig({
         encoder: "roberta-base",
         data: { train: "t.jsonl", validation: "v.jsonl" },
         training: { epochs: 3, seed: 5 },
       });`,
    );
    const args = [
      "train",
      "--dry-run",
      "--json",
      "--epochs",
      "9",
      "--captions",
      "c.jsonl",
      "--set",
      "model.mixup.alpha=2",
    ];
    const { code, stdout } = await relata(args, { cwd: folder });
    expect(code).toBe(0);
    const { config } = JSON.parse(stdout);
    expect(config).toMatchObject({
      encoder: "roberta-base",
      visual: { kind: "captions" },
      model: { mixup: { alpha: 2, delta: 0.7 } },
      training: { epochs: 9, seed: 5 },
    });
    expect(config.data.captions).toMatchObject({
      train: expect.stringMatching(/c\.jsonl$/),
      validation: expect.stringMatching(/c\.jsonl$/),
    });
  });
});

describe("relata with a full disk behind its output", () => {
  it.runIf(existsSync("/dev/full"))(
    "says that the result cannot be printed, and continues without notes",
    () => {
      const full = openSync("/dev/full", "w");
      const args = [CLI, "explain", "data/crlf"];
      const unprinted = spawnSync(process.execPath, args, {
        stdio: ["ignore", full, "pipe"],
        encoding: "utf8",
      });
      expect([unprinted.status, unprinted.stderr]).toEqual([
        1,
        expect.stringMatching(
          /^error\[data\/cannot-write\]: cannot write standard output: ENOSPC.*\n.*\n {2}The disk is full/,
        ),
      ]);
      const wrong = [CLI, "explain", "data/no-such-code"];
      expect(spawnSync(process.execPath, wrong, { stdio: ["ignore", "pipe", full] }).status).toBe(2);
      closeSync(full);
    },
  );
});

describe("relata extract", () => {
  it("takes no empty text, as of a shell variable that is not set", async () => {
    const { code, stderr } = await relata(["extract", "model", "--text", " "]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("error[cli/no-input]: the text given with --text is empty"),
    ]);
  });

  const text = "Ada met Bo, then Ada left";
  it.each([
    { mentions: ["--head", "Ada", "--tail", "Bo"], code: "cli/mention-ambiguous", says: "0:3, 17:20" },
    { mentions: ["--head", "Eve", "--tail", "Bo"], code: "cli/mention-not-found", says: '"Eve"' },
    { mentions: ["--tail", "Bo"], code: "cli/mention-missing", says: "head" },
    { mentions: ["--head-span", "20:99", "--tail", "Bo"], code: "cli/span-outside-text", says: "20:99" },
  ])("refuses mentions that it cannot locate: $code", async ({ mentions, code, says }) => {
    const result = await relata(["extract", "model", "--text", text, ...mentions]);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(`error[${code}]`);
    expect(result.stderr).toContain(says);
  });
});
