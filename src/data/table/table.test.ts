// Tables of texts and annotations.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "../document.ts";
import type { ReadDocumentsOptions } from "../document-format.ts";
import { findMention } from "../mentions.ts";
import { readDocuments } from "../readers.ts";
import type { ReadReport } from "../report.ts";
import { csvRecords, guessSeparator } from "./csv.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-table-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(content: string | Uint8Array, options: ReadDocumentsOptions & { format?: string } = {}) {
  const path = join(folder, "posts.csv");
  await writeFile(path, content);
  return readDocuments(path, { format: "table", ...options });
}

const named = ({ text, entities }: Document) =>
  entities.map(({ start, end, label }) => `${label} ${text.slice(start, end)}`);
const related = ({ text, entities, relations }: Document) => {
  const words = entities.map(({ start, end }) => text.slice(start, end));
  return relations.map(({ head, tail, label }) => `${words[head]} ${label} ${words[tail]}`);
};

/** Every line and every annotation is accounted for. */
function expectSums(report: ReadReport) {
  expect(report.lines).toBe(report.blank + report.marks + report.rowLines);
  expect(report.read).toBe(report.accepted + report.rejected + report.leftOut);
  for (const { found, kept, rejected, leftOut } of Object.values(report.annotations ?? {})) {
    expect(found).toBe(kept + rejected + Object.values(leftOut).reduce((sum, n) => sum + n, 0));
  }
}

describe("a table with a row for each relation", () => {
  const csv = [
    "text,Subject,subject type,Object,object type,predicate,likes",
    '"😀 Ann, who ""is"" Bo\'s sister, left Rome",Ann,PER,Rome,LOC,left,3',
    '"😀 Ann, who ""is"" Bo\'s sister, left Rome",Ann,PER,Bo,PER,sister,3',
    "Cy sleeps,,,,,,",
    "Cy met Di,Cy,PER,Di,PER,no_relation,",
    "",
  ].join("\n");

  it("makes one document of the rows with a text, and says what it guessed", async () => {
    const { documents, report } = await read(csv, { format: "auto" });
    expect(report).toMatchObject({ format: "table", lines: 5, marks: 1, accepted: 3, rejected: 0 });
    expect(documents.map(({ id }) => id)).toEqual(["posts-0", "posts-1", "posts-2"]);
    expect(documents.map(named)).toEqual([["PER Ann", "LOC Rome", "PER Bo"], [], ["PER Cy", "PER Di"]]);
    expect(documents.map(related)).toEqual([["Ann left Rome", "Ann sister Bo"], [], ["Cy None Di"]]);
    expect(documents[0]?.meta).toEqual({ likes: "3" });
    expect(report.counts).toEqual({ "data/guessed-columns": 1, "data/none-label": 1 });
    expect(report.defects[0]?.message).toContain("text=text head=Subject tail=Object headLabel=subject type");
    expectSums(report);
  });

  it("may be separated otherwise, in UTF-16, and begin with Excel's sep= line", async () => {
    const { documents } = await read(csv);
    const tsv = csv.replace(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/g, "\t");
    for (const separator of ["\t", ";", "|"]) {
      const other = tsv.replaceAll("\t", separator).replaceAll("\n", "\r\n");
      expect((await read(`\ufeff${other}`)).documents).toEqual(documents);
      const declared = await read(Buffer.from(`\ufeffsep=${separator}\r\n${other}`, "utf16le"));
      expect(declared.documents).toEqual(documents);
      expect(declared.report).toMatchObject({ marks: 2, lines: 6 });
      expectSums(declared.report);
    }
  });

  it("leaves out mentions that the text does not have, with their relations, and counts them", async () => {
    const { documents, report } = await read(
      [
        "text,head,tail,relation",
        "Ann saw ann and Ann in New  York,Ann,new york,saw", // ambiguous; other case and space
        "Annabel left,Ann,Annabel,is", // only a part of a word
        "Bo left,Bo,,left",
        "#AnnLee left 東京都,Lee,東京,left", // words of a hashtag, and a script without spaces
      ].join("\n"),
    );
    expect(documents.map(related)).toEqual([["Ann saw New  York"], [], [], ["Lee left 東京"]]);
    expect(report.counts).toEqual({
      "data/guessed-columns": 1,
      "data/ambiguous-mention": 1,
      "data/mention-differs": 1,
      "data/mention-not-found": 1,
      "data/relation-end-missing": 2,
    });
    expect(report.annotations).toEqual({
      entities: { found: 7, kept: 6, rejected: 0, leftOut: { "data/mention-not-found": 1 } },
      relations: { found: 4, kept: 2, rejected: 0, leftOut: { "data/relation-end-missing": 2 } },
    });
    expectSums(report);
    const strict = await read("text,head,tail,relation\nAnn left,Bo,Ann,x\n", {
      reject: ["data/mention-not-found"],
    });
    expect(strict.report).toMatchObject({ accepted: 0, rejected: 1 });
    expectSums(strict.report);
  });

  it("takes head and tail of the same words for two mentions where the text has two", async () => {
    const { documents } = await read("text,head,tail,relation\nAnn met Ann,Ann,Ann,met\n");
    expect(documents[0]?.relations).toEqual([{ head: 0, tail: 1, label: "met" }]);
    expect(documents[0]?.entities.map(({ start }) => start)).toEqual([0, 8]);
  });

  it("may have columns of any names, which the user gives", async () => {
    const { documents, report } = await read("Beitrag,A,B,Verb,Bild\nAnn met Bo,Ann,Bo,met,a.jpg\n", {
      columns: { text: "Beitrag", head: "A", tail: "B", relation: "Verb", image: "Bild" },
    });
    expect(documents).toMatchObject([{ image: "a.jpg", relations: [{ head: 0, tail: 1, label: "met" }] }]);
    expect(report.counts).toEqual({});
    const wrong = { columns: { text: "Beitrg" } };
    await expect(read("Beitrag\nAnn\n", wrong)).rejects.toMatchObject({
      code: "data/missing-column",
      remedy: 'Did you mean "Beitrag"?',
    });
    await expect(read("Beitrag\nAnn\n", { columns: { txt: "Beitrag" } })).rejects.toMatchObject({
      code: "data/bad-columns",
    });
    await expect(read("Beitrag\nAnn\n")).rejects.toMatchObject({ code: "data/missing-column" });
    await expect(read("Beitrag,Wer\nAnn,Ann\n", { format: "auto" })).rejects.toMatchObject({
      code: "data/missing-column",
      remedy: "Name it: --columns text=<column>",
    });
  });

  it("is not made of columns that only look like half of a pair", async () => {
    const { documents, report } = await read("subject,body,from,to\nHello,Ann met Bo,Cy,Di\n");
    expect(documents).toMatchObject([
      { text: "Ann met Bo", entities: [], meta: { subject: "Hello", from: "Cy" } },
    ]);
    expect(report.counts).toEqual({ "data/guessed-columns": 1, "data/no-mention-columns": 1 });
    const posts = JSON.stringify({ text: "Ann met Bo", name: "Ann", type: "post" });
    expect((await read(posts, { format: "auto" })).report.format).toBe("relata");
  });

  it("takes ids that number the rows for what they are", async () => {
    const rows = "id,text,head,tail,relation\n1,Ann met Bo,Ann,Bo,met\n2,Ann met Bo,Bo,Ann,met\n";
    const { documents, report } = await read(rows);
    expect(documents.map(({ id }) => id)).toEqual(["1"]);
    expect(documents.map(related)).toEqual([["Ann met Bo", "Bo met Ann"]]);
    expect(report.counts["data/row-ids"]).toBe(1);
    const posts = "id,text,people\n1,Ann met Bo,Ann\n2,Ann met Bo,Bo\n"; // the same text was posted twice
    const apart = await read(posts, { entityColumns: { PER: "people" } });
    expect(apart.documents.map(named)).toEqual([["PER Ann"], ["PER Bo"]]);
  });
});

describe("a table with a row for each token", () => {
  const tokens =
    'Sentence #,Word,POS,Tag\nSentence: 1,Ann,NNP,B-per\n,met,VB,O\n,"""",O,O\nSentence: 2,Cy,NNP,B-per\n,Lee,NNP,I-per\n';

  it("is read as texts with tags, divided by the column of sentences", async () => {
    const { documents, report } = await read(tokens, { format: "auto" });
    expect(documents.map((one) => [one.id, one.text, named(one)])).toEqual([
      ["posts-0", 'Ann met "', ["per Ann"]],
      ["posts-1", "Cy Lee", ["per Cy Lee"]],
    ]);
    expect(report).toMatchObject({
      format: "table",
      read: 2,
      lines: 6,
      counts: { "data/guessed-columns": 1 },
    });
    const ids = await read("sentence_id;words;labels\n7;Ann;B-PER\n7;met;O\n8;Bo;B-PER\n");
    expect(ids.documents.map(({ text, meta }) => [text, meta?.sentence_id])).toEqual([
      ["Ann met", "7"],
      ["Bo", "8"],
    ]);
  });

  it("may have blank rows between texts, and must have either", async () => {
    const { documents } = await read("token,ner\nAnn,B-PER\nmet,O\n,\nBo,B-PER\n");
    expect(documents.map(({ text }) => text)).toEqual(["Ann met", "Bo"]);
    await expect(read("token,ner\nAnn,B-PER\nmet,O\n")).rejects.toMatchObject({
      code: "data/missing-column",
      remedy: expect.stringContaining("sentence_id"),
    });
  });

  it("is another table where the cells are not tags, or the user names columns", async () => {
    await expect(read("word,label\nAnn,name\nmet,verb\n")).rejects.toMatchObject({
      code: "data/missing-column",
    });
    const { documents } = await read("id,word,tag\n1,Ann,B-PER\n", { columns: { text: "word" } });
    expect(documents[0]?.category).toEqual({ label: "B-PER" });
  });
});

describe("categories", () => {
  it("are the labels of flat JSON rows, as in a Parquet table", async () => {
    const rows = '{"text":"Ann met Bo","label":"news"}\n{"text":"Bo left","label":"sport"}\n';
    const { documents, report } = await read(rows, { format: "auto" });
    expect([report.format, documents.map(({ category }) => category?.label)]).toEqual([
      "table",
      ["news", "sport"],
    ]);
  });

  it("are not JSON, as the spans in Label Studio's CSV", async () => {
    const csv = 'id,text,label\n1,Ann met Bo,"[{""start"":0,""end"":3,""labels"":[""PER""]}]"\n';
    await expect(read(csv)).rejects.toMatchObject({
      code: "data/bad-columns",
      remedy: expect.stringContaining("JSON-MIN"),
    });
  });
});

describe("a table with a row for each mention", () => {
  it("has offsets in the given unit, checked against the mention", async () => {
    const rows = (first: number, last: number) =>
      `doc_id,text,mention,label,start,end\np1,😀 Ann left Rome,Ann,PER,${first},${last}\np1,😀 Ann left Rome,Rome,LOC,,\np2,Bo,,,,\n`;
    const { documents, report } = await read(rows(3, 6));
    expect(documents.map(named)).toEqual([["PER Ann", "LOC Rome"], []]);
    expect(report).toMatchObject({ accepted: 2, counts: { "data/guessed-columns": 1 } });
    expect((await read(rows(2, 5), { offsets: "code-point" })).documents).toEqual(documents);
    const wrong = await read(rows(2, 5));
    expect(wrong.report).toMatchObject({ accepted: 2, rejected: 1 });
    expect(wrong.report.counts).toMatchObject({ "data/name-mismatch": 1, "data/offset-units": 1 });
    expect(wrong.documents.map(named)).toEqual([["LOC Rome"], []]);
    expectSums(wrong.report);
  });

  it("rejects rows with broken offsets, texts and numbers of cells, and only those", async () => {
    const { documents, report } = await read(
      [
        "id,text,mention,label,start,end",
        "p1,Ann left,Ann,PER,0,3",
        "p1,Ann left,left,V,four,8",
        "p1,Ann left,left,V,4,80",
        "p1,Bo left,Bo,PER,0,2",
        "p1,,Bo,PER,0,2",
        "p1,Ann left,left",
        "p1,Ann left,left,V,4,8,more",
        "",
        'p1,Ann left,"left,V,4,8',
        "p1,Ann left,left,V,4,8,,",
      ].join("\n"),
    );
    expect(documents.map(named)).toEqual([["PER Ann", "V left"]]);
    expect(report).toMatchObject({ lines: 11, marks: 1, blank: 1, accepted: 1, rejected: 7 });
    expect(report.counts).toEqual({
      "data/wrong-type": 1,
      "data/span-out-of-range": 1,
      "data/conflicting-text": 1,
      "data/empty-text": 1,
      "data/wrong-columns": 2,
      "data/stray-quote": 1,
      "data/name-mismatch": 1, // the stray quote belongs to the mention
      "data/guessed-columns": 1,
    });
    expectSums(report);
  });
});

describe("a table with a row for each document", () => {
  it("has columns that list the mentions of a label", async () => {
    const rows = [
      "text;people;places",
      "Ann and Bo left Rome;Ann|Bo;Rome",
      '"Cy, Di in Oslo; all";[\'Cy\', "Di"];[Oslo]',
      "nobody;;",
    ].join("\n");
    const { documents, report } = await read(rows, { entityColumns: { PER: "people", LOC: "places" } });
    expect(documents.map(named)).toEqual([["PER Ann", "PER Bo", "LOC Rome"], ["PER Cy", "PER Di"], []]);
    expect(report.counts["data/mention-not-found"]).toBe(1); // [Oslo] is not a list of strings
    expectSums(report);
  });

  it("may be JSON lines, or a JSON list", async () => {
    const values = [
      { text: "Ann met Bo", people: ["Ann", "Bo"], likes: 3, id: 7 },
      { text: "Cy", people: null },
      { people: ["Cy"] },
    ];
    const options = { entityColumns: { PER: "people" } };
    const lines = await read(values.map((value) => JSON.stringify(value)).join("\n"), options);
    expect(lines.documents.map(named)).toEqual([["PER Ann", "PER Bo"], []]);
    expect(lines.documents[0]).toMatchObject({ id: "7", meta: { likes: 3 } });
    expect(lines.report).toMatchObject({ accepted: 2, rejected: 1 });
    expect((await read(JSON.stringify(values), options)).documents).toEqual(lines.documents);
  });

  it("is recognised in JSON by its fields", async () => {
    const row = { sentence: "Ann met Bo", head: "Ann", tail: "Bo", relation: "met" };
    const { documents, report } = await read(JSON.stringify(row), { format: "auto" });
    expect(report).toMatchObject({ format: "table", guessed: true });
    expect(documents.map(related)).toEqual([["Ann met Bo"]]);
  });
});

describe("files that are not tables in Unicode", () => {
  it("are refused with the remedy", async () => {
    const windows = Buffer.concat([
      Buffer.from("text,head,tail\nCaf"),
      Buffer.from([0xe9]),
      Buffer.from(",a,b\n"),
    ]);
    await expect(read(windows)).rejects.toMatchObject({
      code: "data/other-format",
      remedy: expect.stringContaining("iconv -f WINDOWS-1252"),
    });
    await expect(read(Buffer.from("\x89PNG\r\n\x1a\n", "latin1"))).rejects.toMatchObject({
      code: "data/other-format",
    });
    await expect(read("text,a,a\nx,y,z\n")).rejects.toMatchObject({ code: "data/bad-columns" });
    expect((await read("")).report).toMatchObject({ lines: 0, accepted: 0 });
  });
});

describe("CSV", () => {
  const records = (text: string, separator = ",") =>
    [...csvRecords(text, separator)].map(({ cells }) => cells);

  it("keeps a lone quote in its cell, and ruins no other row", () => {
    expect(records('"a,b\n"c"d,e\nf,"g"\n')).toEqual([
      ['"a', "b"],
      ['"c"d', "e"],
      ["f", "g"],
    ]);
    expect(records('say\t"hello\nx\ty\n', "\t")).toEqual([
      ["say", '"hello'],
      ["x", "y"],
    ]);
  });

  it("counts the lines of records, whatever their ends", () => {
    const text = 'a,b\r\n"1\n2\r\n3",4\r5,6\n';
    expect([...csvRecords(text, ",")].map(({ line, lines }) => [line, lines])).toEqual([
      [1, 1],
      [2, 3],
      [5, 1],
    ]);
  });

  it("gives back every table that is written by the standard", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", ",", ";", "\t", "|", '"', "\n", "\r", "😀", " ") });
    const table = fc
      .integer({ min: 2, max: 4 })
      .chain((width) =>
        fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }),
      );
    fc.assert(
      fc.property(table, fc.constantFrom(",", ";", "\t", "|"), (rows, separator) => {
        const written = rows
          .map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(separator))
          .join("\r\n");
        expect(records(written, separator)).toEqual(rows);
        expect(guessSeparator(`h1${separator}h2${separator}h3\n`.repeat(3))).toBe(separator);
      }),
    );
  });

  it("never loses a character, and ends, whatever the text", () => {
    const text = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r") });
    fc.assert(
      fc.property(text, (given) => {
        const found = [...csvRecords(given, ",")];
        const letters = (one: string) => one.replace(/[^a]/g, "").length;
        expect(found.reduce((sum, { cells }) => sum + letters(cells.join("")), 0)).toBe(letters(given));
        let line = 1;
        for (const record of found) {
          expect(record.line).toBe(line);
          line += record.lines;
        }
      }),
    );
  });
});

describe("findMention", () => {
  it("finds the words of a mention wherever they are whole, behind any character", () => {
    const filler = fc.constantFrom("a", "😀", "e\u0301", ".", "x y", "Ann", "(");
    fc.assert(
      fc.property(fc.array(filler), fc.array(filler), (before, after) => {
        const text = [...before, "Zoë  Ka", ...after].join(" ");
        const at = text.indexOf("Zoë");
        expect(findMention(text, "Zoë  Ka")).toEqual({ spans: [{ start: at, end: at + 7 }], isExact: true });
        expect(findMention(text, "zoë ka")).toEqual({ spans: [{ start: at, end: at + 7 }], isExact: false });
        expect(findMention(text, "Zo").spans).toEqual([]);
      }),
    );
  });
});
