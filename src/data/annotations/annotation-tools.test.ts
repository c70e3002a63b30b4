// Files of annotation tools: offsets behind emoji and combining marks, every policy, and accounts that add up.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Document } from "../document.ts";
import { type ReadFileOptions, readDocuments } from "../readers.ts";
import type { ReadReport } from "../report.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-tools-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const TEXT = "😀 Ann Lee met Bo\u0308 in Rome 👩🏽‍🚒 by Oslo";

/** The offsets of words in code points, as Python counts. */
function points(text: string, words: string): readonly [number, number] {
  const start = [...text.slice(0, text.indexOf(words))].length;
  return [start, start + [...words].length];
}

/** The same in UTF-16 code units. */
function units(text: string, words: string): readonly [number, number] {
  return [text.indexOf(words), text.indexOf(words) + words.length];
}

async function read(name: string, content: string, options: ReadFileOptions = {}) {
  const path = join(folder, name);
  await writeFile(path, content);
  const set = await readDocuments(path, options);
  expectSums(set.report);
  return set;
}

/** Nothing in the file is unaccounted for. */
function expectSums({ annotations, read: rows, accepted, rejected, leftOut }: ReadReport): void {
  expect(rows).toBe(accepted + rejected + leftOut);
  for (const tally of Object.values(annotations ?? {})) {
    const left = Object.values(tally.leftOut).reduce((sum, count) => sum + count, 0);
    expect(tally.found).toBe(tally.kept + tally.rejected + left);
  }
}

const mentions = (document: Document | undefined) =>
  document?.entities.map(({ start, end, label }) => `${label} ${document.text.slice(start, end)}`);
const relations = (document: Document | undefined) =>
  document?.relations.map(({ head, tail, label }) =>
    [head, tail]
      .map((i) => document.text.slice(document.entities[i]?.start, document.entities[i]?.end))
      .join(` ${label} `),
  );
const lines = (...rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join("\n");

describe("Label Studio", () => {
  const region = (id: string, words: string, labels: readonly string[], offsets = points) => {
    const [start, end] = offsets(TEXT, words);
    return {
      id,
      type: "labels",
      from_name: "label",
      to_name: "text",
      value: { start, end, text: words, labels },
    };
  };
  const arrow = (from: string, to: string, labels: readonly string[], direction = "right") => ({
    type: "relation",
    ...{ from_id: from, to_id: to, labels, direction },
  });
  const annotation = (by: unknown, result: readonly object[], more: object = {}) => ({
    ...{ id: 1, completed_by: by, was_cancelled: false, result },
    ...more,
  });
  const task = (id: number, annotations: readonly object[], data: object = { text: TEXT }) => ({
    ...{ id, data, annotations, predictions: [] },
  });
  const people = [region("a", "Ann Lee", ["PER"]), region("b", "Bo\u0308", ["PER"])];
  const readTasks = (tasks: readonly object[], options: ReadFileOptions = {}) =>
    read("export.json", JSON.stringify(tasks), options);

  it("gives the spans, relations, picture and other fields of a task", async () => {
    const result = [
      arrow("a", "b", ["met", "knows"]), // relations may come before regions
      ...people,
      region("c", "Oslo", ["LOC"]),
      arrow("c", "a", ["in"], "left"),
      { id: "m", type: "choices", from_name: "mood", to_name: "text", value: { choices: ["happy"] } },
    ];
    const data = { body: TEXT, photo: "/data/upload/3/a%20b.jpg", author: "x" };
    const { documents, report } = await readTasks([task(7, [annotation(1, result)], data)]);
    expect(report).toMatchObject({ format: "label-studio", guessed: true, accepted: 1, counts: {} });
    expect(documents[0]).toMatchObject({ id: "7", image: "a b.jpg", meta: { author: "x", mood: ["happy"] } });
    expect(mentions(documents[0])).toEqual(["PER Ann Lee", "PER Bo\u0308", "LOC Oslo"]);
    expect(relations(documents[0])).toEqual([
      "Ann Lee met Bo\u0308",
      "Ann Lee knows Bo\u0308",
      "Ann Lee in Oslo",
    ]);
  });

  it("reads the unit that fits the stated texts, and says so", async () => {
    const old = [region("a", "Oslo", ["LOC"], units), region("b", "Ann Lee", ["PER"], units)];
    const { documents, report } = await readTasks([
      task(1, [annotation(1, [...old, region("c", "Rome", ["LOC"])])]),
    ]);
    expect(mentions(documents[0])).toEqual(["LOC Oslo", "PER Ann Lee", "LOC Rome"]);
    expect(report.counts).toEqual({ "data/offsets-from-content": 1 });
    expect(report.defects[0]?.message).toMatch(/^2 of 3 mentions behind an emoji are read as UTF-16/);
    const named = await readTasks([task(1, [annotation(1, old)])], { offsets: "code-point" });
    expect(named.report).toMatchObject({ rejected: 1, counts: { "data/name-mismatch": 2 } });
  });

  it("counts everything that it does not read", async () => {
    const result = [
      ...people,
      region("c", "Rome", ["LOC", "GPE"]),
      region("d", "Oslo", []),
      { ...region("e", "Oslo", ["LOC"]), value: { start: 3, end: 3, labels: ["LOC"] } },
      { id: "f", type: "rectanglelabels", value: { x: 1, rectanglelabels: ["face"] } },
      arrow("a", "b", []),
      arrow("a", "c", ["in"], "bi"),
      arrow("a", "d", ["in"]),
      arrow("a", "z", ["in"]),
    ];
    const { documents, report } = await readTasks([
      {
        ...task(1, [annotation(1, result), annotation(2, people, { was_cancelled: true })]),
        predictions: [{}],
      },
      task(2, []),
      task(3, [annotation(1, [])]),
      task(4, [annotation(1, [])], { image: "a.png" }),
      task(5, [annotation(1, people, { was_cancelled: true })]),
    ]);
    expect(mentions(documents[0])).toEqual(["PER Ann Lee", "PER Bo\u0308", "LOC Rome", "GPE Rome"]);
    expect(relations(documents[0])).toEqual(["Ann Lee in Rome", "Rome in Ann Lee"]);
    expect(documents[1]).toMatchObject({ id: "3", entities: [] });
    expect(report).toMatchObject({ accepted: 2, leftOut: 3, rejected: 0 });
    expect(report.counts).toEqual({
      "data/cancelled-annotation": 2,
      "data/predictions-unused": 1,
      "data/several-labels": 1,
      "data/region-without-label": 1,
      "data/empty-region": 1,
      "data/other-annotation": 1,
      "data/relation-without-label": 1,
      "data/relation-both-ways": 1,
      "data/relation-end-missing": 2,
      "data/unannotated": 1,
      "data/task-without-text": 1,
    });
    expect(report.annotations?.entities).toMatchObject({ found: 10, kept: 4 });
    expect(report.annotations?.relations).toMatchObject({ found: 5, kept: 2 });
  });

  it.each([
    ["first", ["1: Ann Lee, Bo\u0308"]],
    ["newest", ["1: Ann Lee, Oslo"]],
    ["all", ["1@ann: Ann Lee, Bo\u0308", "1@bo@x.org: Ann Lee, Oslo"]],
    ["agreement", ["1: Ann Lee"]],
  ] as const)("reads the annotations of several people by the policy %s", async (annotators, expected) => {
    const first = annotation("ann", [...people, arrow("a", "b", ["met"])], { updated_at: "2024-01-01" });
    const second = annotation({ id: 2, email: "bo@x.org" }, [people[0]!, region("x", "Oslo", ["LOC"])], {
      updated_at: "2024-02-01",
    });
    const { documents, report } = await readTasks([task(1, [first, second])], { annotators });
    const shown = documents.map(
      ({ id, text, entities }) =>
        `${id}: ${entities.map(({ start, end }) => text.slice(start, end)).join(", ")}`,
    );
    expect(shown).toEqual(expected);
    expect(report.annotations?.entities.found).toBe(4);
    const trusted = await readTasks([task(1, [first, { ...second, ground_truth: true }])]);
    expect(mentions(trusted.documents[0])).toEqual(["PER Ann Lee", "LOC Oslo"]);
  });

  it("asks for the text's field where several can be it", async () => {
    const data = { headline: "Ann Lee", story: TEXT };
    const given = [task(1, [annotation(1, [])], data)];
    expect((await readTasks(given)).report.counts).toEqual({ "data/missing-field": 1 });
    expect((await readTasks(given, { textField: "story" })).documents[0]?.text).toBe(TEXT);
    const fitting = await readTasks([task(1, [annotation(1, people)], data)]); // one of them has the mentions
    expect(fitting.documents[0]?.text).toBe(TEXT);
  });

  it("reads JSON-MIN, where an annotation is an element", async () => {
    const [start, end] = points(TEXT, "Oslo");
    const element = (annotator: number, label: readonly object[]) => ({
      ...{ id: 4, text: TEXT, label, annotator, annotation_id: annotator, lead_time: 1, mood: "happy" },
    });
    const one = element(1, [{ start, end, text: "Oslo", labels: ["LOC"] }]);
    const later = { ...element(2, []), created_at: "2024-02-01" }; // the export begins with the newest
    const nobody = { ...element(3, []), id: 5, annotation_id: null };
    const { documents, report } = await readTasks([later, { ...one, created_at: "2024-01-01" }, nobody]);
    expect(report).toMatchObject({ format: "label-studio", lines: 3, accepted: 1, leftOut: 1 });
    expect(documents[0]).toMatchObject({ id: "4", meta: { mood: "happy" } });
    expect(mentions(documents[0])).toEqual(["LOC Oslo"]);
    expect(report.counts).toEqual({ "data/other-annotators": 1, "data/unannotated": 1 });
  });
});

describe("doccano", () => {
  const span = (words: string, label: string, offsets = units) => [...offsets(TEXT, words), label];

  it.each(["label", "labels"])("reads the lists of %s, and keeps other fields", async (name) => {
    const row = { id: 12345678901, text: TEXT, [name]: [span("Oslo", "LOC")], Comments: [], date: "2024" };
    const { documents, report } = await read("all.jsonl", lines(row));
    expect(report).toMatchObject({ format: "doccano", counts: {} });
    expect(documents[0]).toMatchObject({ id: "12345678901", meta: { date: "2024" } });
    expect(mentions(documents[0])).toEqual(["LOC Oslo"]);
  });

  it("reads the class of a text, and keeps several in meta", async () => {
    const rows = [
      { id: 1, text: TEXT, label: ["news"] },
      { id: 2, text: TEXT, label: ["news", "sport"] },
    ];
    const { documents, report } = await read("all.jsonl", lines(...rows));
    expect(report).toMatchObject({ format: "doccano", accepted: 2 });
    expect(documents.map(({ category, meta }) => category ?? meta)).toEqual([
      { label: "news" },
      { label: ["news", "sport"] },
    ]);
  });

  it("reads objects with relations", async () => {
    const entity = (id: number, words: string) => {
      const [start_offset, end_offset] = units(TEXT, words);
      return { id, label: "PER", start_offset, end_offset };
    };
    const joined = (from_id: number, to_id: number, type: string) => ({ id: 1, from_id, to_id, type });
    const row = {
      ...{ id: 1, text: TEXT, entities: [entity(5, "Ann Lee"), entity(6, "Bo\u0308")] },
      relations: [joined(6, 5, "met"), joined(5, 99, "met"), joined(5, 6, "")],
    };
    const { documents, report } = await read("all.jsonl", lines(row));
    expect(relations(documents[0])).toEqual(["Bo\u0308 met Ann Lee"]);
    expect(report.counts).toEqual({ "data/relation-end-missing": 1, "data/relation-without-label": 1 });
  });

  it("finds out whether offsets count code points", async () => {
    const row = { text: TEXT, label: [span("Oslo", "LOC", points), span("Ann Lee", "PER", points)] };
    const { documents, report } = await read("all.jsonl", lines(row));
    expect(mentions(documents[0])).toEqual(["LOC Oslo", "PER Ann Lee"]);
    expect(report.defects[0]?.message).toMatch(/code points: so 2 of 2 spans/);
    const named = await read("all.jsonl", lines(row), { offsets: "utf-16", format: "doccano" });
    expect(mentions(named.documents[0])).not.toEqual(["LOC Oslo", "PER Ann Lee"]);
  });

  it("rejects rows whose spans are broken, and leaves out rows without a text", async () => {
    const rows = [
      { id: 1, text: TEXT, label: [[0, "1", "LOC"], span("Oslo", "LOC")] },
      { id: 2, filename: "a.png", label: [] },
      { id: 3, text: TEXT, label: [[5, 5, "LOC"]] },
      { id: 4, text: TEXT, label: ["happy"] },
      { id: 5, text: TEXT, label: [{ from: 1 }] },
    ];
    const { documents, report } = await read("all.jsonl", lines(...rows), { format: "doccano" });
    expect(report).toMatchObject({ accepted: 2, rejected: 2, leftOut: 1 });
    expect(documents.map(({ id }) => id)).toEqual(["3", "4"]);
    expect(documents[1]).toMatchObject({ category: { label: "happy" } });
    expect(report.annotations?.entities).toMatchObject({ found: 4, kept: 0 });
  });

  it("rejects rows whose entities or relations are not lists, and takes no picture's name from them", async () => {
    const entities = [{ id: 1, label: "LOC", start_offset: 5, end_offset: 8 }];
    const rows = [
      { id: 1, text: TEXT, entities: "5.jpg" },
      { id: 2, text: TEXT, entities: ["Oslo"] },
      { id: 3, text: TEXT, label: { from: 1 } },
      { id: 4, text: TEXT, entities, relations: "a.jpg" },
      { id: 5, text: TEXT, entities, relations: null },
      { id: 6, text: TEXT, entities: null, label: "a.png", photo: "b.png" },
    ];
    const { documents, report } = await read("all.jsonl", lines(...rows), { format: "doccano" });
    expect(report.counts).toMatchObject({ "data/wrong-type": 4 });
    expect(documents.map(({ id, image }) => [id, image])).toEqual([
      ["5", undefined],
      ["6", "b.png"],
    ]);
    expect(documents[1]?.meta).toEqual({ label: "a.png" });
  });
});

describe("Prodigy", () => {
  it("is recognised by spans without an answer, as of rows that were written for it", async () => {
    const { documents, report } = await read(
      "out.jsonl",
      lines({ text: "Ann met Bo", spans: [{ start: 0, end: 3, label: "PER" }] }),
    );
    expect([report.format, mentions(documents[0])]).toEqual(["prodigy", ["PER Ann"]]);
  });

  const words = ["Ann Lee", "Bo\u0308", "Oslo"];
  const span = (text: string, i: number) => {
    const [start, end] = points(TEXT, text);
    return { start, end, label: "X", token_start: i, token_end: i };
  };
  const spans = words.map(span);
  const tokens = spans.map(({ start, end }, id) => ({ text: words[id], start, end, id }));
  const row = { text: TEXT, _input_hash: 1, _task_hash: 2, answer: "accept", spans, tokens };

  it("reads spans, tokens, and relations between tokens or spans", async () => {
    const related = [
      { head: 0, child: 1, label: "met" },
      { head: 9, child: 9, head_span: spans[2], child_span: spans[0], label: "of" },
      { head: 0, child: 7, label: "lost" },
    ];
    const { documents, report } = await read(
      "out.jsonl",
      lines({ ...row, relations: related, meta: { source: "x" } }),
    );
    expect(report.format).toBe("prodigy");
    expect(mentions(documents[0])).toEqual(["X Ann Lee", "X Bo\u0308", "X Oslo"]);
    expect(relations(documents[0])).toEqual(["Ann Lee met Bo\u0308", "Oslo of Ann Lee"]);
    expect(documents[0]?.meta).toEqual({
      source: "x",
      tokens: documents[0]?.entities.map(({ start, end }) => [start, end]),
    });
    expect(report.counts).toEqual({ "data/relation-end-missing": 1 });
  });

  it("leaves out answers that are not accepted, further annotators and embedded pictures", async () => {
    const { documents, report } = await read(
      "out.jsonl",
      lines(
        { ...row, _annotator_id: "a", image: "data:image/png;base64,AAAA" },
        { text: "other", _input_hash: 9, answer: "ignore", spans: [] },
        { ...row, _annotator_id: "b", spans: spans.slice(0, 1) },
        { ...row, _annotator_id: "c", answer: "reject" },
      ),
    );
    expect(documents).toHaveLength(1);
    expect(report).toMatchObject({ lines: 4, accepted: 1, leftOut: 1 });
    expect(report.counts).toEqual({
      "data/embedded-picture": 1,
      "data/cancelled-annotation": 2,
      "data/other-annotators": 1,
    });
    expect(report.annotations?.entities).toMatchObject({ found: 7, kept: 3 });
  });
});

describe("brat", () => {
  const at = (words: string) => points(TEXT, words).join(" ");

  async function readFolder(files: Readonly<Record<string, string>>, options: ReadFileOptions = {}) {
    const path = await mkdtemp(join(folder, "brat-"));
    await mkdir(path, { recursive: true });
    for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
    const set = await readDocuments(path, options);
    expectSums(set.report);
    return set;
  }

  const annotations = [
    `T1\tPER ${at("Ann Lee")}\tAnn Lee`,
    `T2\tPER ${at("Bo\u0308")}\tBo\u0308`,
    `T3\tLOC ${at("Rome")};${at("Oslo")}\tRome Oslo`,
    `T4\tMeet ${at("met")}\tmet`,
    "R1\tin Arg1:T1 Arg2:T3",
    "E1\tMeet:T4 Agent:T1 Agent2:T2",
    "A1\tPast E1",
    "N1\tReference T3 Wikipedia:1\tRome",
    "#1\tAnnotatorNotes T1\tsure?",
    "*\tEquiv T1 T2",
  ].join("\n");

  it("reads mentions, relations, events, attributes and notes of each pair", async () => {
    const { documents, report } = await readFolder({ "a.txt": TEXT, "a.ann": annotations, "a.jpg": "" });
    expect(report).toMatchObject({ format: "brat", guessed: true, accepted: 1 });
    expect(documents[0]).toMatchObject({ id: "a", image: "a.jpg" });
    expect(mentions(documents[0])).toEqual([
      "PER Ann Lee",
      "PER Bo\u0308",
      "LOC Rome 👩🏽‍🚒 by Oslo",
      "Meet met",
    ]);
    expect(relations(documents[0])).toEqual([
      "Ann Lee in Rome 👩🏽‍🚒 by Oslo",
      "met Agent Ann Lee",
      "met Agent Bo\u0308",
    ]);
    expect(documents[0]?.meta).toMatchObject({
      brat: { about: [{ of: "E1", name: "Past", value: true }, {}, {}] },
    });
    expect(report.counts).toEqual({
      "data/discontinuous-span": 1,
      "data/event": 1,
      "data/other-annotation": 1,
    });
  });

  it("rejects broken pairs and leaves out texts without annotations", async () => {
    const { documents, report } = await readFolder({
      "a.txt": TEXT,
      "a.ann": `T1\tPER ${at("Ann Lee")}\tAnn Li`,
      "b.txt": TEXT,
      "b.ann": "T1 PER 0 3\tAnn\nR1\tin Arg1:T1",
      "c.ann": "T1\tPER 0 3\tAnn",
      "d.txt": TEXT,
      "e.txt": TEXT,
      "e.ann": "",
    });
    expect(documents.map(({ id }) => id)).toEqual(["e"]);
    expect(report).toMatchObject({ accepted: 1, rejected: 3, leftOut: 1 });
    expect(report.counts).toEqual({ "data/name-mismatch": 1, "data/not-brat": 3, "data/unannotated": 1 });
    expect(report.defects[0]?.place).toMatch(/a\.txt$/);
  });
});
