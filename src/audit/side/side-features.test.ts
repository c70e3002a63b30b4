import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonValue } from "../../data/document.ts";
import { seededIndex } from "../../evaluation/seeded-random.ts";
import { runAudit } from "../run-audit.ts";

const LABELS = ["likes", "owns", "visits", "None"];
const ROWS = 400;

/** How one leak changes a row that has a label, and what its side file says. */
interface Leak {
  readonly name: string;
  /** The feature that must be found, by its beginning. */
  readonly feature: string;
  readonly row?: (label: number, at: number) => Record<string, JsonValue>;
  readonly side?: (label: number, at: number) => JsonValue;
  /** Rows are sorted by label. */
  readonly sorted?: boolean;
}

const random = seededIndex(11);
const some = (bound: number) => random(bound);

const LEAKS: readonly Leak[] = [
  {
    name: "a count three levels deep",
    feature: "extra.a[].b[].c",
    side: (label) => ({
      a: [{ b: [{ c: Array.from({ length: 2 + (label === 3 ? 0 : 1) }, () => some(9)) }] }],
    }),
  },
  {
    name: "the presence of a field",
    feature: "meta.note",
    row: (label) => ({ meta: label === 1 ? { note: null, by: some(3) } : { note: "seen", by: some(3) } }),
  },
  { name: "a file sorted by label", feature: "order in the file", sorted: true },
  {
    name: "the label in the picture's name",
    feature: "picture name",
    row: (label, at) => ({ image: `${LABELS[label]}/${some(1000)}-${at}.jpg` }),
  },
  {
    name: "running numbers in ids",
    feature: "id",
    row: (label, at) => ({ id: `post-${label * 10_000 + at}` }),
  },
  {
    name: "missing pictures of one label",
    feature: "picture",
    row: (label, at) => (label === 0 ? {} : { image: `${some(10_000)}-${at}.jpg` }),
  },
  { name: "a number that depends on the label", feature: "extra", side: (label) => label * 10 + some(10) },
  {
    name: "words of a phrase",
    feature: "extra.phrase",
    side: (label) => ({ phrase: `${["x", "y", "z"][some(3)]} ${label === 3 ? "" : "person place"}` }),
  },
];

const CONTROL: Leak = {
  name: "no leak",
  feature: "",
  row: (_, at) => ({
    id: `p${some(1_000_000)}-${at}`,
    image: `${some(1_000_000)}.jpg`,
    meta: { by: some(4) },
  }),
  side: () => ({ a: Array.from({ length: some(5) }, () => some(100)), b: some(2) === 0 ? null : "yes" }),
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-audit-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function auditOf(leak: Leak, permutations = 0) {
  const labels = Array.from({ length: ROWS }, () => some(LABELS.length));
  if (leak.sorted) labels.sort();
  const rows = labels.map((label, at) => ({
    id: `${some(1_000_000_000)}x${some(1_000_000_000)}`,
    text: `Ada ${some(100_000)} Bo ${some(100_000)}`,
    entities: [
      { start: 0, end: 3, label: "PER" },
      { start: 0, end: 3, label: "PER" },
    ],
    relations: [{ head: 0, tail: 1, label: LABELS[label] ?? "None" }],
    ...leak.row?.(label, at),
  }));
  const path = join(folder, "posts.jsonl");
  await writeFile(path, rows.map((row) => JSON.stringify(row)).join("\n"));
  const sidePath = join(folder, "extra.json");
  const sides = leak.side === undefined ? [] : [{ name: "extra", path: sidePath }];
  if (leak.side !== undefined) {
    const entries = labels.map((label, at) => [String(at), leak.side?.(label, at) ?? null]);
    await writeFile(sidePath, JSON.stringify(Object.fromEntries(entries)));
  }
  return runAudit({ files: [{ path }], sides, checks: ["side-features"], permutations });
}

describe("labels that side information tells", () => {
  it.each(LEAKS)("are found: $name", async (leak) => {
    const { findings } = await auditOf(leak);
    expect(findings[0]?.code).toBe("leak/side-feature");
    expect(findings[0]?.feature.startsWith(leak.feature)).toBe(true);
    expect(findings[0]?.strength).toBeGreaterThan(0.5);
    expect(findings.filter(({ severity }) => severity === "error")).toHaveLength(leak.sorted ? 0 : 1);
  });

  it("are not found where side files, names and fields are random, and permuted labels raise few false alarms", async () => {
    const { findings, numbers } = await auditOf(CONTROL, 50);
    expect(findings).toEqual([]);
    const { falseAlarms } = numbers["side-features"] as { falseAlarms: { alarms: number } };
    expect(falseAlarms.alarms).toBeLessThanOrEqual(4); // 0.5 expected; more than 4 in one of 5,000 runs
  });
});
