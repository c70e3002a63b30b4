// A reader returns exactly what a writer wrote.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConllLine } from "../../src/data/conll-lines.ts";
import type { Document } from "../../src/data/document.ts";
import { readDocuments, writeConll, writeJsonl, writeParquetDocuments } from "../../src/data/index.ts";
import { anyDocument, conllDocuments } from "./arbitrary-documents.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-round-trip-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const anyDocuments = fc.uniqueArray(anyDocument, { selector: ({ id }) => id, maxLength: 5 });
/** The value after JSON: without undefined, and with only one zero. */
const asJson = (documents: readonly Document[]) => JSON.parse(JSON.stringify(documents)) as unknown;

describe("documents", () => {
  it("come back from relata's own format as they were", async () => {
    const path = join(folder, "any.jsonl");
    await fc.assert(
      fc.asyncProperty(anyDocuments, async (documents) => {
        expect(await writeJsonl(path, documents)).toBe(documents.length);
        const again = await readDocuments(path, { format: "relata", policy: "strict" });
        expect(again.documents).toEqual(asJson(documents));
        expect(again.report.accepted).toBe(documents.length);
      }),
      { numRuns: 40 },
    );
  });

  it("come back from Parquet as they were", async () => {
    const path = join(folder, "any.parquet");
    await fc.assert(
      fc.asyncProperty(anyDocuments, async (documents) => {
        expect(await writeParquetDocuments(path, documents)).toBe(documents.length);
        const again = await readDocuments(path, { format: "parquet", policy: "strict" });
        expect(again.documents).toEqual(asJson(documents));
        expect(again.report).toMatchObject({ lines: documents.length, rowLines: documents.length });
      }),
      { numRuns: 40 },
    );
  });

  it("that CoNLL can hold come back from it as they were, with nothing counted as lost", async () => {
    const path = join(folder, "posts.txt");
    await fc.assert(
      fc.asyncProperty(conllDocuments("posts"), async (documents) => {
        const account = await writeConll(path, documents);
        expect(account).toEqual({ documents: documents.length, renamed: 0, losses: {} });
        const again = await readDocuments(path, { format: "conll", policy: "strict" });
        expect(again.documents).toEqual(documents);
        expect(again.report.blank).toBe(Math.max(documents.length - 1, 0));
      }),
      { numRuns: 40 },
    );
  });

  it("of any shape are written as CoNLL when losses are allowed, and what is lost is counted", async () => {
    const path = join(folder, "lossy.txt");
    await fc.assert(
      fc.asyncProperty(anyDocuments, async (documents) => {
        const account = await writeConll(path, documents, { lossy: true });
        const again = await readDocuments(path, { format: "conll", policy: "strict" });
        expect(again.documents.map(({ text }) => text)).toEqual(documents.map(({ text }) => text));
        const entities = (all: readonly Document[]) => all.reduce((sum, one) => sum + one.entities.length, 0);
        const { relations = 0, overlapping = 0, boundaries = 0, labels = 0, ...rest } = account.losses;
        expect(entities(again.documents) + overlapping + boundaries + labels).toBe(entities(documents));
        expect(relations).toBe(documents.reduce((sum, one) => sum + one.relations.length, 0));
        expect(Object.keys(rest).every((loss) => ["probabilities", "images", "meta"].includes(loss))).toBe(
          true,
        );
        const lossless = Object.keys(account.losses).length === 0;
        if (!lossless) {
          await expect(writeConll(path, documents)).rejects.toMatchObject({ code: "data/not-in-format" });
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("well-formed CoNLL", () => {
  it("comes back with the same words, tags and pictures, whatever divides its columns", async () => {
    const source = join(folder, "source.txt");
    const target = join(folder, "target.txt");
    const word = fc
      .stringMatching(/^[^ \t\n\r\ufeff]{1,6}$/u)
      .filter((text) => !/^-DOCSTART-$|^IMGID:/.test(text));
    const types = fc.constantFrom("PER", "LOC", "a-b");
    const lines = fc
      .array(fc.tuple(word, fc.constantFrom("O", "B", "I"), types), { minLength: 1, maxLength: 8 })
      .map((rows) => {
        let type: string | undefined; // of the entity that an I- may continue
        return rows.map(([text, prefix, chosen]): readonly [string, string] => {
          if (prefix === "I" && type !== undefined) return [text, `I-${type}`];
          type = prefix === "O" ? undefined : chosen;
          return [text, type === undefined ? "O" : `B-${type}`];
        });
      })
      .filter((rows) => rows.some(([text]) => text.trim() !== ""));
    const block = fc.tuple(fc.option(fc.stringMatching(/^\w{1,8}$/)), lines, fc.constantFrom("\t", " "));
    await fc.assert(
      fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 4 }), async (blocks) => {
        const text = blocks
          .map(([image, rows, separator]) =>
            [...(image === null ? [] : [`IMGID:${image}`]), ...rows.map((row) => row.join(separator))].join(
              "\n",
            ),
          )
          .join("\n\n");
        await writeFile(source, text);
        const { documents } = await readDocuments(source, { format: "conll", policy: "strict" });
        await writeConll(target, documents);
        const again = await readDocuments(target, { format: "conll", policy: "strict" });
        const content = (all: readonly Document[]) => all.map(({ id: _, ...rest }) => rest);
        expect(content(again.documents)).toEqual(content(documents));
        const read = text.split("\n").map(parseConllLine);
        const written = (await readFile(target, "utf8")).trimEnd().split("\n").map(parseConllLine);
        expect(written).toEqual(read);
      }),
      { numRuns: 40 },
    );
  });
});
