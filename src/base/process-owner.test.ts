import { spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { livenessOf, ownerOf, processOwnerSchema } from "./process-owner.ts";

const linux = process.platform === "linux";

async function withChild<T>(use: (pid: number) => T): Promise<T> {
  const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"]);
  try {
    return use(child.pid ?? 0);
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}

describe("livenessOf", () => {
  it("says alive of this process and of a child, and dead of the child when it has ended", async () => {
    expect(livenessOf(ownerOf())).toEqual({ state: "alive" });
    const child = await withChild((pid) => {
      const owner = ownerOf(pid);
      expect(livenessOf(owner)).toEqual({ state: "alive" });
      return owner;
    });
    expect(livenessOf(child)).toEqual({ state: "dead" });
  });

  it.runIf(linux)("is not fooled by another process that has the same id now", () => {
    const { started, ...me } = ownerOf();
    const [boot, ticks] = started.split(":");
    expect(livenessOf({ ...me, started: `${boot}:${Number(ticks) - 1}` })).toEqual({ state: "dead" });
  });

  it.runIf(linux)("takes a process from before the machine was started again for dead", () => {
    expect(livenessOf({ ...ownerOf(), started: "0f0f0f0f-0000-4000-8000-000000000000:1" })).toEqual({
      state: "dead",
    });
  });

  it.runIf(linux)("does not know of processes in other containers, though their id exists here too", () => {
    const elsewhere = { ...ownerOf(), pidSpace: "pid:[1]" };
    expect(livenessOf({ ...elsewhere, host: "container" })).toMatchObject({
      state: "unknown",
      because: expect.stringContaining("container"),
    });
    expect(livenessOf(elsewhere)).toMatchObject({ state: "unknown" });
  });

  it.runIf(linux)("knows a process of this kernel whatever the host was called then", () => {
    expect(livenessOf({ ...ownerOf(), host: `not-${hostname()}` })).toEqual({ state: "alive" });
  });

  it("does not know of other machines", async () => {
    const owner = { ...ownerOf(), host: `not-${hostname()}`, started: "" };
    expect(livenessOf(owner)).toMatchObject({ state: "unknown", because: expect.stringContaining("not-") });
    if (linux)
      expect(livenessOf({ ...owner, started: "0f0f0f0f-0000-4000-8000-000000000000:1" })).toMatchObject({
        state: "unknown",
      });
  });

  it("reads records of earlier versions, which tell neither the start nor the space", async () => {
    const owner = processOwnerSchema.parse({ pid: process.pid, host: hostname() });
    expect(livenessOf(owner)).toEqual({ state: "alive" });
  });

  it.runIf(linux)("takes a process that has ended and was not waited for as dead", async () => {
    // The shell's child ends at once; `exec` replaces the shell with a program that never waits for it.
    const parent = spawn("sh", ["-c", "sh -c 'echo $$' & exec sleep 60"]);
    try {
      const [text] = (await once(parent.stdout, "data")) as [Buffer];
      const pid = Number(text.toString());
      while (livenessOf(ownerOf(pid)).state === "alive") await new Promise(setImmediate);
      expect(() => process.kill(pid, 0)).not.toThrow(); // still listed
    } finally {
      parent.kill("SIGKILL");
      await once(parent, "exit");
    }
  });
});
