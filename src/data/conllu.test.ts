import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "./document.ts";
import { readDocuments } from "./readers.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-conllu-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(content: string, options: object = {}) {
  const path = join(folder, "tree.conllu");
  await writeFile(path, content);
  return readDocuments(path, { format: "conllu", ...options });
}

/** A line of ten columns. */
const row = (id: number | string, form: string, misc = "_") =>
  [id, form, "_", "_", "_", "_", "_", "_", "_", misc].join("\t");
const named = ({ text, entities }: Document) =>
  entities.map(({ start, end, label }) => `${label} ${text.slice(start, end)}`);

describe("the CoNLL-U reader", () => {
  it("keeps the text's spacing, behind an emoji too", async () => {
    const { documents, report } = await read(
      [
        "# newdoc",
        "# sent_id = s1",
        "# text = 😀 (Ann  Lee) left.",
        row(1, "😀", "NER=O"),
        row(2, "(", "SpaceAfter=No|NER=O"),
        row(3, "Ann", "NER=B-PER"),
        row(4, "Lee", "NER=I-PER|SpaceAfter=No"),
        row(5, ")", "NER=O"),
        row(6, "left", "SpaceAfter=No"),
        row(7, ".", "_"),
        "",
        "",
      ].join("\n"),
    );
    expect(documents).toEqual([
      {
        id: "tree-0",
        text: "😀 (Ann  Lee) left.",
        entities: [{ start: 4, end: 12, label: "PER" }],
        relations: [],
        meta: {
          block: 0,
          line: 1,
          sentence: "s1",
          tokens: [
            [0, 2],
            [3, 4],
            [4, 7],
            [9, 12],
            [12, 13],
            [14, 18],
            [18, 19],
          ],
        },
      },
    ]);
    expect(report).toMatchObject({ accepted: 1, rejected: 0, counts: {} });
  });

  it("makes the text from the tokens where there is none, or another", async () => {
    const lines = [row(1, "Ann", "name=B-PER|SpaceAfter=No"), row(2, ","), row(3, "Bo", "name=B-PER")];
    const { documents, report } = await read(
      `${lines.join("\n")}\n\n# text = Ann; Bo\n${lines.join("\n")}\n`,
    );
    expect(documents.map(({ text }) => text)).toEqual(["Ann, Bo", "Ann, Bo"]);
    expect(documents.map(named)).toEqual([
      ["PER Ann", "PER Bo"],
      ["PER Ann", "PER Bo"],
    ]);
    expect(report.counts).toEqual({ "data/tokens-not-in-text": 1 });
  });

  it("reads multiword tokens as the text has them, and leaves empty nodes out", async () => {
    const { documents, report } = await read(
      [
        "# text = I don't like du Port",
        row(1, "I"),
        row("2-3", "don't"),
        row(2, "do"),
        row(3, "n't"),
        row("3.1", "nothing"),
        row(4, "like"),
        row("5-6", "du"),
        row(5, "de"),
        row(6, "le", "NE=B-LOC"),
        row(7, "Port", "NE=I-LOC"),
      ].join("\n"),
    );
    expect(documents.map(({ text }) => text)).toEqual(["I don't like du Port"]);
    expect(documents.map(named)).toEqual([["LOC du Port"]]);
    expect(documents[0]?.meta?.tokens).toHaveLength(6); // do and n't are spelt within their token
    expect(report.counts).toEqual({ "data/multiword-token": 1 });
  });

  it("counts a tag that a multiword token cannot carry", async () => {
    const lines = [row("1-2", "au"), row(1, "à", "NER=B-X"), row(2, "le", "NER=B-Y")];
    const { documents, report } = await read(lines.join("\n"));
    expect(documents.map(named)).toEqual([["X au"]]);
    expect(report.defects[0]?.message).toContain("1 tag of other words not used");
  });

  it("reads BIOES, and treats orphans by the policy", async () => {
    const { documents } = await read([row(1, "Ann", "NER=B-P"), row(2, "Lee", "NER=E-P")].join("\n"));
    expect(documents.map(named)).toEqual([["P Ann Lee"]]);
    const orphan = [row(1, "Ann", "NER=B-P"), row(2, "in"), row(3, "Rome", "NER=I-L")].join("\n");
    expect((await read(orphan)).report).toMatchObject({ accepted: 1, counts: { "data/orphan-tag": 1 } });
    expect((await read(orphan, { bio: "strict" })).report).toMatchObject({ accepted: 0, rejected: 1 });
  });

  it("says of a file without tags what MISC has instead", async () => {
    const wanted = { code: "data/missing-column", value: ["SpaceAfter"] };
    await expect(read(row(1, "Ann", "SpaceAfter=No"))).rejects.toMatchObject(wanted);
  });

  it("rejects damaged sentences with the place, and accounts for every line", async () => {
    const good = row(1, "Ann", "NER=B-P");
    const bad = ["1\tAnn\tNER=B-P", row("x", "Ann"), row(1, ""), row(1, "Ann", "NER=P"), "# text = alone"];
    const { documents, report } = await read(
      [good, "", ...bad.flatMap((line) => [line, ""]), good].join("\n"),
    );
    expect(documents.map(({ id }) => id)).toEqual(["tree-0", "tree-6"]);
    expect(report).toMatchObject({ lines: 13, blank: 6, read: 7, accepted: 2, rejected: 5 });
    expect(report.counts).toEqual({
      "data/not-conllu": 2,
      "data/empty-token": 1,
      "data/not-a-bio-tag": 1,
      "data/empty-text": 1,
    });
    expect(report.defects.map(({ place }) => Number(place.split(":").at(-1)))).toEqual([3, 5, 7, 9, 11]);
  });

  it("gives back any text and its entities", async () => {
    const word = fc.constantFrom("Ann", "é", "e\u0301", "😀", "👩‍👩‍👧", "don't", "#", "1.5", "東京");
    const token = fc.record({
      word,
      space: fc.constantFrom("", " ", "  "),
      label: fc.constantFrom("", "P", "L"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(token, { minLength: 1, maxLength: 6 }), async (tokens) => {
        let text = "";
        const entities = tokens.flatMap(({ word, space, label }) => {
          const start = text.length;
          text += word + space;
          return label === "" ? [] : [{ start, end: start + word.length, label }];
        });
        const lines = tokens.map(({ word, label }, i) =>
          row(i + 1, word, label === "" ? "_" : `NER=B-${label}`),
        );
        const known = row(1, "known", "NER=B-P"); // so that every file has a tag
        const { documents } = await read(`# text = ${text}\n${lines.join("\n")}\n\n${known}\n`);
        expect(documents[0]).toMatchObject({ text, entities });
      }),
      { numRuns: 20 },
    );
  });
});
