import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importDocuments } from "./import-documents.ts";
import { readDocuments } from "./readers.ts";
import { compareSplits } from "./splits.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-import-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const SPLIT = { shares: { train: 80, validation: 10, test: 10 }, seed: 1 };

describe("importDocuments with a split", () => {
  it("writes the parts of several files, without a text in two of them, and the same every time", async () => {
    const header = "text,head,tail,relation";
    // Ten texts are in both files, in another case.
    const rows = (from: number, name: string) =>
      Array.from({ length: 40 }, (_, i) => `${name} number ${from + i} met Bo,met,Bo,x`);
    await writeFile(join(folder, "a.csv"), [header, ...rows(0, "Ann")].join("\n"));
    await writeFile(join(folder, "b.csv"), [header, ...rows(30, "ANN")].join("\n"));
    const inputs = [join(folder, "a.csv"), join(folder, "b.csv")];
    const out = join(folder, "parts");
    const account = await importDocuments({ inputs, out, split: SPLIT });
    expect(account.files.map(({ documents }) => documents)).toEqual([64, 8, 8]);
    expect(account).toMatchObject({ documents: 80, split: { groups: 70, largest: 2 } });
    const parts = await Promise.all(
      account.files.map(async ({ path }) => (await readDocuments(path)).documents),
    );
    const [train = [], validation = [], test = []] = parts;
    for (const overlap of compareSplits({ train, validation, test })) {
      expect(overlap).toMatchObject({ ids: [], texts: [], similarTexts: 0 });
    }
    const contents = () => Promise.all(account.files.map(({ path }) => readFile(path, "utf8")));
    const before = await contents();
    await importDocuments({ inputs, out, split: SPLIT });
    expect(await contents()).toEqual(before);
  });

  it("writes the pictures that a table has, and nothing where a part would be empty", async () => {
    const table = fileURLToPath(
      new URL("../../test/golden/huggingface/tags-and-pictures.parquet", import.meta.url),
    );
    const out = join(folder, "tagged.jsonl");
    const { documents, pictures } = await importDocuments({ inputs: [table], out });
    expect({ documents, pictures }).toEqual({
      documents: 4,
      pictures: { folder: join(folder, "pictures"), written: 3 },
    });
    const images = (await readDocuments(out)).documents.map(({ image }) => image ?? "");
    expect(await readdir(pictures.folder)).toEqual([...new Set(images)].sort());
    const into = join(folder, "empty");
    await expect(
      importDocuments({ inputs: [table], out: into, split: SPLIT, pictureFolder: pictures.folder }),
    ).rejects.toMatchObject({ code: "data/cannot-split" });
    await expect(readdir(into)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
