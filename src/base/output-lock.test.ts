import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lockFolder, lockOutput } from "./output-lock.ts";
import { ownerOf } from "./process-owner.ts";

let root: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "relata-lock-"));
});
afterAll(() => rm(root, { recursive: true }));

async function fresh(): Promise<string> {
  const folder = join(root, String(count++));
  await mkdir(folder);
  return folder;
}

const deadPid = () => spawnSync(process.execPath, ["-e", ""]).pid;
/** Writes a lock as a killed process leaves it. */
const leave = (path: string, owner: object = {}) =>
  writeFile(path, JSON.stringify({ ...ownerOf(deadPid()), thread: 0, token: "0123456789abcdef", ...owner }));

describe("lockOutput", () => {
  it("refuses a second caller until the first one releases, and leaves nothing", async () => {
    const folder = await fresh();
    const out = join(folder, "found.jsonl");
    const lock = await lockOutput(out);
    await expect(lockOutput(out)).rejects.toMatchObject({
      code: "data/output-locked",
      place: `${out}.lock`,
      message: expect.stringContaining(`process ${process.pid} on ${hostname()} is writing to ${out}`),
    });
    await lock.release();
    const next = await lockOutput(out);
    await lock.release(); // a second release does not affect the next owner
    await expect(lockOutput(out)).rejects.toMatchObject({ code: "data/output-locked" });
    await next.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("takes `out` and `out/` for the same folder", async () => {
    const out = join(await fresh(), "bundle");
    await using _lock = await lockOutput(`${out}/`);
    await expect(lockOutput(out)).rejects.toMatchObject({ code: "data/output-locked" });
  });

  it("gives a dead owner's lock to exactly one of many that see it, also where a taker died on the way", async () => {
    const folder = await fresh();
    const out = join(folder, "out");
    for (let round = 0; round < 3; round++) {
      await leave(`${out}.lock`);
      await leave(`${out}.lock.01234567`, { token: "fedcba9876543210" });
      const tries = await Promise.allSettled(Array.from({ length: 6 }, () => lockOutput(out)));
      const taken = tries.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      expect(taken.length).toBeLessThanOrEqual(1);
      for (const one of tries)
        if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "data/output-locked" });
      const lock = taken[0] ?? (await lockOutput(out));
      await lock.release();
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it("leaves a lock alone whose owner cannot be seen from here, and says what is known", async () => {
    const out = join(await fresh(), "out");
    const path = `${out}.lock`;
    const wanted = { code: "data/output-locked", remedy: expect.stringContaining(`delete ${path}`) };
    await leave(path, { host: "elsewhere.invalid", started: "" });
    await expect(lockOutput(out)).rejects.toMatchObject(wanted);
    await expect(lockOutput(out)).rejects.toThrow(
      /elsewhere\.invalid.*is unknown: it ran on another machine/,
    );
    await leave(path, { pidSpace: "pid:[1]" });
    await expect(lockOutput(out)).rejects.toMatchObject(wanted);
    for (const text of ["", "{}", "[1", "7"]) {
      await writeFile(path, text);
      await expect(lockOutput(out)).rejects.toMatchObject(wanted);
      expect(await readFile(path, "utf8")).toBe(text);
    }
  });

  it("says where a lock cannot be written", async () => {
    await expect(lockOutput(join(root, "nowhere", "out"))).rejects.toMatchObject({
      code: "data/cannot-write",
      place: join(root, "nowhere", "out.lock"),
    });
  });
});

describe("lockFolder", () => {
  it("puts its lock into the folder", async () => {
    const folder = await fresh();
    await using _lock = await lockFolder(folder);
    expect(await readdir(folder)).toEqual(["lock"]);
    await expect(lockFolder(folder)).rejects.toMatchObject({ code: "data/folder-locked" });
  });
});
