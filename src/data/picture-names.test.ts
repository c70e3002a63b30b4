import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pictureNameDefects } from "./picture-names.ts";
import { PictureFolder } from "./pictures.ts";

let folder: PictureFolder;
let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "relata-names-"));
  await mkdir(join(parent, "pictures", "deep"), { recursive: true });
  for (const name of ["a.jpg", "b.JPG", "c.png", "deep/d.jpg"])
    await writeFile(join(parent, "pictures", name), "");
  folder = await PictureFolder.open(join(parent, "pictures"));
});
afterAll(() => rm(parent, { recursive: true }));

describe("pictureNameDefects", () => {
  it.each([
    ["is a URL", "https://example.org/a.jpg", ""],
    ["is an absolute path", "/home/me/pictures/a.jpg", "a.jpg"],
    ["is an absolute path", "C:\\pictures\\a.jpg", "a.jpg"],
    ["begins with the folder's own name", "pictures/a.jpg", "a.jpg"],
    ["begins with the folder's own name", "./pictures/deep/d.jpg", "deep/d.jpg"],
    ["differs from the file's in upper and lower case", "B.jpg", "b.JPG"],
    ["contains backslashes", "deep\\d.jpg", "deep/d.jpg"],
    ["has no extension", "c", "c.png"],
    ["has another extension", "a.png", "a.jpg"],
    ["is in another folder", "d.jpg", "deep/d.jpg"],
  ])("says why a name is not found: it %s (%s)", (cause, name, right) => {
    const [defect, ...others] = pictureNameDefects([name], folder, "f.jsonl");
    expect(others).toEqual([]);
    expect(defect).toMatchObject({ code: "data/picture-names", place: "f.jsonl" });
    expect(defect?.message).toContain(cause);
    if (right !== "") expect(defect?.message).toContain(JSON.stringify(right));
  });

  it("counts the names of one cause together, and has nothing to say about a picture that is nowhere", () => {
    const names = ["x.jpg", "pictures/a.jpg", "y", "pictures/c.png", "A.jpg"];
    expect(pictureNameDefects(names, folder, "f").map(({ value }) => value)).toEqual([2, 1]);
    expect(pictureNameDefects(["x.jpg", "y"], folder, "f")).toEqual([]);
  });
});
