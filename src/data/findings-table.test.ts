// Tables of what was found: every cell comes back from a reader of RFC 4180, and no cell of a spreadsheet is a formula.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Document } from "./document.ts";
import { TABLE_NAMES, type TableFormat, tableHeader, tableRows, writeTable } from "./findings-table.ts";

const post: Document = {
  id: "p1",
  text: 'Ada of "Lumen, Labs"\tmet\nBo',
  entities: [
    { start: 0, end: 3, label: "PERSON", probability: 0.75 },
    { start: 7, end: 20, label: "ORG" },
    { start: 25, end: 27, label: "PERSON", probability: 1 },
  ],
  relations: [
    { head: 0, tail: 1, label: "works_for", probability: 0.5 },
    { head: 2, tail: 0, label: "met" },
  ],
};

/** Reads RFC 4180, character by character. */
function parsed(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let [row, cell, quoted]: [string[], string, boolean] = [[], "", false];
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (c === '"' && cell === "") quoted = true;
    else if (c === delimiter || c === "\n") {
      row.push(cell);
      cell = "";
      if (c === "\n") {
        rows.push(row);
        row = [];
      }
    } else cell += c;
  }
  return rows;
}

const table = (document: Document, format: TableFormat) =>
  [tableHeader(format), ...tableRows(document, format)].map((line) => `${line}\n`).join("");

describe("a table of findings", () => {
  it("has a row for every entity and relation, with quotes where a cell needs them", () => {
    expect(table(post, { name: "csv" })).toBe(
      [
        "post,kind,label,probability,text,start,end,head,head_start,head_end,tail,tail_start,tail_end",
        "p1,entity,PERSON,0.75,Ada,0,3,,,,,,",
        'p1,entity,ORG,,"""Lumen, Labs""",7,20,,,,,,',
        "p1,entity,PERSON,1,Bo,25,27,,,,,,",
        'p1,relation,works_for,0.5,,,,Ada,0,3,"""Lumen, Labs""",7,20',
        "p1,relation,met,,,,,Bo,25,27,Ada,0,3",
        "",
      ].join("\n"),
    );
    expect(table(post, { name: "triples" })).toBe(
      'head\trelation\ttail\tprobability\tpost\nAda\tworks_for\t"""Lumen, Labs"""\t0.5\tp1\nBo\tmet\tAda\t\tp1\n',
    );
    expect(tableRows({ ...post, entities: [], relations: [] }, { name: "csv" })).toEqual([]);
    const smiling = {
      ...post,
      text: "😀 Bo",
      entities: [{ start: 3, end: 5, label: "PERSON" }],
      relations: [],
    };
    expect(tableRows(smiling, { name: "csv", offsets: "code-point" })).toEqual([
      "p1,entity,PERSON,,Bo,2,4,,,,,,",
    ]);
  });

  it("gives every cell back, whatever is in the texts", () => {
    const words = fc.string({ unit: fc.constantFrom(..."a,\"\t\n\r;='é😀 "), minLength: 1 });
    fc.assert(
      fc.property(words, words, words, fc.constantFrom(...TABLE_NAMES), (head, label, tail, name) => {
        const document: Document = {
          id: label,
          text: `.${head}${tail}`,
          entities: [
            { start: 1, end: 1 + head.length, label },
            { start: 1 + head.length, end: 1 + head.length + tail.length, label },
          ],
          relations: [{ head: 0, tail: 1, label, probability: 0.25 }],
        };
        const rows = parsed(table(document, { name }), name === "csv" ? "," : "\t");
        expect(new Set(rows.map(({ length }) => length)).size).toBe(1);
        const last = Object.fromEntries(rows[0]!.map((column, i) => [column, rows.at(-1)?.[i]]));
        const named = name === "triples" ? { relation: label } : { label, kind: "relation" };
        expect(last).toMatchObject({ head, tail, post: label, probability: "0.25", ...named });
      }),
    );
  });

  it("has no formula and a byte order mark when it is for a spreadsheet", () => {
    const text = "=1+1 @x ＝2";
    const entities = [0, 5, 8].map((start) => ({ start, end: start + 2, label: "-a" }));
    const csv = table({ id: "+p", text, entities, relations: [] }, { name: "csv", spreadsheet: true });
    expect(csv.startsWith("\ufeffpost,")).toBe(true);
    expect(csv.split("\n")[1]).toBe("'+p,entity,'-a,,'=1,0,2,,,,,,");
    expect(csv.split("\n")[3]).toContain(",'＝2,");
    expect(table({ id: "+p", text, entities, relations: [] }, { name: "csv" })).toContain(
      "\n+p,entity,-a,,=1,",
    );
  });

  it("appears whole or not at all, and refuses a document that is none", async () => {
    const folder = await mkdtemp(join(tmpdir(), "relata-table-"));
    async function* documents() {
      yield post;
      yield { ...post, entities: [] };
    }
    const path = join(folder, "out.csv");
    await expect(writeTable(path, documents(), { name: "csv" })).rejects.toMatchObject({
      code: "data/relation-index-out-of-range",
    });
    await expect(readFile(path)).rejects.toMatchObject({ code: "ENOENT" });
    await rm(folder, { recursive: true });
  });
});
