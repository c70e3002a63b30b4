import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-signals-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A process whose file threads all hang in a pipe, while its event loop still runs. */
const HANGING = `
import { createJiti } from "jiti";
import { open } from "node:fs/promises";
const { interruptSignal } = await createJiti(import.meta.url).import(process.env.MODULE);
const interrupt = interruptSignal(Number(process.env.GRACE));
if (process.env.AWAITED) interrupt.signal.addEventListener("abort", () => console.log("asked to stop"));
for (let i = 0; i < 4; i++) open(process.env.PIPE).catch(() => undefined);
setInterval(() => undefined, 1000);
setTimeout(() => console.log("ready"), 50);
`;

describe.skipIf(process.platform === "win32")("interruptSignal (needs pipes and signals)", () => {
  it.each([
    ["at the first signal when no command waits for it", { AWAITED: "", GRACE: "60000" }, 1],
    ["at the second signal when one does", { AWAITED: "1", GRACE: "60000" }, 2],
    ["by itself when no safe point comes", { AWAITED: "1", GRACE: "50" }, 1],
  ])("ends a process whose threads hang in files, %s", async (_title, environment, signals) => {
    const pipe = join(folder, `pipe-${signals}-${environment.GRACE}`);
    await promisify(execFile)("mkfifo", [pipe]);
    const module = new URL("./signals.ts", import.meta.url).href;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", HANGING], {
      env: { ...process.env, ...environment, MODULE: module, PIPE: pipe },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    if (signals === 2) {
      expect(String(await once(child.stdout, "data"))).toContain("asked to stop");
      child.kill("SIGTERM");
    }
    expect(await ended).toEqual([null, "SIGTERM"]);
  });
});
