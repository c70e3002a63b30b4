import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createExclusively, replaceFile, replaceOwnFile } from "./atomic-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-atomic-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("replaceFile", () => {
  it("shows the old file until the new one is complete, and leaves nothing else", async () => {
    const path = join(folder, "a.txt");
    await writeFile(path, "old");
    const result = await replaceFile(path, async (file) => {
      await file.writeFile("ne");
      expect(await readFile(path, "utf8")).toBe("old");
      await file.writeFile("w");
      return 3;
    });
    expect(result).toBe(3);
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await readdir(folder)).toEqual(["a.txt"]);
  });

  it("keeps the old file when the writer fails, with the writer's own error", async () => {
    const path = join(folder, "a.txt");
    await writeFile(path, "old");
    const failing = replaceFile(
      path,
      async (file) => {
        await file.writeFile("new");
        throw new Error("no more rows");
      },
      () => new Error("not this one"),
    );
    await expect(failing).rejects.toThrow("no more rows");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["a.txt"]);
  });

  it("throws what the caller makes of a file that cannot be written", async () => {
    const path = join(folder, "nowhere", "a.txt");
    const failure = (cause: unknown) => new Error(`cannot write: ${(cause as NodeJS.ErrnoException).code}`);
    await expect(replaceFile(path, async () => 1, failure)).rejects.toThrow("cannot write: ENOENT");
    await expect(replaceFile(path, async () => 1)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("replaceOwnFile", () => {
  it("removes what a killed process left of the same file, and nothing else", async () => {
    const own = await mkdtemp(join(folder, "own-"));
    const leftover = "00000000-1111-2222-3333-444444444444.tmp";
    for (const name of [`a.json.${leftover}`, `ab.json.${leftover}`, "a.json.tmp", "a.json"])
      await writeFile(join(own, name), "half");
    await replaceOwnFile(join(own, "a.json"), "whole");
    expect((await readdir(own)).sort()).toEqual(["a.json", "a.json.tmp", `ab.json.${leftover}`]);
    expect(await readFile(join(own, "a.json"), "utf8")).toBe("whole");
    await rm(own, { recursive: true });
  });
});

describe("createExclusively", () => {
  it("lets exactly one of many win, with its content, and leaves nothing else", async () => {
    const place = join(folder, "exclusive");
    await mkdir(place);
    const path = join(place, "lock");
    const names = Array.from({ length: 8 }, (_, i) => `writer ${i}`);
    const won = await Promise.all(names.map((name) => createExclusively(path, name)));
    expect(won.filter((one) => one)).toHaveLength(1);
    expect(await readFile(path, "utf8")).toBe(names[won.indexOf(true)]);
    expect(await readdir(place)).toEqual(["lock"]);
  });
});
