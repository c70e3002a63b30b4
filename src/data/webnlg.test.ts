import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DefectCode } from "../base/codes/data-defects.ts";
import { LabelSet } from "./labels.ts";
import { readDocuments } from "./readers.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-webnlg-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(content: string | Uint8Array, options: object = {}) {
  const path = join(folder, "triples.json");
  await writeFile(path, content);
  return readDocuments(path, { format: "webnlg", ...options });
}

const row = (text: string, ...triples: readonly (readonly [string, string, string])[]) => ({
  text,
  triple_list: triples,
});
const good = row(
  "Ann Lee, born in Rome, leads Lee .",
  ["Ann Lee", "birthPlace", "Rome"],
  ["Lee", "leader", "Ann Lee"],
);

describe("the WebNLG reader", () => {
  it("finds each subject and object once, and makes the triples its relations", async () => {
    const { documents, report } = await read(JSON.stringify([good, row("Bo .")], null, 2));
    expect(documents).toEqual([
      {
        id: "triples-0",
        text: good.text,
        entities: [
          { start: 0, end: 7, label: "entity" },
          { start: 17, end: 21, label: "entity" },
          { start: 4, end: 7, label: "entity" },
        ],
        relations: [
          { head: 0, tail: 1, label: "birthPlace" },
          { head: 2, tail: 0, label: "leader" },
        ],
        meta: { index: 0, line: 2 },
      },
      { id: "triples-1", text: "Bo .", entities: [], relations: [], meta: { index: 1, line: 17 } },
    ]);
    expect(report).toMatchObject({ read: 2, accepted: 2, counts: { "data/ambiguous-mention": 1 } });
  });

  it("may be JSON lines, as of CasRel, with other fields", async () => {
    const lines = [row("Ann met Bo", ["Ann", "met", "Bo"]), { ...row("Bo left"), relId: 3 }];
    const content = lines.map((one) => JSON.stringify(one)).join("\n");
    const { documents, report } = await read(content, { format: "auto" });
    expect(report).toMatchObject({ format: "webnlg", accepted: 2, counts: {} });
    expect(documents.map(({ meta }) => meta)).toEqual([
      { index: 0, line: 1 },
      { relId: 3, index: 1, line: 2 },
    ]);
  });

  it("takes whole words before parts of words, and the first of several", async () => {
    const { documents, report } = await read(
      JSON.stringify([row("PLACE AC (AC)", ["AC", "in", "PLACE"]), row("né n", ["n", "in", "né"])]),
    );
    expect(documents.map(({ entities }) => entities[0])).toMatchObject([
      { start: 6, end: 8 },
      { start: 3, end: 4 },
    ]);
    expect(report.counts).toEqual({ "data/ambiguous-mention": 1 });
  });

  const faults: readonly (readonly [DefectCode, string, number, number])[] = [
    ["data/mention-not-found", JSON.stringify([row("Annex", ["Ann", "in", "Annex"])]), 0, 1],
    ["data/mention-not-found", JSON.stringify([row("Ann", ["", "in", "Ann"])]), 0, 1],
    ["data/wrong-type", '[{"text": "Ann", "triple_list": [["Ann", "in"]]}]', 0, 1],
    ["data/duplicate-key", '[{"text": "Ann", "text": "Bo", "triple_list": []}]', 0, 1],
    ["data/empty-label", JSON.stringify([row("Ann Bo", ["Ann", "", "Bo"])]), 0, 1],
    ["data/not-json", `[${JSON.stringify(good)}, {"text": }]`, 1, 1],
    ["data/not-json", `[${JSON.stringify(good)},`, 1, 1],
    ["data/not-json", `[${JSON.stringify(good)}] x`, 1, 1],
    ["data/not-json", `[,${JSON.stringify(good)}]`, 0, 1],
    ["data/wrong-type", '{"text": "Ann"}', 0, 1],
    ["data/not-json", '["', 0, 1],
    ["data/not-json", "[}]", 0, 1],
  ];
  it.each(faults)("rejects %s: %s", async (code, content, accepted, rejected) => {
    const { report } = await read(content);
    expect(report).toMatchObject({ accepted, rejected, read: accepted + rejected });
    expect(report.defects.map((found) => found.code)).toContain(code);
    await expect(read(content, { policy: "strict" })).rejects.toMatchObject({ code });
  });

  it("reads past a byte order mark, and names a file that is not text", async () => {
    expect((await read(`\ufeff${JSON.stringify([good])}`)).report.counts).toMatchObject({
      "data/byte-order-mark": 1,
    });
    expect((await read(Buffer.from([0x5b, 0xff, 0x5d]))).report.counts).toEqual({ "data/invalid-utf8": 1 });
  });

  it("checks relations against a label set", async () => {
    const { report } = await read(JSON.stringify([good]), { relationLabels: new LabelSet(["leader"]) });
    expect(report).toMatchObject({ rejected: 1, counts: { "data/unknown-label": 1 } });
  });
});

const shared = join(process.env.RELATA_SHARED ?? join(import.meta.dirname, "../../../shared"), "data/webnlg");

describe.skipIf(!existsSync(shared))(`the real WebNLG files (skipped unless ${shared} exists)`, () => {
  it("are read whole, with every triple", async () => {
    // The numbers of ../shared/data/README.md.
    const counts = { train: { texts: 5019, triples: 11_313 }, val: { texts: 500, triples: 1224 } };
    for (const [split, { texts, triples }] of Object.entries(counts)) {
      const path = join(shared, `${split}_triples.json`);
      const { documents, report } = await readDocuments(path, { format: "webnlg", policy: "strict" });
      expect(report).toMatchObject({ read: texts, accepted: texts, rejected: 0 });
      expect(documents.reduce((sum, { relations }) => sum + relations.length, 0)).toBe(triples);
    }
  });
});
