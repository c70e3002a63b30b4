import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isClaimed, takeClaim } from "./claims.ts";

const LEASE_MS = 400;
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relata-claims-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A claim as a process of this machine leaves it. */
function leaveClaim(
  name: string,
  owner: {
    readonly pid: number;
    readonly started?: string;
    readonly host?: string;
    readonly renews?: boolean;
  },
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

  test("follows an owner on another machine that no longer renews its claim, and no other", async () => {
    const elsewhere = { pid: await deadPid(), host: `not-${hostname()}`, renews: true };
    leaveClaim("000001.0", elsewhere);
    leaveClaim("000002.0", elsewhere);
    leaveClaim("000003.0", { ...elsewhere, renews: false }); // of an earlier version
    const take = (name: string) => takeClaim(folder, name, { leaseMs: LEASE_MS });
    const names = ["000001", "000002", "000003"];
    for (const name of names) expect(await take(name)).toBeUndefined();
    for (let i = 1; i <= 6; i++) {
      await sleep(LEASE_MS / 4);
      utimesSync(join(folder, "000002.0"), i, i); // its own clock may say anything
      expect(await take("000002")).toBeUndefined();
    }
    expect(await isClaimed(folder, "000001", LEASE_MS)).toBe(false);
    expect(await take("000001")).toBeDefined();
    utimesSync(join(folder, "000002.0"), 7, 7);
    for (const name of names.slice(1)) expect(await take(name)).toBeUndefined();
  });

  test("takes the claim of a stopped process of this machine only if it is told to", async () => {
    leaveClaim("000001.0", { pid: process.pid, renews: true }); // exists, and renews nothing
    const options = { leaseMs: LEASE_MS, fromStopped: true };
    expect(await takeClaim(folder, "000001", options)).toBeUndefined();
    await sleep(1.5 * LEASE_MS);
    expect(await takeClaim(folder, "000001", { leaseMs: LEASE_MS })).toBeUndefined();
    expect(await takeClaim(folder, "000001", options)).toBeDefined();
  });

  test("is renewed, and tells its owner when another process has taken over", async () => {
    const claim = await takeClaim(folder, "000001", { leaseMs: LEASE_MS });
    const renewed = statSync(join(folder, "000001.0")).mtimeMs;
    await sleep(LEASE_MS / 2);
    expect(statSync(join(folder, "000001.0")).mtimeMs).toBeGreaterThan(renewed);
    claim?.requireHeld();
    leaveClaim("000001.1", { pid: process.pid });
    await sleep(LEASE_MS);
    expect(() => claim?.requireHeld()).toThrow(expect.objectContaining({ code: "units/claim-lost" }));
    await claim?.release(); // leaves the other one's alone
    expect(readdirSync(folder).sort()).toEqual(["000001.0", "000001.1"]);
  });

  test("gives a dead owner's claim to one of many that ask at once", async () => {
    leaveClaim("000001.0", { pid: await deadPid() });
    const claims = await Promise.all(Array.from({ length: 20 }, () => takeClaim(folder, "000001")));
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
  });
});
