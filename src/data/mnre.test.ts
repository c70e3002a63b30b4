import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DefectCode } from "../base/codes/data-defects.ts";
import { fingerprintDocuments } from "./fingerprint.ts";
import { readLabelSet } from "./label-file.ts";
import { LabelSet, relationLabelsOf } from "./labels.ts";
import { readDocuments } from "./readers.ts";
import { compareSplits } from "./splits.ts";
import { tokensOf } from "./tokens.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-mnre-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const row = `{'token': ['Ann', "O'Hara", 'met', 'Bob', 'in', 'Rome', '😀'], 'h': {'name': "Ann O'Hara", 'pos': [0, 2]}, 't': {'name': 'Bob', 'pos': [3, 4]}, 'img_id': 'p1.jpg', 'relation': '/per/per/peer'}`;
const change = (from: string, to: string) => {
  if (!row.includes(from)) throw new Error(`the row does not hold ${from}`);
  return row.replace(from, to);
};

async function read(content: string, options: object = {}) {
  const path = join(folder, "tweets.txt");
  await writeFile(path, content);
  return readDocuments(path, { format: "mnre", ...options });
}

describe("the MNRE reader", () => {
  it("turns a line into a document with head, tail, one relation and token offsets", async () => {
    const { documents, report } = await read(`${row}\n`);
    expect(documents).toEqual([
      {
        id: "tweets-0",
        text: "Ann O'Hara met Bob in Rome 😀",
        image: "p1.jpg",
        entities: [
          { start: 0, end: 10, label: "entity" },
          { start: 15, end: 18, label: "entity" },
        ],
        relations: [{ head: 0, tail: 1, label: "/per/per/peer" }],
        meta: {
          instance: 0,
          line: 1,
          tokens: [
            [0, 3],
            [4, 10],
            [11, 14],
            [15, 18],
            [19, 21],
            [22, 26],
            [27, 29],
          ],
        },
      },
    ]);
    expect(documents.flatMap(tokensOf).map(({ text }) => text)).toEqual([
      "Ann",
      "O'Hara",
      "met",
      "Bob",
      "in",
      "Rome",
      "😀",
    ]);
    expect(report).toMatchObject({ format: "mnre", read: 1, accepted: 1, counts: {} });
  });

  it("keeps tokens apart that hold white space themselves", async () => {
    const { documents } = await read(change("'met'", "'met\\u00a0 up'"));
    expect(documents.flatMap(tokensOf)[2]?.text).toBe("met\u00a0 up");
    expect(documents[0]?.text.slice(19, 22)).toBe("Bob");
  });

  it("reads a row without a picture, absent, None or null, as a document without one", async () => {
    const rows = [
      change("'img_id': 'p1.jpg', ", ""),
      change("'p1.jpg'", "None").replace("Rome", "Oslo"),
      change("'p1.jpg'", "null").replace("Rome", "Bern"),
    ];
    const { documents, report } = await read(rows.join("\n"));
    expect(report.counts).toEqual({});
    expect(documents.map(({ image }) => image)).toEqual([undefined, undefined, undefined]);
  });

  it("reads OpenNRE's rows: ids, types and small letters beside the words, or a text with code points", async () => {
    const rows = [
      {
        relation: "met",
        token: ["Ann", "Lee", "met", "Bo"],
        h: { name: "ann lee", id: "Q1", pos: [0, 2] },
        t: { name: "Bo", id: "Q2", type: "PER", pos: [3, 4] },
      },
      {
        text: "😀 Ann met Bo",
        relation: "NA",
        h: { id: "m.0", name: "Ann", pos: [2, 5] },
        t: { id: "m.1", name: "Bo", pos: [10, 12] },
      },
      {
        text: "Ann",
        relation: "NA",
        h: { id: "m.0", name: "Ann", pos: [0, 3] },
        t: { id: "m.1", name: "Bo", pos: [2, 4] },
      },
    ];
    const { documents, report } = await read(rows.map((one) => JSON.stringify(one)).join("\n"), {
      format: "auto",
    });
    expect(report).toMatchObject({ format: "mnre", accepted: 2, rejected: 1 });
    expect(report.counts).toEqual({ "data/mention-differs": 1, "data/span-out-of-range": 1 });
    expect(
      documents.map(({ text, entities }) =>
        entities.map(({ start, end, label }) => `${label} ${text.slice(start, end)}`),
      ),
    ).toEqual([
      ["entity Ann Lee", "PER Bo"],
      ["entity Ann", "entity Bo"],
    ]);
    expect(documents[1]?.meta).toEqual({ instance: 1, line: 2 });
  });

  const rejected: readonly (readonly [DefectCode, string])[] = [
    ["data/not-a-python-literal", change("'met'", "met")],
    ["data/not-a-python-literal", change("'token': ", "'token': __import__('os').")],
    ["data/wrong-type", "['a']"],
    ["data/wrong-type", change("'pos': [0, 2]", "'pos': [0.0, 2]")],
    ["data/wrong-type", change("'pos': [0, 2]", "'pos': [0, 2, 3]")],
    ["data/wrong-type", change("'p1.jpg'", "1")],
    ["data/wrong-type", change("'met'", "3")],
    ["data/missing-field", change(", 'relation': '/per/per/peer'", "")],
    ["data/missing-field", change("'name': 'Bob', ", "")],
    ["data/unknown-field", change("'img_id'", "'url': 'x', 'img_id'")],
    ["data/span-out-of-range", change("[3, 4]", "[7, 8]")],
    ["data/span-out-of-range", change("[3, 4]", "[-4, -3]")],
    ["data/span-out-of-range", change("[3, 4]", "[4, 3]")],
    ["data/empty-span", change("[3, 4]", "[3, 3]")],
    ["data/name-mismatch", change("[3, 4]", "[4, 5]")],
    ["data/name-mismatch", change("'name': 'Bob'", "'name': 'Bobby'")],
    ["data/empty-token", change("'in'", "''")],
    ["data/empty-text", change(/\[.*?\]/.exec(row)?.[0] ?? "", "[]")],
    ["data/empty-image", change("'p1.jpg'", "''")],
    ["data/empty-label", change("'/per/per/peer'", "''")],
    ["data/lone-surrogate", change("'in'", "'\\ud83d'")],
  ];
  it.each(rejected)("rejects a row with %s: %s", async (code, line) => {
    const { documents, report } = await read(`${line}\n${row}\n`);
    expect(documents.map(({ id }) => id)).toEqual(["tweets-1"]);
    expect(report.defects.map((found) => found.code)).toContain(code);
    expect(report.defects.every(({ place }) => place === join(folder, "tweets.txt:1"))).toBe(true);
    await expect(read(line, { policy: "strict" })).rejects.toMatchObject({
      place: join(folder, "tweets.txt:1"),
    });
  });

  it("keeps overlapping mentions and reports them", async () => {
    const { documents, report } = await read(
      change("'name': 'Bob', 'pos': [3, 4]", `'name': "O'Hara met", 'pos': [1, 3]`),
    );
    expect(documents).toHaveLength(1);
    expect(report.counts).toEqual({ "data/overlapping-mentions": 1 });
  });

  it("reports conflicting labels and duplicates of the same sentence, head and tail", async () => {
    const content = [
      row,
      change("/per/per/peer", "None"),
      row,
      change("p1", "p2"),
      change("[3, 4]", "[5, 6]").replace("'Bob', 'pos'", "'Rome', 'pos'"),
    ];
    const { report } = await read(content.join("\n"));
    expect(report).toMatchObject({
      accepted: 5,
      counts: { "data/conflicting-labels": 1, "data/duplicate-row": 1 },
    });
    expect(report.defects.map(({ place }) => place.split(":").at(-1))).toEqual(["2", "3"]);
    expect(report.defects[0]?.message).toContain("tweets.txt:1");
  });

  it("rejects relations that the label set does not hold", async () => {
    const relationLabels = new LabelSet(["None"]);
    expect((await read(row, { relationLabels })).report).toMatchObject({
      rejected: 1,
      counts: { "data/unknown-label": 1 },
    });
  });

  it("never crashes on a damaged line: each is rejected with a code, or accepted with mentions that are its tokens", async () => {
    const damage = fc.record({
      at: fc.nat(row.length),
      cut: fc.nat(6),
      insert: fc.string({ unit: fc.constantFrom(..."'\"\\[]{}(),: 01nux😀"), maxLength: 3 }),
    });
    const lines = fc.array(fc.array(damage, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(lines, async (damages) => {
        const damaged = damages.map((steps) =>
          steps.reduce((text, { at, cut, insert }) => text.slice(0, at) + insert + text.slice(at + cut), row),
        );
        const { documents, report } = await read(damaged.join("\n"));
        expect(report.read + report.blank).toBe(report.lines);
        expect(report.accepted + report.rejected).toBe(report.read);
        expect(report.accepted).toBe(documents.length);
        expect(report.rejected === 0 || report.defects.some(({ severity }) => severity === "error")).toBe(
          true,
        );
        for (const document of documents) {
          const tokens = tokensOf(document);
          expect(tokens.map(({ text }) => text).join(" ")).toBe(document.text);
          for (const { start, end } of document.entities) {
            expect(
              tokens.some((token) => token.start === start) && tokens.some((token) => token.end === end),
            ).toBe(true);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

const shared = join(process.env.RELATA_SHARED ?? join(import.meta.dirname, "../../../shared"), "data/mnre");
const absent = !existsSync(shared);

describe.skipIf(absent)(`the real MNRE files (skipped unless ${shared} exists)`, () => {
  const load = async (split: string) =>
    readDocuments(join(shared, `${split}.txt`), {
      format: "mnre",
      policy: "strict",
      relationLabels: await readLabelSet(join(shared, "rel2id.json")),
    });

  it("are read whole, with exactly the known defects", async () => {
    const [train, val] = [await load("train"), await load("val")];
    expect(train.report).toMatchObject({
      lines: 12_247,
      read: 12_247,
      accepted: 12_247,
      rejected: 0,
      blank: 0,
    });
    expect(train.report.counts).toEqual({ "data/overlapping-mentions": 59, "data/conflicting-labels": 27 });
    expect(val.report).toMatchObject({ lines: 1624, accepted: 1624, rejected: 0 });
    expect(val.report.counts).toEqual({ "data/overlapping-mentions": 3 });
    expect(train.documents.filter(({ relations }) => relations[0]?.label === "None")).toHaveLength(7744);

    const [overlap] = compareSplits({ train: train.documents, val: val.documents });
    expect(overlap?.conflicts).toHaveLength(6);
    expect(overlap?.texts).toHaveLength(5);
    expect(overlap?.images).toEqual([]);
    expect(overlap?.ids).toEqual([]);

    const labels = relationLabelsOf(train.documents);
    expect(labels.labels[0]).toBe("None");
    expect([...labels].sort()).toEqual([...(await readLabelSet(join(shared, "rel2id.json")))].sort());
    expect(fingerprintDocuments(val.documents)).toBe(fingerprintDocuments((await load("val")).documents));
  });

  it("keep every token", async () => {
    const { documents } = await load("val");
    const tokens = documents.reduce((sum, document) => sum + tokensOf(document).length, 0);
    expect(tokens).toBe(27_017); // counted with ast.literal_eval
  });
});
