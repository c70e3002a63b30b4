// Damaged exports of annotation tools: each is read with sums that add up, or refused with a code.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ANNOTATOR_POLICIES, type ReadDocumentsOptions } from "../../src/data/document-format.ts";
import { readDocuments } from "../../src/data/readers.ts";
import { expectDocuments } from "./accounting.ts";
import { basesWith, FUZZ_RUNS, textDamage } from "./mutations.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-damaged-tools-"));
  await mkdir(join(folder, "brat"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const text = "😀 Ann met Bo\u0308 in Rome";
const region = (id: string, start: number, end: number, words: string) => ({
  ...{ id, type: "labels", value: { start, end, text: words, labels: ["PER"] } },
});
const first = region("a", 2, 5, "Ann");
const result = [
  first,
  region("b", 10, 13, "Bo\u0308"),
  { type: "relation", from_id: "a", to_id: "b", direction: "bi", labels: ["met"] },
  { type: "relation", from_id: "a", to_id: "z", direction: "left", labels: [] },
];
const tasks = [1, 2, 3].map((id) => ({
  ...{ id, data: { text, note: "x" } },
  annotations: [
    { id: 1, completed_by: 1, was_cancelled: false, result },
    { id: 2, completed_by: 2, was_cancelled: id === 2, result: result.slice(0, 1) },
  ],
}));
const min = [{ id: 1, text, label: [first.value], annotator: 1, annotation_id: 1 }];
const spans = [
  { start: 2, end: 5, label: "PER", token_start: 1, token_end: 1 },
  { start: 10, end: 13, label: "PER", token_start: 3, token_end: 3 },
];
const lines = (rows: readonly object[]) => `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`;
const doccano = [
  { id: 1, text, label: [[3, 6, "PER"]] },
  {
    id: 2,
    text,
    labels: [
      [3, 6, "PER"],
      [11, 14, "PER"],
    ],
  },
  {
    ...{ id: 3, text, entities: [{ id: 1, label: "PER", start_offset: 3, end_offset: 6 }] },
    relations: [{ from_id: 1, to_id: 2, type: "met" }],
  },
];
const prodigy = ["accept", "accept", "ignore"].map((answer, i) => ({
  ...{ text, spans, answer, _input_hash: i % 2, _annotator_id: `a${i}` },
  relations: [{ head: 1, child: 3, label: "met" }],
}));
const ann = `T1\tPER 2 5\tAnn
T2\tPER 10 13\tBo\u0308
T3\tLOC 2 5;17 21\tAnn Rome
R1\tmet Arg1:T1 Arg2:T2
E1\tPER:T1 To:T3
#1\tAnnotatorNotes T1\tnote
`;

const options = fc.record<ReadDocumentsOptions>({
  annotators: fc.constantFrom(...ANNOTATOR_POLICIES),
  maxLineBytes: fc.constantFrom(undefined, 900),
});

/** Reads a file and checks that nothing in it is unaccounted for. */
async function expectSums(path: string, given: ReadDocumentsOptions & { readonly format: string }) {
  const read = await readDocuments(path, given).catch((error: unknown) => {
    expect(error).toMatchObject({ code: "data/other-format" }); // damage may turn the file into another kind
    return undefined;
  });
  if (read === undefined) return;
  const { documents, report } = read;
  expectDocuments(documents);
  expect(report.accepted).toBe(documents.length);
  expect(report.read).toBe(report.accepted + report.rejected + report.leftOut);
  for (const kind of ["entities", "relations"] as const) {
    const tally = report.annotations?.[kind];
    const kept = documents.reduce((sum, document) => sum + document[kind].length, 0);
    expect(tally?.kept ?? 0).toBe(kept);
    const left = Object.values(tally?.leftOut ?? {}).reduce((sum, count) => sum + count, 0);
    expect((tally?.kept ?? 0) + (tally?.rejected ?? 0) + left).toBe(tally?.found ?? 0);
    for (const count of [tally?.rejected ?? 0, ...Object.values(tally?.leftOut ?? {})])
      expect(count).toBeGreaterThanOrEqual(0);
  }
}

describe("a damaged export", () => {
  it.each([
    ["label-studio", JSON.stringify(tasks)],
    ["label-studio", JSON.stringify(tasks, undefined, 1)],
    ["label-studio", JSON.stringify(min)],
    ["doccano", lines(doccano)],
    ["prodigy", lines(prodigy)],
  ])("of %s is accounted for (%#)", async (format, content) => {
    const path = join(folder, "export");
    await fc.assert(
      fc.asyncProperty(basesWith(content), textDamage, options, async (base, damage, given) => {
        await writeFile(path, damage(base));
        await expectSums(path, { format, ...given });
      }),
      { numRuns: FUZZ_RUNS },
    );
  });

  it("of brat is accounted for", async () => {
    await fc.assert(
      fc.asyncProperty(basesWith(ann), textDamage, options, async (base, damage, given) => {
        await writeFile(join(folder, "brat", "a.txt"), text);
        await writeFile(join(folder, "brat", "a.ann"), damage(base));
        await expectSums(join(folder, "brat"), { format: "brat", ...given });
      }),
      { numRuns: FUZZ_RUNS },
    );
  });

  it("with values of wrong types is accounted for", async () => {
    const path = join(folder, "types");
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(-1, 1e20, "\ud800", "\0", [[]], { labels: [1] }),
    );
    const files = { "label-studio": JSON.stringify(tasks), doccano: lines(doccano), prodigy: lines(prodigy) };
    await fc.assert(
      fc.asyncProperty(
        ...[fc.constantFrom(...Object.entries(files)), fc.nat(), anything, options],
        async ([format, content], at, value, given) => {
          const values = [...content.matchAll(/(?<=[:[,])(?:\d+|"[^"]*"(?!:)|null|true|false)/g)];
          const target = values[at % values.length];
          if (target === undefined) return;
          const end = target.index + target[0].length;
          await writeFile(path, content.slice(0, target.index) + JSON.stringify(value) + content.slice(end));
          await expectSums(path, { format, ...given });
        },
      ),
      { numRuns: FUZZ_RUNS },
    );
  });
});
