import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cannotWrite, namedWriteFailure, writingTo, writingToSync } from "./cannot-write.ts";
import { DataError } from "./errors.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-cannot-write-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("writingTo", () => {
  it.runIf(process.platform === "linux")(
    "turns a full disk into data/cannot-write with the place",
    async () => {
      const full = "/dev/full";
      const write = async () => {
        await using file = await open(full, "w");
        await file.writeFile("text");
      };
      await expect(writingTo(full, write)).rejects.toMatchObject({
        code: "data/cannot-write",
        place: full,
        fault: "work",
        message: expect.stringContaining("cannot write /dev/full: ENOSPC"),
        remedy: expect.stringContaining("disk is full"),
      });
    },
  );

  it("leaves other errors as they are", async () => {
    const ours = new DataError({ code: "own/a", message: "a", remedy: "b" });
    await expect(writingTo("x", () => Promise.reject(ours))).rejects.toBe(ours);
    const defect = new TypeError("no function");
    await expect(writingTo("x", () => Promise.reject(defect))).rejects.toBe(defect);
    expect(() =>
      writingToSync("x", () => {
        throw defect;
      }),
    ).toThrow(defect);
  });

  it("gives what the writer gives", async () => {
    const path = join(folder, "a");
    await writingTo(path, () => writeFile(path, "a"));
    expect(await writingTo(path, () => readFile(path, "utf8"))).toBe("a");
    expect(writingToSync(path, () => 4)).toBe(4);
  });
});

describe("namedWriteFailure", () => {
  it("names what only a writer is told, with the place, and leaves the rest", () => {
    const system = (code: string, syscall: string, more = {}) =>
      Object.assign(new Error(code), { code, syscall, ...more });
    for (const [error, place] of [
      [system("ENOSPC", "write"), "a file"],
      [system("EROFS", "open", { path: "/read-only/x" }), "/read-only/x"],
      [system("EACCES", "mkdir", { path: "/root/x" }), "/root/x"],
      [system("EIO", "rename", { path: "a", dest: "b" }), "b"],
    ] as const)
      expect(namedWriteFailure(error)).toMatchObject({ code: "data/cannot-write", place });
    for (const error of [system("ENOENT", "open"), system("EIO", "read"), new TypeError("x"), "text"])
      expect(namedWriteFailure(error)).toBe(error);
  });
});

describe("cannotWrite", () => {
  it("names the remedy of each kind of failure", () => {
    const remedy = (code: string) =>
      cannotWrite("out", Object.assign(new Error(code), { code, syscall: "write" })).remedy;
    expect(remedy("EDQUOT")).toContain("quota");
    expect(remedy("EFBIG")).toContain("ulimit");
    expect(remedy("EROFS")).toContain("read-only");
    expect(remedy("EMFILE")).toContain("ulimit -n");
    expect(remedy("EIO")).toContain("fault");
    expect(remedy("EACCES")).toContain("permissions");
    expect(remedy("ENOENT")).toContain("Make the folder");
    expect(remedy("EISDIR")).toContain("name a file");
    expect(remedy("ENODEV")).toContain("folder exists");
  });
});
