// Damaged text files: each is read with complete counts or refused with a code, and accepted content matches the file.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataError } from "../../src/base/errors.ts";
import { readCaptions } from "../../src/data/captions.ts";
import type { Document } from "../../src/data/document.ts";
import type { ReadDocumentsOptions } from "../../src/data/document-format.ts";
import { readLabelSet } from "../../src/data/label-file.ts";
import { readDocuments } from "../../src/data/readers.ts";
import { tokensOf } from "../../src/data/tokens.ts";
import { expectAccount, expectDocuments, lineCount } from "./accounting.ts";
import { basesWith, FUZZ_RUNS, textDamage } from "./mutations.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relata-damaged-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const runs = { numRuns: FUZZ_RUNS };
const limits = fc.constantFrom<ReadDocumentsOptions>({}, { maxLineBytes: 2000 });

const posts = Array.from({ length: 8 }, (_, i) => ({
  id: `p${i}`,
  text: "Ann O'Hara met Bob in Rome 😀",
  image: `${i}.jpg`,
  entities: [
    { start: 0, end: 10, label: "PER" },
    { start: 15, end: 18, label: "PER", probability: 0.5 },
  ],
  relations: [{ head: 0, tail: 1, label: "peer" }],
  meta: { tokens: [[0, 3]], nested: { "a\\": [null, true, 1.5] } },
}));
const jsonl = `${posts.map((post) => JSON.stringify(post)).join("\n")}\n`;

const mnre = [
  `{'token': ['Ann', "O'Hara", 'met', 'Bob', '😀'], 'h': {'name': "Ann O'Hara", 'pos': [0, 2]}, 't': {'name': 'Bob', 'pos': [3, 4]}, 'img_id': 'a.jpg', 'relation': '/per/per/peer'}`,
  `{'token': ['RT', 'Bo\\u00e9', '\\x41'], 'h': {'name': 'RT', 'pos': [0, 1]}, 't': {'name': 'Bo\u00e9', 'pos': [1, 2]}, 'img_id': 'b.jpg', 'relation': 'None'}`,
].join("\n");

const conll = `-DOCSTART-\tO

IMGID:7
RT\tO
Ann\tB-PER
O'Hara\tI-PER
in\tO
Rome\tI-LOC
😀\tO

IMGID:8
Bo\tB-PER
Ltd\tI-ORG
\u00a0\tO

no\tO
picture\tO
`;

/** Damage may turn the file into another kind, such as UTF-16. */
function refusal(error: unknown): undefined {
  expect(error).toMatchObject({ code: "data/other-format" });
}

/** Reads a damaged file under both policies and checks all common invariants. */
async function readDamaged(
  name: string,
  bytes: Buffer,
  options: ReadDocumentsOptions & { readonly format: string },
): Promise<readonly Document[]> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const read = await readDocuments(path, options).catch(refusal); // under "report", a reader throws only for a file of another kind
  if (read === undefined) {
    await expect(readDocuments(path, { ...options, policy: "strict" })).rejects.toBeInstanceOf(DataError);
    return [];
  }
  const { documents, report } = read;
  expectAccount(report, documents.length, path);
  expectDocuments(documents);
  if (report.counts["data/json-list"] === undefined) expect(report.lines).toBe(lineCount(bytes));
  const strict = readDocuments(path, { ...options, policy: "strict" });
  if (report.defects.some(({ severity }) => severity === "error")) {
    await expect(strict).rejects.toBeInstanceOf(DataError);
  } else {
    expect((await strict).documents).toEqual(documents);
  }
  return documents;
}

describe("a damaged file", () => {
  it("of documents gives the documents of its whole lines", async () => {
    await fc.assert(
      fc.asyncProperty(basesWith(jsonl), textDamage, limits, async (base, damage, options) => {
        const bytes = damage(base);
        const documents = await readDamaged("posts.jsonl", bytes, { format: "relata", ...options });
        const lines = new Set(
          bytes
            .toString("utf8")
            .split("\n")
            .flatMap((line) => {
              try {
                return [JSON.stringify((JSON.parse(line.replace(/^\ufeff/, "")) as Document | null)?.text)];
              } catch (error) {
                if (!(error instanceof SyntaxError)) throw error;
                return [];
              }
            }),
        );
        for (const { text } of documents) expect(lines.has(JSON.stringify(text))).toBe(true);
      }),
      runs,
    );
  });

  it("of MNRE instances gives documents of their tokens, with two mentions and a relation", async () => {
    await fc.assert(
      fc.asyncProperty(
        basesWith(mnre, "mnre/train.txt", "mnre/val.txt"),
        textDamage,
        limits,
        async (base, damage, options) => {
          const documents = await readDamaged("posts.txt", damage(base), { format: "mnre", ...options });
          for (const document of documents) {
            expect(
              tokensOf(document)
                .map(({ text }) => text)
                .join(" "),
            ).toBe(document.text);
            expect([document.entities.length, document.relations.length]).toEqual([2, 1]);
          }
        },
      ),
      runs,
    );
  });

  it("of CoNLL blocks gives documents with the words of its lines, in order", async () => {
    const bases = basesWith(conll, "twitter2015/valid.txt", "twitter2017/train.txt", "gmner/dev.txt");
    const policies = fc.constantFrom("conll", "repair", "strict");
    await fc.assert(
      fc.asyncProperty(bases, textDamage, limits, policies, async (base, damage, options, bio) => {
        const bytes = damage(base);
        const documents = await readDamaged("blocks.txt", bytes, { format: "conll", bio, ...options });
        const lines = bytes
          .toString("utf8")
          .split("\n")
          .map((line) => line.replace(/^\ufeff/, "")); // a byte order mark at the start of a line is skipped: files may have been concatenated
        for (const document of documents) {
          const first = Number(document.meta?.line) - 1 + (document.image === undefined ? 0 : 1);
          for (const [i, { text }] of tokensOf(document).entries()) {
            const line = lines[first + i] ?? "";
            expect(line.startsWith(text) && /^[\t ]/.test(line.slice(text.length))).toBe(true);
          }
        }
      }),
      runs,
    );
  });

  it("of WebNLG triples gives documents whose relations join words of the text", async () => {
    const list = posts.map(({ text }) => ({
      text,
      triple_list: [
        ["Bob", "in", "Rome"],
        ["Rome", "of", "Ann O'Hara"],
      ],
    }));
    const bases = basesWith(JSON.stringify(list, null, 1), "webnlg/val_triples.json");
    await fc.assert(
      fc.asyncProperty(bases, textDamage, limits, async (base, damage, options) => {
        const path = join(folder, "triples.json");
        await writeFile(path, damage(base));
        const read = await readDocuments(path, { format: "webnlg", ...options }).catch(refusal);
        if (read === undefined) return;
        expectAccount(read.report, read.documents.length, path);
        expectDocuments(read.documents);
      }),
      runs,
    );
  });

  it("of captions gives the captions of its whole lines", async () => {
    const captions = posts.map(({ image }, i) =>
      JSON.stringify({ image, caption: i === 3 ? "" : "a dog\n😀" }),
    );
    await fc.assert(
      fc.asyncProperty(
        basesWith(
          captions.join("\n"),
          "mnre/captions/blip2-val.jsonl",
          "twitter2015/captions/blip2-valid.jsonl",
        ),
        textDamage,
        async (base, damage) => {
          const path = join(folder, "captions.jsonl");
          const bytes = damage(base);
          await writeFile(path, bytes);
          const read = await readCaptions(path).catch(refusal);
          if (read === undefined) return;
          expectAccount(read.report, read.captions.size, path);
          expect(read.report.lines).toBe(lineCount(bytes));
        },
      ),
      runs,
    );
  });

  it("of boxes is refused with a code, or joined to entities of its names", async () => {
    const text = join(folder, "boxed.txt");
    await writeFile(text, conll);
    const boxes = JSON.stringify({
      "7.jpg": { width: 100, height: 50, boxes: [{ label: "Ann O'Hara", box: [0, 0, 100, 50.5 - 0.5] }] },
      "8.jpg": { width: 10, height: 10, boxes: [{ label: "Bo", box: [1, 2, 3, 4] }] },
    });
    await fc.assert(
      fc.asyncProperty(basesWith(boxes), textDamage, async (base, damage) => {
        const path = join(folder, "boxes.json");
        await writeFile(path, damage(base));
        try {
          const { documents, report } = await readDocuments(text, { format: "conll", boxes: path });
          expectAccount(report, documents.length, text);
          expectDocuments(documents);
          expect(report.lines).toBe(lineCount(Buffer.from(conll)));
        } catch (error) {
          expect(error).toMatchObject({ code: "data/bad-boxes", place: path });
        }
      }),
      runs,
    );
  });

  it("of one endless line is refused or read, without taking for ever", async () => {
    const path = join(folder, "long.txt");
    for (const text of [" ", "\t", "a ", "[", "{'a':", '{"a":', '"', "'", "\\", "B-", "\u00a0"]) {
      const body = text.repeat(Math.floor(300_000 / text.length));
      for (const line of [body, `a${body}b\tO`, `{"id":"a","text":"${body}"}`, `{'token': ['${body}']}`]) {
        await writeFile(path, line);
        for (const format of ["relata", "mnre", "conll", "webnlg"]) {
          const read = await readDocuments(path, { format }).catch(refusal);
          if (read) expectAccount(read.report, read.documents.length, path);
        }
      }
    }
  });

  it("of labels is refused with a code, or gives labels with indices from 0", async () => {
    const labels = JSON.stringify({ None: 0, "/per/per/peer": 1, "/per/loc/b\\u00e9": 2 }, null, 1);
    await fc.assert(
      fc.asyncProperty(basesWith(labels, "mnre/rel2id.json"), textDamage, async (base, damage) => {
        const path = join(folder, "rel2id.json");
        await writeFile(path, damage(base));
        try {
          const set = await readLabelSet(path);
          expect(new Set(set.labels).size).toBe(set.size);
          expect(set.labels.map((label) => set.indexOf(label))).toEqual(set.labels.map((_, i) => i));
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
          expect((error as DataError).code).toMatch(
            /^data\/(?:not-json|duplicate-key|bad-label-set|cannot-read|other-format)$/,
          );
        }
      }),
      runs,
    );
  });
});
