import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "../data/document.ts";
import { jsonParts } from "./json-parts.ts";
import { assignSides } from "./side-assignment.ts";
import { SideFile } from "./side-files.ts";
import { splitsOf } from "./split-names.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-side-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function sideFile(text: string, name = "side.json"): Promise<SideFile> {
  const path = join(folder, name);
  await writeFile(path, text);
  return SideFile.open(path);
}

const post = (id: string, image?: string): Document => ({
  id,
  text: "t",
  entities: [],
  relations: [],
  ...(image !== undefined && { image }),
});

describe("the entries of a side file", () => {
  it("are the members of any object, as JSON.parse has them", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
        fc.boolean(),
        (object, spaced) => {
          const text = JSON.stringify(object, undefined, spaced ? 2 : 0);
          const bytes = Buffer.from(text);
          const { parts, shape } = jsonParts(bytes);
          expect(shape).toBe("object");
          const read = parts.map(({ key, start, end }) => [
            key,
            JSON.parse(bytes.toString("utf8", start, end)),
          ]);
          expect(read).toEqual(Object.entries(JSON.parse(text)));
        },
      ),
      { numRuns: 100 },
    );
  });

  it("are found by row number, by id and by the picture's name", async () => {
    expect((await sideFile('{"1": ["b"], "0": ["a"]}')).of(post("x"), 1)).toEqual(["b"]);
    expect((await sideFile('{"900": 1, "7000": 2}')).of(post("7000"), 0)).toBe(2);
    const lines = await sideFile('{"image": "a.jpg", "caption": "A"}\n{"image": "b.jpg", "caption": "B"}\n');
    expect(lines.of(post("x", "b.jpg"), 0)).toEqual({ caption: "B" });
    expect((await sideFile('["first", "second"]')).of(post("x"), 1)).toBe("second");
  });

  it.each([
    ["", "empty"],
    ["{", "no end"],
    ["7", "single value"],
    ["{}", "no entries"],
  ])("cannot be read from %j", async (text) => {
    await expect(sideFile(text)).rejects.toMatchObject({ code: "audit/bad-side-file" });
  });
});

describe("side files of several splits", () => {
  const files = splitsOf([{ path: "data/train.txt" }, { path: "data/val.txt" }]);
  it("belong to the split in their name, to the one that is named, or come in order", async () => {
    for (const name of ["s-val.json", "s-train.json", "one.json", "two.json"])
      await writeFile(join(folder, name), `{"0": "${name}"}`);
    const source = (path: string, split?: string) => ({ name: "s", path: join(folder, path), split });
    const firstOf = async (...sources: ReturnType<typeof source>[]) =>
      (await assignSides(sources, files)).map((own) => own.get("s")?.[0]?.of(post("x"), 0));
    expect(await firstOf(source("s-val.json"), source("s-train.json"))).toEqual([
      "s-train.json",
      "s-val.json",
    ]);
    expect(await firstOf(source("one.json"), source("two.json"))).toEqual(["one.json", "two.json"]);
    expect(await firstOf(source("one.json", "validation"))).toEqual([undefined, "one.json"]);
    await expect(firstOf(source("one.json"))).rejects.toMatchObject({ code: "audit/side-without-split" });
    await expect(firstOf(source("one.json", "tset"))).rejects.toMatchObject({ code: "audit/unknown-split" });
  });
});
