import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { parseRecord, readRecord } from "./json-record.ts";

const schema = z.strictObject({ rows: z.array(z.strictObject({ id: z.string() })) });
const fault = (what: string, cause: unknown) => new Error(`bad: ${what}`, { cause });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-record-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("readRecord", () => {
  it("gives the record of a file, and one kind of error for everything that is wrong with it", async () => {
    const path = join(folder, "record.json");
    await writeFile(path, '{"rows": [{"id": "a"}]}');
    expect(await readRecord(path, schema, fault)).toEqual({ rows: [{ id: "a" }] });
    await writeFile(path, "{");
    await expect(readRecord(path, schema, fault)).rejects.toMatchObject({ cause: expect.any(SyntaxError) });
    const missing = readRecord(join(folder, "nowhere.json"), schema, fault);
    await expect(missing).rejects.toThrow(/^bad: ENOENT/);
  });
});

describe("parseRecord", () => {
  it("names the first field that does not fit", () => {
    expect(() => parseRecord('{"rows": [{"id": 3}]}', schema, fault)).toThrow(
      /^bad: rows\[0\]\.id: expected text, got a number/,
    );
    expect(() => parseRecord("[]", schema, fault)).toThrow(/^bad: the record: /);
  });
});
