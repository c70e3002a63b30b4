import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { joinCaptions, readCaptions, requireSharedPictures } from "./captions.ts";
import type { Document } from "./document.ts";
import { hashPicture, joinPictures, PictureFolder } from "./pictures.ts";
import { readDocuments } from "./readers.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-captions-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const post = (id: string, image?: string): Document => ({
  id,
  text: "a",
  ...(image !== undefined && { image }),
  entities: [],
  relations: [],
});

describe("readCaptions", () => {
  async function read(rows: readonly string[], options = {}) {
    const path = join(folder, "captions.jsonl");
    await writeFile(path, rows.join("\n"));
    return readCaptions(path, options);
  }
  const row = (image: unknown, caption: unknown) => JSON.stringify({ image, caption });

  it("keeps captions as they are and counts empty ones", async () => {
    const { captions, report } = await read([
      row("a.jpg", "two\nlines"),
      row("b.jpg", ""),
      row("c.jpg", " "),
    ]);
    expect(captions.get("a.jpg")).toBe("two\nlines");
    expect(report).toMatchObject({ read: 3, accepted: 3, counts: { "data/empty-caption": 2 } });
  });

  it("says how captions are written where the file is a table", async () => {
    await expect(read(["image,caption", "a.png,a wall"])).rejects.toMatchObject({
      code: "data/other-format",
      remedy: 'Write one {"image", "caption"} per line, as JSON.',
    });
  });

  it("names every faulty row and keeps the first caption of a picture", async () => {
    const { captions, report } = await read([
      row("a.jpg", "first"),
      row("a.jpg", "second"),
      row("", "x"),
      row("b.jpg", null),
      '{"image":"c.jpg"}',
      '{"image":"c.jpg","caption":"x","score":1}',
      "no",
      "3",
    ]);
    expect([...captions]).toEqual([
      ["a.jpg", "first"],
      ["b.jpg", ""],
      ["c.jpg", "x"],
    ]);
    expect(report).toMatchObject({ read: 8, accepted: 3, rejected: 5 });
    expect(report.defects.map(({ code }) => code)).toEqual([
      "data/duplicate-caption",
      "data/empty-image",
      "data/empty-caption",
      "data/missing-field",
      "data/not-json",
      "data/wrong-type",
      "data/unread-field",
    ]);
    await expect(read(["no"], { policy: "strict" })).rejects.toMatchObject({ code: "data/not-json" });
  });
});

describe("joinCaptions", () => {
  it("refuses captions of other pictures, and shows how the names differ", () => {
    const check = (...names: string[]) =>
      requireSharedPictures(
        [post("1", "a.png"), post("2")],
        new Map(names.map((name) => [name, "x"])),
        "captions.jsonl",
      );
    expect(() => check("b.png", "a.png")).not.toThrow();
    expect(() => check("z.png", "pics/a.jpg")).toThrow(
      expect.objectContaining({
        code: "data/no-visual",
        message: expect.stringContaining('the documents name "a.png", the captions "pics/a.jpg"'),
        remedy: expect.stringContaining("alike in both files"),
      }),
    );
    expect(() => check("z.png")).toThrow(
      expect.objectContaining({ remedy: expect.stringContaining("these documents' pictures") }),
    );
    expect(() => requireSharedPictures([post("1")], new Map([["a", "x"]]), "c")).not.toThrow(); // a text without a picture
  });

  it("says of every document whether it has a caption, or why not", () => {
    const captions = new Map([
      ["a.jpg", "a dog"],
      ["b.jpg", " "],
      ["z.jpg", "unused"],
    ]);
    const { states, report } = joinCaptions(
      [post("1", "a.jpg"), post("2", "b.jpg"), post("3", "c.jpg"), post("4")],
      captions,
    );
    expect(states).toEqual([
      { state: "found", text: "a dog" },
      { state: "missing", reason: "empty" },
      { state: "missing", reason: "no-row" },
      { state: "missing", reason: "no-image" },
    ]);
    expect(report).toEqual({ documents: 4, found: 1, noImage: 1, noRow: 1, empty: 1, unusedCaptions: 1 });
  });
});

describe("PictureFolder", () => {
  it("finds files by name, in subfolders and through links, and nothing outside the folder", async () => {
    const root = join(folder, "pictures");
    await mkdir(join(root, "sub"), { recursive: true });
    await writeFile(join(folder, "secret.jpg"), "x");
    await writeFile(join(root, "a.jpg"), "abc");
    await writeFile(join(root, "sub", "b.jpg"), "x");
    await symlink(join(root, "a.jpg"), join(root, "link.jpg"));
    await symlink(join(root, "gone"), join(root, "dangling.jpg"));
    const pictures = await PictureFolder.open(root);
    expect(pictures.size).toBe(3);
    expect(pictures.find("a.jpg")).toEqual({ state: "found", image: "a.jpg", path: join(root, "a.jpg") });
    for (const name of ["sub/b.jpg", "link.jpg"]) expect(pictures.find(name).state).toBe("found");
    for (const name of [
      "../secret.jpg",
      "sub",
      "./a.jpg",
      "A.JPG",
      "",
      "dangling.jpg",
      join(root, "a.jpg"),
      "__proto__",
    ]) {
      expect(pictures.find(name)).toEqual({ state: "missing", image: name, reason: "no-file" });
    }
    expect(await hashPicture(join(root, "a.jpg"))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", // FIPS 180-2, example B.1
    );
    await expect(PictureFolder.open(join(folder, "absent"))).rejects.toMatchObject({
      code: "data/cannot-read",
    });
    await expect(hashPicture(join(folder, "absent"))).rejects.toMatchObject({ code: "data/cannot-read" });

    const { states, report } = joinPictures(
      [post("1", "a.jpg"), post("2", "a.jpg"), post("3", "x.jpg"), post("4")],
      pictures,
    );
    expect(states.map(({ state }) => state)).toEqual(["found", "found", "missing", "missing"]);
    expect(report).toEqual({
      folder: root,
      documents: 4,
      found: 2,
      noImage: 1,
      noFile: 1,
      images: 2,
      imagesFound: 1,
      missingImages: ["x.jpg"],
      unusedFiles: 2,
    });
  });
});

const shared = join(process.env.RELATA_SHARED ?? join(import.meta.dirname, "../../../shared"), "data/mnre");

describe.skipIf(!existsSync(shared))(`MNRE's captions and pictures (skipped unless ${shared} exists)`, () => {
  const counts = {
    train: { images: 7356, empty: 30, files: 32, found: 49 },
    val: { images: 931, empty: 4, files: 2, found: 7 },
  };
  it.each(["train", "val"] as const)("meet the documents of %s as counted", async (split) => {
    const { images, empty, files, found } = counts[split];
    const { documents } = await readDocuments(join(shared, `${split}.txt`), { format: "mnre" });
    const { captions, report } = await readCaptions(join(shared, `captions/blip2-${split}.jsonl`));
    expect(report).toMatchObject({ read: images, accepted: images, counts: { "data/empty-caption": empty } });
    const joined = joinCaptions(documents, captions).report;
    expect(joined).toMatchObject({ noImage: 0, noRow: 0, unusedCaptions: 0 });
    expect(joined.found + joined.empty).toBe(documents.length);
    const pictures = joinPictures(documents, await PictureFolder.open(join(shared, "images"))).report;
    expect(pictures).toMatchObject({ images, imagesFound: files, found });
  });
});
