// What teachers were begun with: one process notes it, and every other one has the same or is refused.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BEGUN_FILE, type Begun, begin, differenceBetween, readBegun } from "./begun.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "relata-begun-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const begun = (rate: number): Begun => ({
  identity: `identity-${rate}`,
  settings: { training: { learningRate: rate } },
  inputs: { encoder: "folder:1" },
  validation: null,
});

describe("the beginning of teachers", () => {
  it("is that of one process, however many begin at once; those with other settings are refused", async () => {
    const run = join(folder, "run");
    const rates = Array.from({ length: 24 }, (_, i) => 1 + (i % 3));
    const ends = await Promise.allSettled(rates.map((rate) => begin(run, begun(rate))));
    const first = await readBegun(run);
    const accepted = rates.filter((_, i) => ends[i]?.status === "fulfilled");
    expect(accepted).toHaveLength(8);
    expect(new Set(accepted.map((rate) => JSON.stringify(begun(rate))))).toEqual(
      new Set([JSON.stringify(first)]),
    );
    for (const end of ends)
      if (end.status === "rejected") expect(end.reason).toMatchObject({ code: "config/other-scores" });
    expect(readdirSync(run)).toEqual([BEGUN_FILE]);
    expect(JSON.parse(readFileSync(join(run, BEGUN_FILE), "utf8"))).toEqual(first);
  });

  it("is compared in settings, documents, files and validation documents, as far as an older folder says them", () => {
    expect(differenceBetween(begun(1), begun(1))).toBeUndefined();
    expect(differenceBetween(begun(1), begun(2))).toBe("other settings: training.learningRate: was 1, is 2");
    expect(differenceBetween(begun(1), { ...begun(1), identity: "" })).toBe("other documents or views");
    expect(differenceBetween(begun(1), { ...begun(1), inputs: { "data.pictures": "folder:2" } })).toBe(
      "other files: encoder, data.pictures",
    );
    expect(differenceBetween(begun(1), { ...begun(1), validation: "f" })).toContain("validation documents");
    expect(differenceBetween({ identity: "identity-1" }, begun(1))).toBeUndefined();
    expect(differenceBetween({ identity: "" }, begun(1))).toBe("other documents, views or settings");
  });

  it("that cannot be read is an error that names the file", async () => {
    writeFileSync(join(folder, BEGUN_FILE), '{"identity"');
    await expect(begin(folder, begun(1))).rejects.toMatchObject({
      ...{ code: "data/bad-scores", place: join(folder, BEGUN_FILE) },
    });
  });
});
