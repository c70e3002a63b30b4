// Thousands of mutated files of every format: none crashes a reader, and no row changes without the bytes saying so. RELATA_MUTATIONS=10000 for a long
// search; RELATA_MUTATION=doccano:123 for one case again.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { differences } from "../../scripts/same-documents.mjs";
import { RelataError } from "../../src/base/errors.ts";
import type { Defect } from "../../src/data/defects.ts";
import type { Document } from "../../src/data/document.ts";
import { documentDefects } from "../../src/data/document-defects.ts";
import { FORMATS, formatNamed } from "../../src/data/readers.ts";
import { ReportBuilder } from "../../src/data/report.ts";
import type { RowOutcome } from "../../src/data/rows.ts";
import type { TargetName } from "../../src/data/writing/target.ts";
import { writeDocuments } from "../../src/data/writing/write-documents.ts";
import { mutated } from "./mutated-files.ts";

const CASES = Number(process.env.RELATA_MUTATIONS ?? 25);
const [ONLY, CASE] = (process.env.RELATA_MUTATION ?? "").split(":");

const names = ["Ann", "Bo", "Zoë", "😀 Max", "שלום", "e\u0301va"];
/** Sound documents that every format holds in some form. */
const DOCUMENTS: readonly Document[] = names.map((name, i) => {
  const text = `${name} met Rome in ${i} days`;
  const at = text.indexOf("Rome");
  return {
    id: `p-${i}`,
    text,
    image: `${i}.jpg`,
    entities: [
      { start: 0, end: name.length, label: "PER" },
      { start: at, end: at + 4, label: "LOC" },
    ],
    relations: [{ head: 0, tail: 1, label: i % 2 === 0 ? "visits" : "None" }],
    meta: { likes: i },
  };
});

/** A format's file: what it is written as. */
const BASES: Readonly<Record<string, TargetName>> = {
  ...Object.fromEntries(FORMATS.map(({ name }) => [name, name as TargetName])),
  "parquet of Hugging Face": "hugging-face",
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-mutated-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Reading {
  readonly outcomes: readonly RowOutcome<Document>[];
  readonly defects: readonly Defect[];
  readonly documents: readonly Document[];
}

/** Reads a file, and checks what holds of every reading; undefined if the file is refused with a code. */
async function reading(path: string, format: string): Promise<Reading | undefined> {
  const builder = new ReportBuilder(path, format);
  const outcomes: RowOutcome<Document>[] = [];
  try {
    for await (const outcome of formatNamed(format).read(path)) {
      builder.add(outcome);
      outcomes.push(outcome);
    }
  } catch (error) {
    if (!(error instanceof RelataError) || !error.code.startsWith("data/")) throw error;
    expect(error.remedy).not.toBe("");
    return undefined;
  }
  const report = builder.report();
  expect(report.lines).toBe(report.blank + report.marks + report.rowLines);
  expect(report.read).toBe(report.accepted + report.rejected + report.leftOut);
  for (const { found, kept, rejected, leftOut } of Object.values(report.annotations ?? {})) {
    const left = Object.values(leftOut).reduce((sum, count) => sum + count, 0);
    expect(kept + rejected + left).toBe(found);
    expect(Math.min(kept, rejected, left)).toBeGreaterThanOrEqual(0);
  }
  if (report.rejected > 0) expect(report.defects.some(({ severity }) => severity === "error")).toBe(true);
  const documents = outcomes.flatMap((one) => (one.kind === "accepted" ? [one.value] : []));
  for (const document of documents) {
    expect(documentDefects(document, "x").filter(({ severity }) => severity === "error")).toEqual([]);
    expect(Object.getPrototypeOf(document.meta ?? {})).toBe(Object.prototype);
  }
  expect(new Set(documents.map(({ id }) => id)).size).toBe(documents.length);
  return { outcomes, defects: report.defects, documents };
}

/** Decisions for a whole file, which may change how its untouched rows are read. The report names them. */
const OF_FILE = [
  ...[
    "data/tag-scheme",
    "data/index-column",
    "data/token-ends",
    "data/offsets-from-content",
    "data/guessed-columns",
  ],
  ...["data/row-ids", "data/unused-columns", "data/json-list", "data/kept-in-meta", "data/unread-field"],
];

/** The text of a row with its documents, as far as a row has lines of its own. */
function rowsOf(bytes: Buffer, { outcomes }: Reading): ReadonlyMap<string, Document> {
  const lines = bytes.toString("latin1").split("\n");
  const rows = new Map<string, Document>();
  for (const one of outcomes) {
    if (one.kind !== "accepted") continue;
    const text = lines.slice(one.line - 1, one.line - 1 + (one.lines ?? 1)).join("\n");
    rows.set(bare(text), one.value);
  }
  return rows;
}

const bare = (row: string) => row.replace(/[,\r]$/, "");

/** How many rows the two comparisons have looked at, so that a run shows that they had something to compare. */
const compared = { untouched: 0, said: 0 };

/** A row with the bytes of a sound one is the sound one's document, unless the report says what was decided for the file. */
function expectUntouched(sound: ReadonlyMap<string, Document>, bytes: Buffer, read: Reading): void {
  if (read.defects.some(({ code }) => OF_FILE.includes(code))) return;
  for (const [row, document] of rowsOf(bytes, read)) {
    const original = sound.get(row);
    if (original === undefined) continue;
    compared.untouched++;
    expect([row, differences(original, document)]).toEqual([row, []]);
  }
}

/** A document that was accepted from JSON has the text and the mentions of its row, as JSON.parse reads it. */
function expectSaid(format: string, bytes: Buffer, { outcomes }: Reading): void {
  const said = SAID[format];
  if (said === undefined) return;
  const lines = bytes.toString("utf8").split("\n");
  for (const one of outcomes) {
    if (one.kind !== "accepted" || (one.lines ?? 1) !== 1) continue;
    const line = (lines[one.line - 1] ?? "").replace(/^\ufeff+/, "");
    let row: Record<string, never>;
    try {
      row = JSON.parse(line) as Record<string, never>;
    } catch {
      continue; // an element of a list that has no line of its own
    }
    const { text, mentions } = said(row);
    const { value } = one;
    compared.said++;
    expect(value.text).toBe(text);
    const found = value.entities.map(({ start, end, label }) => `${value.text.slice(start, end)} ${label}`);
    if (!one.defects.some(({ leftOut }) => (leftOut?.entities ?? 0) > 0)) expect(found).toEqual(mentions);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: rows as JSON.parse gives them, read without the readers' own checks
type Said = (row: any) => { readonly text: string; readonly mentions: readonly string[] };
// biome-ignore lint/suspicious/noExplicitAny: as above
const any = (list: unknown) => (list ?? []) as readonly any[];
/** For a field that the mutation made something else: the reader must say that it was not read. */
const lists = (value: unknown) =>
  Array.isArray(value) ? any(value) : value == null ? [] : [{ label: "not a list" }];
const SAID: Readonly<Record<string, Said>> = {
  relata: ({ text, entities }) => ({
    text,
    mentions: any(entities).map(({ start, end, label }) => `${text.slice(start, end)} ${label}`),
  }),
  doccano: ({ text, entities, label, labels }) => ({
    text,
    mentions: lists(entities ?? label ?? labels).map(
      (one) => `${text.slice(one.start_offset ?? one[0], one.end_offset ?? one[1])} ${one.label ?? one[2]}`,
    ),
  }),
  prodigy: ({ text, spans }) => ({
    text,
    mentions: any(spans).map(({ start, end, label }) => `${[...text].slice(start, end).join("")} ${label}`),
  }),
  spert: ({ tokens, entities }) => ({
    text: tokens.join(" "),
    mentions: any(entities).map(({ start, end, type }) => `${tokens.slice(start, end).join(" ")} ${type}`),
  }),
  dygie: ({ sentences, ner }) => ({
    text: sentences.flat().join(" "),
    mentions: any(ner)
      .flat()
      .map(
        ([start, end, label]) =>
          `${sentences
            .flat()
            .slice(Number(start), Number(end) + 1) // tables hold numbers as texts, and the reader takes both
            .join(" ")} ${label}`,
      ),
  }),
};

const formats = Object.entries(BASES).filter(([name]) => ONLY === undefined || ONLY === "" || name === ONLY);

describe("mutated files", () => {
  it.each(formats)(
    "in %s are read as their bytes say, or refused with a code",
    async (name, target) => {
      const format = target === "hugging-face" ? "parquet" : target;
      const sound = join(folder, `sound-${target}`);
      expect(await writeDocuments(sound, DOCUMENTS, { format: target, lossy: true })).toMatchObject({
        written: true,
      });
      const whole = await reading(sound, format);
      expect(whole?.documents.length).toBe(DOCUMENTS.length);
      Object.assign(compared, { untouched: 0, said: 0 });
      const numbers = CASE === undefined ? Array.from({ length: CASES }, (_, i) => i) : [Number(CASE)];
      const counts = { refused: 0, rejected: 0, accepted: 0, slowest: 0, slowestCase: -1 };
      for (const number of numbers) {
        const started = performance.now();
        try {
          const read = await (format === "brat"
            ? mutatedFolder(sound, number, whole!)
            : mutatedFile(sound, { name, format, number }, whole!));
          if (read === undefined) counts.refused++;
          else if (read.outcomes.some(({ kind }) => kind === "rejected")) counts.rejected++;
          else counts.accepted++;
        } catch (error) {
          const again = `RELATA_MUTATION="${name}:${number}" npx vitest run test/data/mutated-files.test.ts`;
          throw new Error(`case ${number} of ${name}; again with: ${again}`, { cause: error });
        }
        const took = performance.now() - started;
        if (took > counts.slowest) Object.assign(counts, { slowest: Math.round(took), slowestCase: number });
      }
      if (CASES > 1000) {
        const peak = Math.round(process.resourceUsage().maxRSS / 1024);
        console.log(
          JSON.stringify({ format: name, cases: numbers.length, ...counts, compared, peakRssMiB: peak }),
        );
      }
    },
    0,
  );
});

describe("the comparisons", () => {
  it("find a document that is not what its row says", async () => {
    const path = join(folder, "control");
    await writeDocuments(path, DOCUMENTS, { format: "doccano" });
    const bytes = await readFile(path);
    const sound = await reading(path, "doccano");
    const changed = sound?.outcomes.map((one, i) =>
      i === 1 && one.kind === "accepted"
        ? { ...one, value: { ...one.value, entities: one.value.entities.slice(1), relations: [] } }
        : one,
    );
    const silent = { ...sound!, outcomes: changed! };
    expect(() => expectUntouched(rowsOf(bytes, sound!), bytes, silent)).toThrow(/deeply equal/);
    expect(() => expectSaid("doccano", bytes, silent)).toThrow(/deeply equal/);
    expectUntouched(rowsOf(bytes, sound!), bytes, sound!);
    expectSaid("doccano", bytes, sound!);
  });
});

async function mutatedFile(
  sound: string,
  { name, format, number }: { readonly name: string; readonly format: string; readonly number: number },
  whole: Reading,
): Promise<Reading | undefined> {
  const base = await readFile(sound);
  const bytes = mutated(base, name, number, format === "parquet");
  const path = join(folder, "mutated");
  await writeFile(path, bytes);
  const read = await reading(path, format);
  if (read === undefined || format === "parquet") return read;
  if (format !== "table") expectUntouched(rowsOf(base, whole), bytes, read);
  expectSaid(format, bytes, read);
  return read;
}

/** One file of the folder is mutated: the documents of all others come back as they were. */
async function mutatedFolder(sound: string, number: number, whole: Reading): Promise<Reading | undefined> {
  const path = join(folder, "mutated-brat");
  await rm(path, { recursive: true, force: true });
  await cp(sound, path, { recursive: true });
  const files = (await readdir(path)).filter((file) => /\.(?:txt|ann)$/.test(file)).sort();
  const file = files[number % files.length] ?? "";
  await writeFile(join(path, file), mutated(await readFile(join(path, file)), "brat", number, false));
  const read = await reading(path, "brat");
  if (read === undefined) return read;
  for (const original of whole.documents) {
    if (file.startsWith(`${original.id}.`)) continue;
    compared.untouched++;
    const document = read.documents.find(({ id }) => id === original.id);
    expect([original.id, document && differences(original, document)]).toEqual([original.id, []]);
  }
  return read;
}
