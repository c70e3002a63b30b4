import { describe, expect, it } from "vitest";
import type { Defect } from "../data/defects.ts";
import type { PairAccount } from "../extractors/pairs/pair-set.ts";
import type { DataAccount } from "../extractors/requests.ts";
import { describeAccount, describeData } from "./data-account.ts";
import { describePairs } from "./pair-account.ts";

const ACCOUNT: DataAccount = {
  documents: {
    source: "train.jsonl",
    format: "relata",
    lines: 9,
    blank: 0,
    marks: 0,
    rowLines: 9,
    read: 9,
    accepted: 9,
    rejected: 0,
    leftOut: 0,
    guessed: false,
    counts: {},
    defects: [],
    omitted: 0,
  },
  examples: 9,
  truncated: 0,
  withoutVisual: 0,
  brokenPictures: [],
  unknownRelations: {},
};

describe("describeData", () => {
  const overlap = {
    ...{ a: "train", b: "validation", ids: ["1", "2"], images: ["a.png"], texts: ["x"] },
    ...{ similarTexts: 0, questions: 3, conflicts: [] as Defect[] },
    counts: { ids: 2, images: 1, texts: 1, conflicts: 0 },
  };
  const data = { visualChannel: "text only", train: ACCOUNT, validation: ACCOUNT } as const;

  it("says what both splits have, how much of it conflicts, and what should be known", () => {
    const lines = describeData({ ...data, overlap: [overlap], notes: ["note: mind this"] }).split("\n");
    expect(lines.slice(3)).toEqual([
      "warning: train and validation overlap: 2 ids, 1 text, 3 pairs of mentions (same text, head and tail), 1 picture in both. Scores on validation are therefore too high",
      "note: mind this",
    ]);
    const conflicts = [
      { code: "data/conflicting-labels", severity: "warning", place: "p", message: "m", value: 1 },
    ] as const;
    expect(
      describeData({
        ...data,
        overlap: [{ ...overlap, conflicts, counts: { ...overlap.counts, conflicts: 1 } }],
      }),
    ).toContain("in both; 1 pair with different labels.");
  });

  it("does not warn of shared pictures, or of splits that share nothing", () => {
    const counts = { ids: 0, images: 1, texts: 0, conflicts: 0 };
    const none = { ...overlap, ids: [], texts: [], questions: 0, counts };
    expect(describeData({ ...data, overlap: [none] }).split("\n")[3]).toBe(
      "warning: train and validation overlap: 1 picture in both",
    );
    expect(
      describeData({ ...data, overlap: [{ ...none, images: [], counts: { ...counts, images: 0 } }] }).split(
        "\n",
      ),
    ).toHaveLength(3);
  });
});

describe("describePairs", () => {
  const account: PairAccount = {
    ...{ negatives: "typed" as const, made: 1234, beyondMaxPairs: 0, unaskable: 0, severalLabels: 0 },
    byTypes: [
      { head: "PERSON", tail: "ORG", count: 1200 },
      { head: "ORG", tail: "PLACE", count: 34 },
    ],
  };

  it("says in one line what became None, and what was left out", () => {
    expect(describePairs(account)).toEqual([
      "1,234 unannotated ordered pairs became None (typed: PERSON > ORG 1,200, ORG > PLACE 34)",
    ]);
    const cut = { ...account, beyondMaxPairs: 9836, unaskable: 1, negatives: 2, byTypes: [] };
    expect(describePairs(cut)).toEqual([
      "1,234 unannotated ordered pairs became None (at most 2 per relation); left out 9,836 beyond the 64 nearest pairs of a document; left out 1 too long for the model",
    ]);
  });

  it("says why nothing did, and which pairs have several relations", () => {
    const none = { ...account, made: 0, byTypes: [], severalLabels: 2 };
    expect(describePairs({ ...none, reason: "3 of 4 annotated relations are None" })).toEqual([
      "no unannotated pair became None, because 3 of 4 annotated relations are None (--negatives typed adds such pairs)",
      "2 pairs have several relations: each relation becomes its own example, but the model predicts only one per pair",
    ]);
  });
});

describe("describeAccount", () => {
  it("says how a file was read where that changes what is learnt, and nothing of its other warnings", () => {
    const found = (code: Defect["code"], message: string): Defect => ({
      ...{ code, message, severity: "warning", place: "train.tsv:1", value: undefined },
    });
    const defects = [
      found("data/crlf", "lines end in CRLF"),
      found("data/tag-column", "columns 3 and 4 all have tags"),
      found("data/indices-from-one", "they seem to count from 1"),
      found("data/guessed-columns", "columns were guessed"),
    ];
    const [, ...said] = describeAccount({ ...ACCOUNT, documents: { ...ACCOUNT.documents, defects } }).split(
      "\n",
    );
    expect(said).toEqual([
      "  warning: train.tsv:1: columns 3 and 4 all have tags",
      "  warning: train.tsv:1: they seem to count from 1",
      "  note: train.tsv:1: columns were guessed",
    ]);
  });

  it("says how many pictures have how many crops, and what was outside of them", () => {
    const crops = { counts: [2, 5, 0, 1], degenerate: 3 };
    expect(describeAccount({ ...ACCOUNT, crops })).toBe(
      "9 examples from 9 documents, 2 pictures with no crop, 5 pictures with 1 crop, 1 picture with 3 crops, 3 detected boxes outside of the picture",
    );
    expect(describeAccount(ACCOUNT)).toBe("9 examples from 9 documents");
  });
});
