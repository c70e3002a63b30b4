// What a format holds comes back from it; what it does not hold is counted, or nothing is written.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { differences, type Part } from "../../scripts/same-documents.mjs";
import { readDocuments } from "../../src/data/readers.ts";
import type { LossKind } from "../../src/data/writing/losses.ts";
import { TARGETS } from "../../src/data/writing/targets.ts";
import { writeDocuments } from "../../src/data/writing/write-documents.ts";
import { strangeDocuments } from "./strange-documents.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-conversions-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const RUNS = Number(process.env.RELATA_CONVERSION_RUNS ?? 6);
const READERS: Readonly<Record<string, string>> = { "hugging-face": "parquet" };
const NOT_READ = ["spacy"];
const formats = TARGETS.filter(({ holdsPosts, name }) => holdsPosts && !NOT_READ.includes(name)).map(
  ({ name }) => name,
);

/** The parts that may differ where a loss of a kind is counted. */
const PERMITS: Readonly<Record<LossKind, readonly Part[]>> = {
  documents: [],
  divided: ["entities", "relations"],
  images: ["image"],
  categories: ["category"],
  probabilities: ["entities", "relations", "category"],
  meta: ["meta"],
  tokens: ["tokens"],
  spacing: ["text", "entities", "relations", "tokens"],
  characters: ["text"],
  words: ["text", "entities", "relations", "tokens"],
  entities: ["entities"],
  types: ["entities", "relations"],
  overlapping: ["entities", "relations"],
  boundaries: ["entities", "relations"],
  labels: ["entities", "relations"],
  places: ["entities", "relations"],
  relations: ["relations"],
  relationLabels: ["relations", "entities"],
  ends: ["relations", "entities"],
};

async function read(path: string, format: string) {
  const { documents, report } = await readDocuments(path, {
    format: READERS[format] ?? format,
    ...(format === "label-studio" && { annotators: "predictions" as const }),
  });
  expect(report.defects.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(report.rejected + report.leftOut).toBe(0);
  return documents;
}

let files = 0;
const fresh = () => join(folder, `d${files++}`);

describe("documents written as", () => {
  it.each(formats)("%s come back, or are counted", async (format) => {
    await fc.assert(
      fc.asyncProperty(strangeDocuments, async (given) => {
        // brat's folder is read by name.
        const documents = format === "brat" ? given.map((one, i) => ({ ...one, id: `d${i}` })) : given;
        const path = fresh();
        const lossy = await writeDocuments(path, documents, { format, lossy: true });
        const kinds = Object.keys(lossy.losses) as LossKind[];
        const again = await read(path, format);
        expect(again.length).toBe(lossy.documents);
        if (!kinds.includes("documents") && !kinds.includes("divided")) {
          expect(again.length).toBe(documents.length);
          const permitted = new Set(kinds.flatMap((kind) => PERMITS[kind]));
          for (const [i, document] of documents.entries()) {
            const parts = differences(document, again[i]!).filter((part) => !permitted.has(part));
            expect([document.id, parts, parts.length > 0 ? again[i] : 0]).toEqual([document.id, [], 0]);
          }
        }
        // What was read from a format is held by it.
        const second = fresh();
        const same = await writeDocuments(second, again, { format });
        expect(same).toMatchObject({ written: true, losses: {} });
        const third = await read(second, format);
        for (const [i, document] of again.entries()) expect(differences(document, third[i]!)).toEqual([]);
        if (kinds.length > 0) {
          const refused = fresh();
          expect(await writeDocuments(refused, documents, { format })).toEqual({
            written: false,
            losses: lossy.losses,
          });
        }
      }),
      { numRuns: RUNS },
    );
  });
});
