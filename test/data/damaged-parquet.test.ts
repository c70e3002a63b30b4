// Damaged Parquet files: each is refused with a code or read with complete counts; none fills the memory or hangs.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import type { CompressionCodec, Encoding } from "hyparquet";
import { ByteWriter, parquetWrite } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataError } from "../../src/base/errors.ts";
import type { Document } from "../../src/data/document.ts";
import { readDocuments, readParquetRows, writeParquetDocuments } from "../../src/data/index.ts";
import { expectAccount, expectDocuments } from "./accounting.ts";
import { binaryDamage, FUZZ_RUNS } from "./mutations.ts";

let folder: string;
const files: Buffer[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-damaged-parquet-"));
  const path = join(folder, "whole.parquet");
  await writeParquetDocuments(path, documents(40));
  files.push(await readFile(path), ...tables());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function documents(count: number): Document[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `p${i}`,
    text: "Ann O'Hara met Bob in Rome 😀".repeat(1 + (i % 3)),
    ...(i % 4 > 0 && { image: `${i}.jpg` }),
    entities:
      i % 5 === 0
        ? []
        : [
            { start: 0, end: 10, label: "PER", ...(i % 2 > 0 && { probability: i / 100 }) },
            { start: 15, end: 18, label: "LOC" },
          ],
    relations: i % 5 === 0 ? [] : [{ head: 0, tail: 1, label: "peer" }],
    ...(i % 3 > 0 && { meta: { tokens: [[0, 3]], line: i } }),
  }));
}

/** Tables from other tools: other codecs, dictionaries, strings of JSON. */
function tables(): Buffer[] {
  const all = documents(40);
  const column = (name: string, values: readonly unknown[], encoding?: Encoding) => ({
    name,
    data: [...values],
    type: "STRING" as const,
    ...(encoding && { encoding }),
  });
  const codecs: readonly CompressionCodec[] = ["UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI"];
  return codecs.map((codec, i) => {
    const writer = new ByteWriter();
    parquetWrite({
      writer,
      columnData: [
        column(
          "id",
          all.map(({ id }) => id),
          i === 0 ? "DELTA_LENGTH_BYTE_ARRAY" : undefined,
        ),
        column(
          "text",
          all.map(({ text }) => text),
        ),
        column(
          "image",
          all.map(({ image }) => image ?? null),
        ),
        column(
          "entities",
          all.map(({ entities }) => JSON.stringify(entities)),
        ),
        column(
          "relations",
          all.map(({ relations }) => JSON.stringify(relations)),
        ),
      ],
      codec,
      compressors: { GZIP: gzipSync, BROTLI: brotliCompressSync },
      rowGroupSize: 15,
      pageSize: 300,
    });
    return Buffer.from(writer.getBytes());
  });
}

const CODES = /^data\/(?:not-parquet|broken-parquet|unsupported-parquet|missing-column)$/;

describe("a damaged Parquet file", () => {
  it("starts whole", async () => {
    const path = join(folder, "whole.parquet");
    for (const bytes of files) {
      await writeFile(path, bytes);
      const read = await readDocuments(path, { format: "parquet" });
      expect(read.documents.map(({ text }) => text)).toEqual(documents(40).map(({ text }) => text));
    }
  });

  it("is refused with a code, or read with a whole account", async () => {
    const path = join(folder, "damaged.parquet");
    await fc.assert(
      fc.asyncProperty(fc.nat(files.length - 1), binaryDamage, async (which, damage) => {
        await writeFile(path, damage(files[which] ?? Buffer.of()));
        try {
          const read = await readDocuments(path, { format: "parquet" });
          expectAccount(read.report, read.documents.length, path);
          expectDocuments(read.documents);
          const columns = ["id", "text"];
          let rows = 0;
          for await (const row of readParquetRows(path, columns)) {
            rows++;
            expect(Object.keys(row)).toEqual(columns);
          }
          expect(rows).toBe(read.report.lines);
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
          expect(error).toMatchObject({ code: expect.stringMatching(CODES), place: path });
        }
      }),
      { numRuns: 2 * FUZZ_RUNS },
    );
  });

  it("with damage to every byte of its footer and page headers is refused or read", async () => {
    const path = join(folder, "byte.parquet");
    const bytes = files[1] ?? Buffer.of();
    const step = Math.max(1, Math.floor((bytes.length * 3) / FUZZ_RUNS));
    for (let at = 0; at < bytes.length; at += step) {
      for (const value of [0xff, 0x80, 0]) {
        const damaged = Buffer.from(bytes);
        damaged[at] = value;
        await writeFile(path, damaged);
        const outcome = await readDocuments(path, { format: "parquet" }).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toMatchObject({ code: expect.stringMatching(CODES) });
      }
    }
  });
});
