import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../config/load.ts";
import { modelKindOf } from "../extractors/shared/saved-config.ts";
import { RunLog } from "../training/run-log.ts";
import {
  readLogText,
  readWholeFile,
  readWholeText,
  requireRegularFileSync,
  streamWholeFile,
} from "./whole-file.ts";

const hasPipes = process.platform !== "win32";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "relata-whole-file-"));
  if (!hasPipes) return;
  for (const name of ["pipe", "config.json", "relata.config.ts", "metrics.jsonl"])
    execFileSync("mkfifo", [join(folder, name)]);
  symlinkSync("/dev/zero", join(folder, "zero"));
  symlinkSync("nowhere", join(folder, "dangling"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasPipes)("a record or setting is never waited for", () => {
  test.each([
    ["pipe", "is a pipe"],
    ["zero", "is a device"],
    ["dangling", "is a link to nowhere"],
    [".", "is a folder"],
  ])("%s %s", async (name, problem) => {
    const path = join(folder, name);
    const refusal = { code: "data/cannot-read", message: expect.stringContaining(problem) };
    await expect(readWholeText(path)).rejects.toMatchObject(refusal);
    await expect(readWholeFile(path)).rejects.toMatchObject(refusal);
    await expect(streamWholeFile(path)).rejects.toMatchObject(refusal);
    if (name !== "dangling")
      expect(() => requireRegularFileSync(path)).toThrow(expect.objectContaining(refusal));
  });

  test("a configuration of both kinds, a model's config.json and a run's log say that they are pipes", async () => {
    const isPipe = (read: Promise<unknown>) => expect(read).rejects.toThrow("is a pipe");
    await isPipe(loadConfig({ path: join(folder, "config.json") }));
    await isPipe(loadConfig({ path: join(folder, "relata.config.ts") }));
    await isPipe(modelKindOf(folder));
    expect(() => RunLog.open(folder)).toThrow("is a pipe");
  });
});

test("an absent file gives the system's own error, and one over the bound is refused", async () => {
  await expect(readWholeText(join(folder, "absent"))).rejects.toMatchObject({
    code: "ENOENT",
    syscall: "stat",
  });
  await expect(readWholeText("a\0b")).rejects.toThrow("NUL character");
  writeFileSync(join(folder, "small"), "twelve bytes");
  await expect(readWholeFile(join(folder, "small"), 11)).rejects.toMatchObject({ code: "data/cannot-read" });
  expect((await readWholeFile(join(folder, "small"), 12)).toString()).toBe("twelve bytes");
});

describe("a log that another writes to", () => {
  test("is read as far as it is written, each time", async () => {
    const path = join(folder, "growing.log");
    writeFileSync(path, "");
    const writer = new Worker(
      `const { appendFileSync } = require("node:fs");
       for (let i = 0; i < 20000; i++) appendFileSync(${JSON.stringify(path)}, i + "\\n");`,
      { eval: true },
    );
    const ended = new Promise((resolve) => writer.once("exit", resolve));
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i}\n`);
    const whole = lines.join("");
    let isEnded = false;
    void ended.then(() => {
      isEnded = true;
    });
    let partial = 0;
    while (!isEnded) {
      const text = await readLogText(path);
      expect(whole.startsWith(text)).toBe(true);
      if (text.length > 0 && text.length < whole.length) partial++;
    }
    expect(partial).toBeGreaterThan(0);
    expect(await readLogText(path)).toBe(whole);
  });

  test.runIf(process.platform === "linux")("is a fault where nobody should write", async () => {
    // The system reports such a file as empty although it is not, as with a growing file.
    await expect(readWholeText("/proc/self/status")).rejects.toMatchObject({
      code: "data/cannot-read",
      message: expect.stringContaining("grew while it was read"),
    });
    expect(await readLogText("/proc/self/status")).toBe("");
  });
});
