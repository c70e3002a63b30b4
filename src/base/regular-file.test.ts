import { execFileSync } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FileFault, openRegularFile, readRegularFile } from "./regular-file.ts";

const POINTER =
  "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

class Refused extends Error {
  readonly fault: FileFault;

  constructor(fault: FileFault) {
    super(fault.problem);
    this.fault = fault;
  }
}
const refuse = (fault: FileFault): Error => new Refused(fault);

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-regular-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Checks that both functions refuse it alike; opening a pipe without a writer would block forever. */
async function problemOf(path: string): Promise<string> {
  const opened = await openRegularFile(path, refuse).catch((error: unknown) => error);
  const read = await readRegularFile(path, 1000, refuse).catch((error: unknown) => error);
  expect(opened).toBeInstanceOf(Refused);
  expect((read as Refused).fault).toMatchObject({ problem: (opened as Refused).fault.problem });
  return (opened as Refused).fault.problem;
}

describe("regular files", () => {
  it("are read whole, empty ones and those behind a link too", async () => {
    const path = join(folder, "file");
    await writeFile(path, "content");
    await symlink(path, join(folder, "link"));
    expect((await readRegularFile(join(folder, "link"), 7, refuse)).toString()).toBe("content");
    await writeFile(path, "");
    expect(await readRegularFile(path, 7, refuse)).toHaveLength(0);
  });

  it("are not read beyond their bound", async () => {
    const path = join(folder, "file");
    await writeFile(path, "content");
    await expect(readRegularFile(path, 6, refuse)).rejects.toThrow("has 7 bytes; the limit is 6");
  });

  it.skipIf(process.platform === "win32")(
    "are told from pipes, devices and folders before they are opened",
    async () => {
      execFileSync("mkfifo", [join(folder, "pipe")]);
      expect(await problemOf(join(folder, "pipe"))).toBe("is a pipe, not a regular file");
      expect(await problemOf("/dev/zero")).toBe("is a device, not a regular file");
      expect(await problemOf(folder)).toBe("is a folder, not a regular file");
    },
  );

  it("are told from links that lead nowhere, and from nothing", async () => {
    await symlink("gone", join(folder, "link"));
    expect(await problemOf(join(folder, "link"))).toBe("is a link to gone, which cannot be opened");
    await symlink("circle", join(folder, "circle"));
    expect(await problemOf(join(folder, "circle"))).toContain("is a link to circle");
    expect(await problemOf(join(folder, "nothing"))).toBe("does not exist");
    await writeFile(join(folder, "file"), "");
    expect(await problemOf(join(folder, "file", "below"))).toBe("does not exist");
  });

  it("are told from Git LFS pointers", async () => {
    await writeFile(join(folder, "pointer"), POINTER);
    expect(await problemOf(join(folder, "pointer"))).toContain("is a Git LFS pointer");
    await writeFile(join(folder, "older"), POINTER.replace("git-lfs.github", "hawser.github"));
    expect(await problemOf(join(folder, "older"))).toContain("git lfs pull");
    await writeFile(join(folder, "text"), "version https://example.org/spec/v1\n");
    expect(await readRegularFile(join(folder, "text"), 1000, refuse)).toHaveLength(36);
  });
});
