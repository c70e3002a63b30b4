// Importing several files and folders into one file.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importDocuments } from "./import-documents.ts";
import { readDocuments } from "./readers.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-import-"));
  await mkdir(join(folder, "exports"));
  await mkdir(join(folder, "exports", "standoff"));
  const doccano = Array.from({ length: 12 }, (_, i) => ({
    id: i,
    text: `Ann met ${i}`,
    label: [[0, 3, "PER"]],
  }));
  const files = {
    "exports/a.jsonl": doccano.map((row) => `${JSON.stringify(row)}\n`).join(""),
    "exports/b.jsonl": `${JSON.stringify({ id: 3, text: "Bo left", label: [[0, 2, "PER"]] })}\n`,
    "exports/photo.jpg": "",
    "exports/standoff/1.txt": "Cy came",
    "exports/standoff/1.ann": "T1\tPER 0 2\tCy\n",
    "broken.jsonl":
      '{"id": 1, "text": "Ann", "label": [[0, 9, "PER"]]}\n{"id": 2, "text": "Ann", "label": []}\n',
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);

describe("importing", () => {
  it("reads every file of a folder and a folder of brat, each in its format", async () => {
    const out = at("all.jsonl");
    const account = await importDocuments({ inputs: [at("exports"), at("exports/standoff")], out });
    expect(account).toMatchObject({ documents: 14, renamed: 2 });
    expect(account.sources.map(({ format, accepted }) => [format, accepted])).toEqual([
      ["doccano", 12],
      ["doccano", 1],
      ["brat", 1],
    ]);
    const { documents, report } = await readDocuments(out, { format: "relata" });
    expect(report).toMatchObject({ accepted: 14, rejected: 0 });
    expect(documents.slice(12).map(({ id }) => id)).toEqual(["b:3", "standoff:1"]);
  });

  it("writes nothing if a row has an error, or leaves such rows out", async () => {
    const out = at("some.jsonl");
    const strict = await importDocuments({ inputs: [at("broken.jsonl")], out, format: "doccano" });
    expect(strict).toMatchObject({ documents: 0, sources: [{ rejected: 1 }] });
    await expect(readFile(out)).rejects.toMatchObject({ code: "ENOENT" });
    const lossy = await importDocuments({
      inputs: [at("broken.jsonl")],
      out,
      format: "doccano",
      lossy: true,
    });
    expect(lossy).toMatchObject({ documents: 1 });
  });
});
