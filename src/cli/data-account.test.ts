import { describe, expect, it } from "vitest";
import type { DataAccount } from "../experiments/relation-runs.ts";
import { describeAccount } from "./data-account.ts";

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

describe("describeAccount", () => {
  it("tells how many pictures have how many crops, and what lay outside of them", () => {
    const crops = { counts: [2, 5, 0, 1], degenerate: 3 };
    expect(describeAccount({ ...ACCOUNT, crops })).toBe(
      "9 examples from 9 documents, 2 pictures with no crop, 5 pictures with 1 crop, 1 picture with 3 crops, 3 detected boxes without a pixel of their picture",
    );
    expect(describeAccount(ACCOUNT)).toBe("9 examples from 9 documents");
  });
});
