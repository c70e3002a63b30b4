import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DefectCode } from "../base/codes/data-defects.ts";
import type { Document } from "./document.ts";
import { formatDocument, readJsonl, writeJsonl } from "./jsonl.ts";
import { LabelSet } from "./labels.ts";
import { readDocuments } from "./readers.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-jsonl-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const good: Document = {
  id: "a",
  text: "Ann met Bob 😀 .",
  image: "a.jpg",
  entities: [
    { start: 0, end: 3, label: "PER" },
    { start: 8, end: 11, label: "PER" },
  ],
  relations: [{ head: 0, tail: 1, label: "peer" }],
  meta: { source: "test" },
};
const line = (change: object = {}) => JSON.stringify({ ...good, ...change });

async function read(content: string | Uint8Array, options: object = {}) {
  const path = join(folder, "in.jsonl");
  await writeFile(path, content);
  return readDocuments(path, { format: "relata", ...options });
}

describe("a JSONL reader", () => {
  it("gives back a good document and an account without defects", async () => {
    const { documents, report } = await read(`${line()}\n`);
    expect(documents).toEqual([good]);
    expect(report).toMatchObject({
      lines: 1,
      blank: 0,
      read: 1,
      accepted: 1,
      rejected: 0,
      counts: {},
      omitted: 0,
    });
  });

  it("keeps the probabilities of extracted entities and relations", async () => {
    const extracted: Document = {
      ...good,
      entities: good.entities.map((entity, i) => ({ ...entity, probability: i })),
      relations: [{ head: 0, tail: 1, label: "peer", probability: 0.25 }],
    };
    const { documents } = await read(`${formatDocument(extracted)}\n`);
    expect(documents).toEqual([extracted]);
  });

  it("writes the texts of mentions on request, and reads them back", async () => {
    const document: Document = { ...good, text: "😀n met Bob 😀 ." };
    const line = formatDocument(document, { mentionTexts: true });
    expect(JSON.parse(line)).toMatchObject({
      entities: [{ start: 0, end: 3, text: "😀n" }, { text: "Bob" }],
      relations: [{ head: 0, tail: 1, headText: "😀n", tailText: "Bob" }],
    });
    expect((await read(`${line}\n`)).documents).toEqual([document]);
  });

  const rows: readonly (readonly [DefectCode, string])[] = [
    ["data/not-json", "{"],
    ["data/not-json", "{'id': 1}"],
    ["data/wrong-type", "[]"],
    ["data/wrong-type", "null"],
    ["data/wrong-type", line({ text: 3 })],
    ["data/wrong-type", line({ entities: [{ start: 0.5, end: 2, label: "x" }] })],
    ["data/wrong-type", line({ meta: [] })],
    ["data/missing-field", '{"id":"a","text":"b","relations":[]}'],
    ["data/missing-field", line({ text: null })],
    ["data/missing-field", line({ entities: null })],
    ["data/missing-field", line({ entities: [{ start: 0, end: null, label: "x" }], relations: [] })],
    ["data/wrong-type", line({ id: 1.5 })],
    ["data/wrong-type", line({ entities: [null], relations: [] })],
    ["data/name-mismatch", line({ relations: [{ head: 0, tail: 1, label: "peer", headText: "Bob" }] })],
    [
      "data/name-mismatch",
      line({ relations: [{ head: 0, tail: 1, label: "peer", headText: "Ann", tailText: "Ann" }] }),
    ],
    [
      "data/name-mismatch",
      line({ entities: [{ start: 0, end: 3, label: "x", text: "Bob" }], relations: [] }),
    ],
    ["data/missing-field", line({ entities: [{ start: 0, label: "x" }], relations: [] })],
    ["data/unknown-field", line({ image: null, images: "b.jpg" })],
    ["data/unknown-field", line({ relations: [{ head: 0, tail: 1, label: "peer", score: 1 }] })],
    ["data/duplicate-key", '{"id":"a","text":"b","text":"c","entities":[],"relations":[]}'],
    [
      "data/too-deep",
      `{"id":"a","text":"b","entities":[],"relations":[],"meta":{"x":${"[".repeat(99)}${"]".repeat(99)}}}`,
    ],
    ["data/empty-id", line({ id: "" })],
    ["data/empty-text", line({ text: " ", entities: [], relations: [] })],
    ["data/empty-image", line({ image: "" })],
    ["data/lone-surrogate", line({ id: "x" }).replace('"Ann', '"\\ud83dAnn')],
    ["data/empty-label", line({ entities: [{ start: 0, end: 3, label: "" }], relations: [] })],
    [
      "data/bad-probability",
      line({ entities: [{ start: 0, end: 3, label: "x", probability: 1.01 }], relations: [] }),
    ],
    ["data/bad-probability", line({ relations: [{ head: 0, tail: 1, label: "peer", probability: -0.01 }] })],
    ["data/wrong-type", line({ relations: [{ head: 0, tail: 1, label: "peer", probability: "1" }] })],
    ["data/span-out-of-range", line({ entities: [{ start: 0, end: 17, label: "x" }], relations: [] })],
    ["data/span-out-of-range", line({ entities: [{ start: -1, end: 3, label: "x" }], relations: [] })],
    ["data/span-out-of-range", line({ entities: [{ start: 3, end: 0, label: "x" }], relations: [] })],
    ["data/empty-span", line({ entities: [{ start: 3, end: 3, label: "x" }], relations: [] })],
    [
      "data/span-splits-surrogate-pair",
      line({ entities: [{ start: 8, end: 13, label: "x" }], relations: [] }),
    ],
    [
      "data/span-splits-surrogate-pair",
      line({ entities: [{ start: 13, end: 14, label: "x" }], relations: [] }),
    ],
    ["data/relation-index-out-of-range", line({ relations: [{ head: 0, tail: 2, label: "x" }] })],
    ["data/relation-index-out-of-range", line({ relations: [{ head: -1, tail: 1, label: "x" }] })],
    [
      "data/bad-token-offsets",
      line({
        meta: {
          tokens: [
            [0, 3],
            [2, 7],
          ],
        },
      }),
    ],
    ["data/bad-token-offsets", line({ meta: { tokens: [0, 3] } })],
  ];
  it.each(rows)("rejects a row with %s: %s", async (code, row) => {
    const { documents, report } = await read(`${row}\n${line({ id: "ok" })}\n`);
    expect(documents.map(({ id }) => id)).toEqual(["ok"]);
    expect(report).toMatchObject({ read: 2, accepted: 1, rejected: 1 });
    expect(report.defects[0]).toMatchObject({ code, severity: "error", place: join(folder, "in.jsonl:1") });
  });

  const kept: readonly (readonly [DefectCode, object])[] = [
    ["data/span-edge-space", { entities: [{ start: 0, end: 4, label: "x" }], relations: [] }],
    ["data/duplicate-entity", { entities: [good.entities[0], good.entities[0]], relations: [] }],
    ["data/relation-to-itself", { relations: [{ head: 1, tail: 1, label: "x" }] }],
    ["data/duplicate-relation", { relations: [good.relations[0], good.relations[0]] }],
  ];
  it.each(kept)("keeps a row with %s, and rejects it on demand", async (code, change) => {
    const { documents, report } = await read(line(change));
    expect(documents).toEqual([{ ...good, ...change }]);
    expect(report.counts).toEqual({ [code]: 1 });
    expect((await read(line(change), { reject: [code] })).report).toMatchObject({ accepted: 0, rejected: 1 });
  });

  it("says of a row without entities and category that one of both is needed", async () => {
    const { report } = await read('{"id":"a","text":"b"}\n{"id":"c","text":"d","category":"x"}\n');
    expect(report).toMatchObject({ accepted: 1, rejected: 1 });
    expect(report.defects[0]?.message).toContain("only a document with a category needs none");
  });

  it("rejects the second use of an id and names the first", async () => {
    const { report } = await read(`${line()}\n${line({ text: "Ann met Bob again" })}\n`);
    expect(report).toMatchObject({ accepted: 1, rejected: 1, counts: { "data/duplicate-id": 1 } });
    expect(report.defects[0]?.message).toContain("in.jsonl:1");
  });

  it("names relations outside the given label set", async () => {
    const { report } = await read(line(), { relationLabels: new LabelSet(["None", "parent"]) });
    expect(report.counts).toEqual({ "data/unknown-label": 1 });
  });

  it("reads past a byte order mark, CRLF and blank lines, and says so", async () => {
    const { documents, report } = await read(`\ufeff${line()}\r\n\r\n${line({ id: "b" })}\r\n`);
    expect(documents.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(report).toMatchObject({ lines: 3, blank: 1, read: 2, accepted: 2 });
    expect(report.counts).toEqual({ "data/byte-order-mark": 1, "data/blank-line": 1, "data/crlf": 1 });
    expect(report.defects.find(({ code }) => code === "data/crlf")?.value).toBe(3);
  });

  it("names a line that is not UTF-8, and reads the next one", async () => {
    const bad = Buffer.concat([Buffer.from('{"id":"\xff"}\n', "latin1"), Buffer.from(`${line()}\n`)]);
    const { documents, report } = await read(bad);
    expect(documents).toEqual([good]);
    expect(report.defects[0]).toMatchObject({ code: "data/invalid-utf8", value: "ff227d" });
  });

  it("bounds the length of a line without losing its neighbours", async () => {
    const long = line({ id: "long", text: "x".repeat(300_000), entities: [], relations: [] });
    const content = `${line()}\n${long}\n${line({ id: "b" })}`;
    const { documents, report } = await read(content, { maxLineBytes: 1000 });
    expect(documents.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(report.defects).toMatchObject([{ code: "data/line-too-long", value: long.length }]);
    const exact = Buffer.byteLength(line());
    expect((await read(`${line()}\r\n`, { maxLineBytes: exact })).report.accepted).toBe(1);
    expect((await read(`${line()}\n`, { maxLineBytes: exact - 1 })).report.rejected).toBe(1);
  });

  it("counts every defect, and lists at most a thousand of a kind", async () => {
    const { report } = await read("x\n".repeat(1500));
    expect(report).toMatchObject({
      read: 1500,
      rejected: 1500,
      counts: { "data/not-json": 1500 },
      omitted: 500,
    });
    expect(report.defects).toHaveLength(1000);
  });

  it("throws at the first error under the policy strict, but not at a warning", async () => {
    const edge = line({ id: "edge", entities: [{ start: 0, end: 4, label: "x" }], relations: [] });
    expect((await read(edge, { policy: "strict" })).report.accepted).toBe(1);
    await expect(read(`${edge}\nx\n`, { policy: "strict" })).rejects.toMatchObject({
      code: "data/not-json",
      place: join(folder, "in.jsonl:2"),
    });
  });

  it("names a file that cannot be read, and a format that does not exist", async () => {
    await expect(readDocuments(join(folder, "absent"), { format: "relata" })).rejects.toMatchObject({
      code: "data/cannot-read",
    });
    await expect(readDocuments(folder, { format: "relata" })).rejects.toMatchObject({
      code: "data/cannot-read",
    });
    await expect(readDocuments(folder, { format: "csv" })).rejects.toMatchObject({
      code: "data/unknown-format",
      message: 'unknown format: "csv"; CSV and TSV files have the format table',
      remedy: expect.stringContaining("auto, relata, "),
    });
  });

  it("stops when it is told to", async () => {
    const controller = new AbortController();
    const path = join(folder, "stop.jsonl");
    await writeFile(path, `${line()}\n`.repeat(10_000));
    const reading = async () => {
      for await (const _ of readJsonl(path, { signal: controller.signal })) controller.abort();
    };
    await expect(reading()).rejects.toThrow(/abort/i);
  });
});

describe("the JSONL writer", () => {
  it("writes keys in the order of the format", () => {
    const { id, text, ...rest } = good;
    expect(formatDocument({ ...rest, text, id })).toBe(line());
  });

  it("refuses an invalid document and leaves the old file alone", async () => {
    const path = join(folder, "old.jsonl");
    await writeJsonl(path, [good]);
    const before = await readFile(path, "utf8");
    const bad = { ...good, id: "b", entities: [{ start: 0, end: 99, label: "x" }], relations: [] };
    await expect(writeJsonl(path, [good, bad])).rejects.toMatchObject({ code: "data/span-out-of-range" });
    await expect(writeJsonl(path, [good, good])).rejects.toMatchObject({ code: "data/duplicate-id" });
    expect(await readFile(path, "utf8")).toBe(before);
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    await expect(writeJsonl(join(folder, "no", "x"), [good])).rejects.toMatchObject({
      code: "data/cannot-write",
    });
  });
});
