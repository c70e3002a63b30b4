// Guessing a file's format from its content.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Extensions } from "../extensions/extension.ts";
import { defineReader } from "./reader-contract.ts";
import { formatOf, readDocuments } from "./readers.ts";

let path: string;
beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), "relata-guess-")), "file");
});
afterAll(() => rm(join(path, ".."), { recursive: true, force: true }));

const relata = '{"id": "a", "text": "Ann", "entities": []}';

describe("the format of a file", () => {
  it.each([
    ["relata", `${relata}\n`],
    ["relata", `[${relata}]`],
    ["relata", ""],
    ["relata", "id,text\n1,Ann\n"],
    ["mnre", "{'token': ['Ann'], 'h': {}}\n"],
    ["conll", "\nIMGID:7\nAnn\tB-PER\n"],
    ["conll", "Ann NNP B-PER\n"],
    ["conll", "# id = 1\nAnn\tS-PER\n"],
    ["spert", '[{"tokens": ["Ann"], "entities": [], "relations": [], "orig_id": 1}]'],
    ["dygie", '{"doc_key": "a", "sentences": [["Ann"]], "ner": [[]], "relations": [[]]}\n'],
    [
      "tacred",
      '{"token": ["Ann"], "subj_start": 0, "subj_end": 0, "obj_start": 0, "obj_end": 0, "relation": "x"}\n',
    ],
    ["tagged", '{"tokens": ["Ann"], "ner_tags": ["B-PER"]}\n'],
    ["conllu", "# text = Ann\n1\tAnn\tAnn\tPROPN\t_\t_\t0\troot\t_\tNER=B-PER\n"],
    ["webnlg", '[{"text": "Ann", "triple_list": []}]'],
    ["parquet", "PAR1..."],
  ])("is guessed to be %s", async (name, content) => {
    await writeFile(path, content);
    expect((await formatOf(path)).name).toBe(name);
  });

  it("is that of a registered reader that recognises it", async () => {
    const mine = defineReader({
      name: "mine",
      version: "1",
      recognises: ({ lines }) => lines[0] === "posts of mine",
      read: () => [{ line: 1, document: { id: "a", text: "Ann", entities: [] } }],
    });
    await writeFile(path, "posts of mine\n");
    const { report } = await readDocuments(path, { extensions: new Extensions([mine]) });
    expect(report).toMatchObject({ format: "mine", guessed: true, accepted: 1 });
  });

  it("is not guessed where it is named", async () => {
    await writeFile(path, `${relata}\n`);
    const { report } = await readDocuments(path, { format: "relata" });
    expect(report).toMatchObject({ format: "relata", guessed: false });
    await expect(readDocuments(path, { format: "conll" })).rejects.toMatchObject({
      code: "data/other-format",
    });
  });
});
