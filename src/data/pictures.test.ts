import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashPicture, PictureFolder } from "./pictures.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-folder-"));
  await writeFile(join(folder, "file.png"), "bytes");
});
afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(process.platform === "win32")("a folder with more than pictures (needs pipes)", () => {
  it("finds what is not a file, for its reader to say so, but counts it nowhere", async () => {
    await promisify(execFile)("mkfifo", [join(folder, "pipe.png")]);
    await symlink("pipe.png", join(folder, "link-to-pipe.png"));
    await symlink("/dev/zero", join(folder, "zero.png"));
    await symlink("nowhere", join(folder, "dangling.png"));
    await symlink(".", join(folder, "loop"));
    const pictures = await PictureFolder.open(folder);
    for (const image of ["file.png", "pipe.png", "link-to-pipe.png", "zero.png"]) {
      expect(pictures.find(image).state).toBe("found");
    }
    for (const image of ["dangling.png", "loop", "loop/file.png"]) {
      expect(pictures.find(image).state).toBe("missing");
    }
    expect(pictures.paths).toEqual([join(folder, "file.png")]);
    await expect(hashPicture(join(folder, "pipe.png"))).rejects.toMatchObject({
      code: "data/cannot-read",
      message: expect.stringContaining("is a pipe, not a regular file"),
    });
  });
});
