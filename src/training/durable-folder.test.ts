// Tests of folders that are complete or absent, with every state a crash can leave.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { recoverFolder, replaceFolder } from "./durable-folder.ts";

let root = "";
let target = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "relata-folder-"));
  target = join(root, "model");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(folder: string, content: string): void {
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, "file"), content);
}
const content = () => readFileSync(join(target, "file"), "utf8");

describe("replaceFolder", () => {
  test("makes a folder, then replaces it whole", async () => {
    for (const text of ["old", "new"]) {
      await replaceFolder(target, async (folder) => {
        mkdirSync(join(folder, "below"));
        writeFileSync(join(folder, "file"), text);
        writeFileSync(join(folder, "below", text), "");
      });
    }
    expect(content()).toBe("new");
    expect(readdirSync(join(target, "below"))).toEqual(["new"]);
    expect(readdirSync(root)).toEqual(["model"]);
  });

  test("leaves the old folder as it was when filling the new one fails", async () => {
    put("model", "old");
    const failed = replaceFolder(target, async (folder) => {
      writeFileSync(join(folder, "file"), "half");
      throw new Error("disk full");
    });
    await expect(failed).rejects.toThrow("disk full");
    expect(content()).toBe("old");
  });
});

describe("recoverFolder", () => {
  test.each<[string, Record<string, string>, string]>([
    ["while the new one was written", { model: "old", "model.writing": "half" }, "old"],
    ["between the two renames", { "model.previous": "old", "model.writing": "new" }, "old"],
    ["before the old one was removed", { model: "new", "model.previous": "old" }, "new"],
  ])("brings back a complete folder after a crash %s", async (_, before, wanted) => {
    for (const [folder, text] of Object.entries(before)) put(folder, text);
    await recoverFolder(target);
    expect(content()).toBe(wanted);
    expect(readdirSync(root)).toEqual(["model"]);
  });

  test("does nothing where nothing is", async () => {
    await recoverFolder(target);
    expect(readdirSync(root)).toEqual([]);
  });
});
