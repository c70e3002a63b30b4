// Whether documents were trained on: counted by their texts, refused from a tenth on, and told otherwise.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareWithTraining, requireUnseen, seenAccount, seenNotes } from "./seen-documents.ts";
import { digestsIn, textDigests } from "./seen-texts.ts";

const documents = (texts: readonly string[]) => texts.map((text) => ({ text }));
const posts = (count: number, name: string) => Array.from({ length: count }, (_, i) => `${name} ${i}`);

let folder: string;
let model: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "relata-seen-"));
  model = folder;
  const record = {
    train: { texts: textDigests(documents(posts(100, "Ada met Bo"))) },
    validation: { texts: textDigests(documents(posts(10, "at the pier"))) },
  };
  writeFileSync(join(folder, "seen-texts.json"), JSON.stringify(record));
});
afterAll(() => rmSync(folder, { recursive: true }));

const compare = (texts: readonly string[]) => compareWithTraining([model], documents(texts));
const request = { model: "runs/a", data: "test.jsonl" };

describe("documents that a model has seen", () => {
  it("are counted by their texts, whatever the white space and case", async () => {
    const seen = await compare([" ADA  met\nBo 7", "at the pier 3", "something new"]);
    expect(seen).toMatchObject({ documents: 3, trained: 1, chosen: 1, unknown: [] });
    expect(seen.isTrained({ text: "ada met bo 99" })).toBe(true);
    expect(seen.isTrained({ text: "ada met bo 100" })).toBe(false);
  });

  it("are refused from a tenth of the documents on, with their number, unless that is allowed", async () => {
    const nine = await compare([...posts(9, "Ada met Bo"), ...posts(91, "new")]);
    const ten = await compare([...posts(10, "Ada met Bo"), ...posts(90, "new")]);
    expect(() => requireUnseen(nine, request)).not.toThrow();
    expect(() => requireUnseen(ten, request)).toThrow(
      "runs/a was trained on the texts of 10 of the 100 documents of test.jsonl",
    );
    expect(() => requireUnseen(ten, { ...request, allowTrainingData: true })).not.toThrow();
    const same = await compare(posts(100, "Ada met Bo"));
    expect(() => requireUnseen(same, request)).toThrow(
      expect.objectContaining({ code: "data/trained-on", value: { trained: 100, documents: 100 } }),
    );
  });

  it("are told in notes, with the score of the others", async () => {
    const seen = await compare([...posts(5, "Ada met Bo"), ...posts(495, "new")]);
    expect(
      seenNotes(
        seen,
        seenAccount(seen, () => 0.5),
      ),
    ).toEqual([
      "warning: the model was trained on the texts of 5 of these 500 documents: the scores are too high; on the 495 others alone, micro F1 is 0.5000",
    ]);
    const all = await compare(posts(3, "Ada met Bo"));
    const never = () => {
      throw new Error("nothing is left to score");
    };
    expect(seenNotes(all, seenAccount(all, never))[0]).toMatch(
      /3 of these 3 documents: the scores are too high$/,
    );
  });

  it("cannot be told without a record of the training, and the note says so", async () => {
    const seen = await compareWithTraining([join(folder, "elsewhere")], documents(["new"]));
    const account = seenAccount(seen, () => 0);
    expect(account.checked).toBe(false);
    expect(seenNotes(seen, account)).toEqual([
      expect.stringContaining("has no record of its training with it, so it cannot be checked"),
    ]);
  });
});

it("digests of texts are found again in what was written, one for each text", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), (texts) => {
      const written = textDigests(documents(texts));
      expect(digestsIn(written)).toEqual(texts.map((text) => textDigests([{ text }])));
    }),
  );
});
