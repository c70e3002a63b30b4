import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isClaimed, takeClaim } from "./claims.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relata-claims-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A claim as a process of this machine leaves it. */
function leaveClaim(
  name: string,
  owner: { readonly pid: number; readonly started?: string; readonly host?: string },
) {
  const content = { host: hostname(), started: "", released: false, ...owner };
  writeFileSync(join(folder, name), JSON.stringify(content));
}

/** The id of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((done) => child.once("exit", done));
  return child.pid ?? 0;
}

describe("takeClaim", () => {
  test("gives a claim to one caller, and to the next when it is released", async () => {
    const first = await takeClaim(folder, "000001");
    expect(first).toBeDefined();
    expect(await takeClaim(folder, "000001")).toBeUndefined();
    expect(await isClaimed(folder, "000001")).toBe(true);
    expect(await takeClaim(folder, "000002")).toBeDefined();
    await first?.release();
    expect(await isClaimed(folder, "000001")).toBe(false);
    expect(await takeClaim(folder, "000001")).toBeDefined();
  });

  test("follows owners that are dead, however many generations", async () => {
    const pid = await deadPid();
    for (const generation of [0, 1, 2]) leaveClaim(`000001.${generation}`, { pid });
    const claim = await takeClaim(folder, "000001");
    expect(claim).toBeDefined();
    expect(await takeClaim(folder, "000001")).toBeUndefined();
    await claim?.finish();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.runIf(process.platform === "linux")(
    "follows an owner whose process id another process has now",
    async () => {
      leaveClaim("000001.0", { pid: process.pid, started: "another-boot:1" });
      expect(await takeClaim(folder, "000001")).toBeDefined();
    },
  );

  test("leaves the claim of another machine alone", async () => {
    leaveClaim("000001.0", { pid: await deadPid(), host: `not-${hostname()}` });
    expect(await takeClaim(folder, "000001")).toBeUndefined();
  });

  test("gives a dead owner's claim to one of many that ask at once", async () => {
    leaveClaim("000001.0", { pid: await deadPid() });
    const claims = await Promise.all(Array.from({ length: 20 }, () => takeClaim(folder, "000001")));
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
  });
});
