// Files of several formats that are cut, joined or changed anywhere: reading ends with an account that adds up, or an error with a code.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documentDefects } from "./document-defects.ts";
import { readDocuments } from "./readers.ts";

let path: string;
beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), "relata-damaged-")), "file");
});
afterAll(() => rm(join(path, ".."), { recursive: true, force: true }));

const tokens = ["😀", "Ann", "Lee", "left", "Rome"];
const lines = (...rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const entities = [
  { type: "P", start: 1, end: 3 },
  { type: "L", start: 4, end: 5 },
];
const pair = { subj_start: 1, subj_end: 2, obj_start: 4, obj_end: 4, subj_type: "P", obj_type: "L" };
const ner = [
  [1, 2, "P"],
  [4, 4, "L"],
];

/** A sound file of each format. */
const FILES = {
  conll: "-DOCSTART- -X- O O\n\n😀 NN O O\nAnn NN O I-P\nLee NN O I-P\nBo NN O B-P\n\nRome NN O I-L\n",
  conllu: `# text = 😀Ann left\n1\t😀\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No\n2-3\tAnn left\t_\t_\t_\t_\t_\t_\t_\t_\n2\tAnn\t_\t_\t_\t_\t_\t_\t_\tNER=B-P\n3\tleft\t_\t_\t_\t_\t_\t_\t_\t_\n\n`,
  spert: lines(
    ...[1, 2].map((orig_id) => ({ tokens, entities, relations: [{ type: "x", head: 0, tail: 1 }], orig_id })),
  ),
  dygie: lines(
    ...["a", "b"].map((doc_key) => ({
      doc_key,
      sentences: [tokens],
      ner: [ner],
      relations: [[[1, 2, 4, 4, "x"]]],
    })),
  ),
  tacred: lines(...["no_relation", "x"].map((relation) => ({ token: tokens, relation, ...pair }))),
  tagged: lines(...[1, 2].map((id) => ({ id, tokens, ner_tags: ["O", "B-P", "E-P", "O", "S-L"] }))),
  table:
    'id,text,head,tail,relation,start,end,mention,label\n1,"😀 Ann, ""who"" left\nRome",Ann,Rome,left,,,,\n1,"😀 Ann, ""who"" left\nRome",,,,3,6,Ann,P\n2,Bo,,,,,,,\n',
} as const;

type Damage = (content: Buffer) => Buffer;

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc
    .double({ min: 0, max: 1, noNaN: true })
    .map((share) => (content: Buffer) => content.subarray(0, share * content.length)),
  fc.double({ min: 0, max: 1, noNaN: true }).map((share) => (content: Buffer) => {
    const at = Math.floor(share * content.length);
    return Buffer.concat([content.subarray(0, at), content.subarray(at + 1 + (at % 5))]);
  }),
  fc
    .tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom('"', "\n", "\r", "\t", ",", "-1", "9", "\ud83d", "\u0000", "[", "}"),
    )
    .map(([share, extra]) => (content: Buffer) => {
      const at = Math.floor(share * content.length);
      return Buffer.concat([content.subarray(0, at), Buffer.from(extra), content.subarray(at)]);
    }),
  fc.constant((content: Buffer) => Buffer.concat([content, content])),
);

describe("a damaged file", () => {
  it.each(Object.entries(FILES))("in %s", async (format, content) => {
    const sound = Buffer.from(content);
    await writeFile(path, sound);
    expect((await readDocuments(path, { format })).report.rejected).toBe(0);
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 2 }), async (damages) => {
        await writeFile(
          path,
          damages.reduce<Buffer>((bytes, apply) => apply(bytes), sound),
        );
        const read = await readDocuments(path, { format }).catch((error: unknown) => {
          expect(error).toMatchObject({ code: expect.stringMatching(/^data\//), remedy: expect.any(String) });
          return undefined;
        });
        if (read === undefined) return;
        const { documents, report } = read;
        expect(report.lines).toBe(report.blank + report.marks + report.rowLines);
        expect(report.read).toBe(report.accepted + report.rejected + report.leftOut);
        for (const { found, kept, rejected, leftOut } of Object.values(report.annotations ?? {})) {
          expect(found).toBe(kept + rejected + Object.values(leftOut).reduce((sum, n) => sum + n, 0));
        }
        if (report.rejected > 0)
          expect(report.defects.some(({ severity }) => severity === "error")).toBe(true);
        for (const document of documents) {
          expect(documentDefects(document, "x").filter(({ severity }) => severity === "error")).toEqual([]);
        }
      }),
      { numRuns: 40 },
    );
  });
});
