// Users' readers, and errors for readers that break their contract.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Extensions } from "../extensions/extension.ts";
import { defineReader, type Reader, type ReaderSource } from "./reader-contract.ts";
import { formatsWith, readDocuments } from "./readers.ts";

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-reader-"));
  path = join(folder, "posts.txt");
  await writeFile(path, "Ann met Bo\n\nCy left\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Read = (source: ReaderSource) => unknown;

/** A reader that yields any values. */
const readerOf = (read: Read, more: Partial<Reader> = {}) =>
  defineReader({ name: "mine", version: "1", read: read as Reader["read"], ...more });

const readWith = (read: Read, options: object = {}) =>
  readDocuments(path, { format: "mine", extensions: new Extensions([readerOf(read)]), ...options });

const entity = { start: 0, end: 3, label: "PER" };
const document = { id: "a", text: "Ann met Bo", entities: [entity] };

describe("a user's reader", () => {
  it("gives documents, and every line of its file is accounted for", async () => {
    const { documents, report } = await readWith(async function* ({ lines }: ReaderSource) {
      for await (const { line, text } of lines()) {
        if (text.startsWith("Cy")) yield { line, rejected: "nobody met" };
        else yield { line, document: { ...document, text } };
      }
    });
    expect(documents).toEqual([{ ...document, relations: [] }]);
    expect(report).toMatchObject({ format: "mine", lines: 3, accepted: 1, rejected: 1, blank: 1 });
    expect(report.counts).toEqual({ "data/blank-line": 1, "data/reader-rejects": 1 });
  });

  it("accounts for the annotations that it found", async () => {
    const relations = [{ head: 0, tail: 1, label: "met" }];
    const both = [entity, { start: 8, end: 10, label: "PER" }];
    const { report } = await readWith(() => [
      {
        line: 1,
        document: { ...document, entities: both, relations },
        found: { entities: 3, relations: 2 },
        notes: [{ message: "an entity without a label is left out", entities: 1, relations: 1 }],
      },
      { line: 2, leftOut: "nobody annotated it", found: { entities: 2, relations: 0 } },
      { line: 3, rejected: "it is broken", found: { entities: 4, relations: 1 } },
    ]);
    expect(report).toMatchObject({ read: 3, accepted: 1, leftOut: 1, rejected: 1 });
    expect(report.annotations).toEqual({
      entities: {
        found: 9,
        kept: 2,
        rejected: 4,
        leftOut: { "data/reader-note": 1, "data/reader-leaves-out": 2 },
      },
      relations: { found: 3, kept: 1, rejected: 1, leftOut: { "data/reader-note": 1 } },
    });
  });

  it("is held to what every format is held to", async () => {
    const rows = [
      { line: 1, document },
      { line: 2, document }, // the same id
      { line: 3, document: { ...document, id: "b", entities: [{ ...entity, end: 99 }] } },
      { line: 4, document: { ...document, id: "c", colour: "red" } },
      { line: 5, document: "text" },
      { line: 6, document: { ...document, id: "d", entities: [{ ...entity, end: Number.NaN }] } },
    ];
    const { documents, report } = await readWith(() => rows);
    expect(documents.map(({ id }) => id)).toEqual(["a"]);
    expect(report.rejected).toBe(5);
    expect(report.counts).toEqual({
      "data/duplicate-id": 1,
      "data/span-out-of-range": 1,
      "data/unknown-field": 1,
      "data/wrong-type": 2,
    });
  });

  it("counts offsets as it says", async () => {
    const text = "\u{1f600} Ann";
    const rows = [{ line: 1, document: { id: "a", text, entities: [{ start: 2, end: 5, label: "PER" }] } }];
    const reader = readerOf(() => rows, { offsets: "code-point" });
    const { documents } = await readDocuments(path, { format: "mine", extensions: new Extensions([reader]) });
    expect(documents[0]?.entities).toEqual([{ start: 3, end: 6, label: "PER" }]);
  });

  it.each<[string, Read, RegExp]>([
    ["no rows", () => 5, /nothing that rows can be taken from/],
    ["a promise", async () => [], /nothing that rows can be taken from/],
    ["numbers", () => [1], /a row must be an object, got number/],
    ["rows without a line", () => [{ document }], /line must be an integer from 1/],
    ["rows without a document", () => [{ line: 1 }], /either a document or the reason/],
    ["reasons that are not texts", () => [{ line: 1, rejected: 5 }], /must be a text/],
  ])("that gives %s is named", async (_, read, message) => {
    await expect(readWith(read)).rejects.toMatchObject({
      code: "extension/bad-answer",
      message: expect.stringMatching(/the reader "mine"/),
      remedy: expect.stringContaining("docs/extending.md"),
    });
    await expect(readWith(read)).rejects.toThrow(message);
  });

  it.each<[string, Read]>([
    [
      "at once",
      () => {
        throw new TypeError("no such thing");
      },
    ],
    [
      "at a row",
      // biome-ignore lint/correctness/useYield: it does not come that far
      async function* () {
        throw new TypeError("no such thing");
      },
    ],
  ])("that throws %s is named with what it threw", async (_, read) => {
    await expect(readWith(read)).rejects.toMatchObject({
      code: "extension/failed",
      message: `the reader "mine" failed reading ${path} (TypeError: no such thing)`,
      fault: "work",
    });
  });

  it("that reads a file which is not there gets the fault of the file", async () => {
    const reader = readerOf(async function* ({ lines }) {
      for await (const { line } of lines()) yield { line, document };
    });
    const missing = readDocuments(join(folder, "none"), {
      format: "mine",
      extensions: new Extensions([reader]),
    });
    await expect(missing).rejects.toMatchObject({ code: "data/cannot-read" });
  });

  it("that hangs is not waited for when the run is stopped", async () => {
    const controller = new AbortController();
    const reading = readWith(
      async function* () {
        setTimeout(() => controller.abort(new Error("stopped")), 20);
        await new Promise(() => undefined);
      },
      { signal: controller.signal },
    );
    await expect(reading).rejects.toThrow("stopped");
  });

  it("cannot take the name of a format or of another reader", () => {
    const named = (name: string) => readerOf(() => [], { name });
    expect(() => formatsWith(new Extensions([named("mnre")]))).toThrow(
      expect.objectContaining({ code: "extension/name-taken" }),
    );
    expect(() => new Extensions([named("mine"), named("mine")])).toThrow(/two extensions have it/);
  });
});
