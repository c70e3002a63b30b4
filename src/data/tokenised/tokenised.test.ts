// Corpora of tokenised texts, in JSON.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "../document.ts";
import type { ReadDocumentsOptions } from "../document-format.ts";
import { readDocuments } from "../readers.ts";
import type { ReadReport } from "../report.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-tokenised-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(rows: readonly unknown[], options: ReadDocumentsOptions & { format?: string } = {}) {
  const path = join(folder, "corpus.json");
  const lines = rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row)));
  await writeFile(path, `${lines.join("\n")}\n`);
  return readDocuments(path, options);
}

const named = ({ text, entities }: Document) =>
  entities.map(({ start, end, label }) => `${label} ${text.slice(start, end)}`);
const related = ({ text, entities, relations }: Document) => {
  const words = entities.map(({ start, end }) => text.slice(start, end));
  return relations.map(({ head, tail, label }) => `${words[head]} ${label} ${words[tail]}`);
};

/** Every annotation is kept, left out under a code, or in a rejected row. */
function expectSum({ annotations }: ReadReport) {
  for (const { found, kept, rejected, leftOut } of Object.values(annotations ?? {})) {
    expect(found).toBe(kept + rejected + Object.values(leftOut).reduce((sum, n) => sum + n, 0));
  }
}

const TOKENS = ["😀", "Ann", "Lee", "left", "Rome", "e\u0301te\u0301"];

describe("SpERT", () => {
  const row = {
    tokens: TOKENS,
    entities: [
      { type: "Per", start: 1, end: 3 },
      { type: "Loc", start: 4, end: 5 },
      { type: "Misc", start: 5, end: 6 },
    ],
    relations: [{ type: "Leaves", head: 0, tail: 1 }],
    orig_id: 7,
  };

  it("has exclusive ends, and keeps other fields in meta", async () => {
    const { documents, report } = await read([row, { ...row, relations: null }]);
    expect(report).toMatchObject({ format: "spert", guessed: true, accepted: 2, counts: {} });
    expect(documents.map(({ id }) => id)).toEqual(["corpus-0", "corpus-1"]);
    expect(documents.map(named)).toEqual(
      Array.from({ length: 2 }, () => ["Per Ann Lee", "Loc Rome", "Misc e\u0301te\u0301"]),
    );
    expect(documents.map(related)).toEqual([["Ann Lee Leaves Rome"], []]);
    expect(documents[0]?.meta).toMatchObject({ orig_id: 7 });
    expectSum(report);
  });

  it("is read from a list over many lines as well", async () => {
    const { documents, report } = await read([JSON.stringify([row, row], null, 2)]);
    expect(documents).toHaveLength(2);
    expect(report.counts).toEqual({});
  });

  it("rejects damaged rows with the reason, and accounts for their annotations", async () => {
    const entity = { type: "Per", start: 1, end: 1 };
    const { documents, report } = await read(
      [
        row,
        { ...row, entities: [entity] },
        { ...row, entities: [{ ...entity, end: 9 }] },
        { ...row, entities: [{ start: 1, end: 2 }] },
        { ...row, tokens: [...TOKENS, ""] },
        { ...row, tokens: undefined },
        { ...row, relations: [{ type: "x", head: 0, tail: 3 }] },
        '{"tokens": [',
      ],
      { format: "spert" },
    );
    expect(documents).toHaveLength(1);
    expect(report).toMatchObject({ lines: 8, accepted: 1, rejected: 7 });
    expect(report.counts).toEqual({
      "data/empty-span": 1,
      "data/span-out-of-range": 1,
      "data/missing-field": 2,
      "data/empty-token": 1,
      "data/relation-index-out-of-range": 1,
      "data/not-json": 1,
    });
    expect(report.defects.find(({ code }) => code === "data/empty-span")?.message).toContain(
      "--token-ends inclusive",
    );
    expectSum(report);
  });

  it("reads inclusive ends on request", async () => {
    const entities = [{ type: "Per", start: 1, end: 2 }];
    const { documents } = await read([{ tokens: TOKENS, entities }], { tokenEnds: "inclusive" });
    expect(documents.map(named)).toEqual([["Per Ann Lee"]]);
  });
});

describe("DyGIE++", () => {
  const row = {
    doc_key: "abstract-1",
    sentences: [
      ["Ann", "left", "."],
      ["She", "saw", "New", "York"],
    ],
    ner: [
      [[0, 0, "Per"]],
      [
        [3, 3, "Per"],
        [5, 6, "Loc"],
      ],
    ],
    relations: [[], [[3, 3, 5, 6, "SAW"]]],
    clusters: [
      [
        [0, 0],
        [3, 3],
      ],
    ],
  };

  it("counts the tokens of the whole document, with inclusive ends", async () => {
    const { documents, report } = await read([
      row,
      { ...row, doc_key: 2, ner: [[], []], relations: undefined },
    ]);
    expect(report).toMatchObject({ format: "dygie", accepted: 2, counts: {} });
    expect(documents.map(({ id, text }) => [id, text])).toEqual([
      ["abstract-1", "Ann left . She saw New York"],
      ["2", "Ann left . She saw New York"],
    ]);
    expect(documents.map(named)).toEqual([["Per Ann", "Per She", "Loc New York"], []]);
    expect(documents.map(related)).toEqual([["She SAW New York"], []]);
    expect(documents[0]?.meta).toMatchObject({ clusters: row.clusters });
  });

  it("reads relations across sentences, and leaves out those without an entity", async () => {
    const relations = [
      [
        [0, 0, 5, 6, "SAW"],
        [0, 0, 1, 1, "DID", 0.9, 0.8],
      ],
      [],
    ];
    const { documents, report } = await read([{ ...row, relations }]);
    expect(documents.map(related)).toEqual([["Ann SAW New York"]]);
    expect(report.annotations?.relations).toEqual({
      found: 2,
      kept: 1,
      rejected: 0,
      leftOut: { "data/relation-end-missing": 1 },
    });
    expectSum(report);
  });

  it("rejects rows whose lists do not fit their sentences, or whose indices leave them", async () => {
    const { report } = await read([
      { ...row, ner: [[]] },
      { ...row, ner: [[], [[5, 7, "Loc"]]], relations: [[], []] },
      { ...row, ner: [[], [[5, 6]]] },
      row,
      row,
    ]);
    expect(report).toMatchObject({ accepted: 1, rejected: 4 });
    expect(report.counts).toEqual({
      "data/wrong-type": 1,
      "data/missing-field": 1,
      "data/span-out-of-range": 1,
      "data/duplicate-id": 1,
    });
    expectSum(report);
  });
});

describe("TACRED", () => {
  const row = (relation: string, ends: readonly [number, number] = [2, 4], extra: object = {}) => ({
    token: TOKENS,
    relation,
    subj_start: 1,
    subj_end: ends[0],
    obj_start: 4,
    obj_end: ends[1],
    subj_type: "PERSON",
    obj_type: "CITY",
    ...extra,
  });

  it("has inclusive ends, and no_relation becomes None, as the report says", async () => {
    const { documents, report } = await read([
      row("no_relation", [2, 4], { id: "x1", stanford_pos: ["SYM"] }),
      row("per:cities"),
    ]);
    expect(report).toMatchObject({ format: "tacred", accepted: 2, counts: { "data/none-label": 1 } });
    expect(documents.map(({ id }) => id)).toEqual(["x1", "corpus-1"]);
    expect(documents.map(named)).toEqual(Array.from({ length: 2 }, () => ["PERSON Ann Lee", "CITY Rome"]));
    expect(documents.map(related)).toEqual([["Ann Lee None Rome"], ["Ann Lee per:cities Rome"]]);
    expect(documents[0]?.meta).toMatchObject({ stanford_pos: ["SYM"] });
    expectSum(report);
  });

  it("has exclusive ends where the rows show it", async () => {
    const many = Array.from({ length: 6 }, () => row("x", [3, 5]));
    const { documents, report } = await read(many);
    expect(documents.map(named)).toEqual(many.map(() => ["PERSON Ann Lee", "CITY Rome"]));
    expect(report.defects[0]).toMatchObject({ code: "data/token-ends" });
    expect(report.defects[0]?.message).toContain("exclusive: none of 12 mentions ends where it starts");
    const last = await read([row("x", [3, 6])]);
    expect(last.documents.map(named)).toEqual([["PERSON Ann Lee", "CITY Rome e\u0301te\u0301"]]);
  });

  it("has the ends of TACRED where few rows show nothing, and says so", async () => {
    const { documents, report } = await read([row("x", [2, 5])]);
    expect(documents.map(named)).toEqual([["PERSON Ann Lee", "CITY Rome e\u0301te\u0301"]]);
    expect(report.counts).toEqual({ "data/token-ends": 1 });
    const told = await read([row("x", [2, 5])], { tokenEnds: "exclusive" });
    expect(told.documents.map(named)).toEqual([["PERSON Ann", "CITY Rome"]]);
    expect(told.report.counts).toEqual({});
  });

  it("keeps a label that the user names another for", async () => {
    const { documents } = await read([row("no_relation")], { noneLabel: "NA" });
    expect(documents.map(related)).toEqual([["Ann Lee no_relation Rome"]]);
  });
});

describe("tokens with tags", () => {
  it("become entities, with the spacing of the text beside them", async () => {
    const { documents, report } = await read([
      {
        id: 5,
        tokens: TOKENS,
        ner_tags: ["O", "B-P", "I-P", "O", "B-L", "O"],
        text: "😀Ann  Lee left Rome, e\u0301te\u0301",
        image: "5.jpg",
        lang: "fr",
      },
      {
        tokens: ["😀", "Ann"],
        ner_tags: ["O", "B-P"],
        text: "😀Ann",
        image: null,
      },
    ]);
    expect(report).toMatchObject({ format: "tagged", accepted: 2, counts: { "data/tokens-not-in-text": 1 } });
    expect(documents.map(({ id, text }) => [id, text])).toEqual([
      ["5", TOKENS.join(" ")], // the text has a comma that is not a token
      ["corpus-1", "😀Ann"],
    ]);
    expect(documents.map(named)).toEqual([["P Ann Lee", "L Rome"], ["P Ann"]]);
    expect(documents[0]).toMatchObject({ image: "5.jpg", meta: { lang: "fr" } });
  });

  it("takes each row's own text and picture, though the first row has none", async () => {
    const tags = { tokens: ["Ann", ",", "Bo"], ner_tags: ["B-PER", "O", "B-PER"] };
    const { documents } = await read([
      tags,
      { ...tags, text: "Ann, Bo", picture: "2.jpg" },
      { ...tags, sentence: "Ann , Bo" },
    ]);
    expect(documents.map(({ text, image, meta }) => [text, image, meta?.text])).toEqual([
      ["Ann , Bo", undefined, undefined],
      ["Ann, Bo", "2.jpg", undefined],
      ["Ann , Bo", undefined, undefined],
    ]);
  });

  it("may be IOB1, BIOES or labels without prefix: the whole file decides", async () => {
    const of = async (...rows: readonly (readonly string[])[]) => {
      const given = rows.map((tags) => ({ tokens: tags.map((_, i) => `w${i}`), ner_tags: tags }));
      const { documents, report } = await read(given);
      return [documents.map(named), report.counts];
    };
    expect(await of(["I-P", "I-P", "O"], ["I-P", "B-P"])).toEqual([
      [["P w0 w1"], ["P w0", "P w1"]],
      { "data/tag-scheme": 1 },
    ]);
    expect(await of(["I-P", "B-L"])).toEqual([[["P w0", "L w1"]], { "data/orphan-tag": 1 }]);
    expect(await of(["O", "O"], ["B-P", "E-P", "S-P"])).toEqual([
      [[], ["P w0 w1", "P w2"]],
      { "data/tag-scheme": 1 },
    ]);
    expect(await of(["person", "person", "O", "city"])).toEqual([
      [["person w0 w1", "city w3"]],
      { "data/tag-scheme": 1 },
    ]);
  });

  it("are rejected where tags are numbers, missing or too few", async () => {
    const tokens = ["a", "b"];
    const { report } = await read([
      { tokens, ner_tags: [0, 1] },
      { tokens, ner_tags: ["O"] },
      { tokens },
      { tokens, ner_tags: ["O", "Q-P"] },
      { tokens, ner_tags: ["O", "B-P"] },
    ]);
    expect(report).toMatchObject({ accepted: 1, rejected: 4 });
    expect(report.counts).toEqual({
      "data/tag-numbers": 1,
      "data/wrong-type": 1,
      "data/missing-field": 1,
      "data/not-a-bio-tag": 1,
    });
  });

  it("may be in fields of other names, which the user says", async () => {
    const { documents } = await read([{ words: ["a"], gold: ["B-X"], ner_tags: ["O"] }], {
      tagsField: "gold",
    });
    expect(documents.map(named)).toEqual([["X a"]]);
  });
});

describe("any annotation of tokens", () => {
  it("is the same span of the text in every format", async () => {
    const token = fc.constantFrom("a", "😀", "e\u0301", "👩‍👩‍👧", "x.y", "東京", '"', "\\");
    const rows = fc.array(token, { minLength: 1, maxLength: 8 }).chain((tokens) =>
      fc.record({
        tokens: fc.constant(tokens),
        spans: fc.array(
          fc
            .tuple(fc.nat(tokens.length - 1), fc.nat(tokens.length - 1))
            .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
          { minLength: 1, maxLength: 4 },
        ),
      }),
    );
    await fc.assert(
      fc.asyncProperty(rows, async ({ tokens, spans }) => {
        const wanted = spans.map(([first, last]) => tokens.slice(first, last + 1).join(" "));
        const surfaces = ({ documents }: { readonly documents: readonly Document[] }) =>
          documents.flatMap(({ text, entities }) => entities.map(({ start, end }) => text.slice(start, end)));
        const entities = spans.map(([start, last], i) => ({ type: `T${i}`, start, end: last + 1 }));
        expect(surfaces(await read([{ tokens, entities }]))).toEqual(wanted);
        const ner = [spans.map(([start, last], i) => [start, last, `T${i}`])];
        expect(surfaces(await read([{ sentences: [tokens], ner }]))).toEqual(wanted);
      }),
      { numRuns: 12 },
    );
  });
});
