import { describe, expect, it } from "vitest";
import { LabelSet } from "./labels.ts";
import { likeNone, namesOfNone, withNone } from "./none-label.ts";

describe("likeNone", () => {
  it("notices what data sets call no relation, however it is written", () => {
    const names = [
      "NA",
      "N/A",
      "n.a.",
      "no_relation",
      "no relation",
      "no-relation",
      "No Relation",
      "NoRelation",
      "NONE",
      "none",
      "Other",
      "other",
      "NIL",
      "O",
      "null",
      "/no_relation",
      "negative",
    ];
    expect(likeNone(["works_for", ...names])).toEqual(names);
  });

  it("takes no relation for it, and nothing beside None itself", () => {
    expect(
      likeNone(["works_for", "nationality", "no_longer_at", "owns", "mother", "naming", "/per/org/na"]),
    ).toEqual([]);
    expect(likeNone(["None", "Other", "NA"])).toEqual([]);
  });
});

describe("namesOfNone", () => {
  it("leaves out names that may be a relation if None occurs too", () => {
    expect(namesOfNone(["NA", "no_relation", "Other", "negative", "works_for", "O"])).toEqual([
      "NA",
      "no_relation",
    ]);
  });
});

describe("withNone", () => {
  const document = {
    id: "a",
    text: "a b",
    entities: [],
    relations: [
      { head: 0, tail: 1, label: "NA" },
      { head: 1, tail: 0, label: "owns" },
    ],
  };

  it("reads the name that is given as None, and nothing else", () => {
    expect(withNone(document, "NA").relations.map(({ label }) => label)).toEqual(["None", "owns"]);
    expect(withNone(document, "Other")).toBe(document);
    expect(withNone(document, undefined)).toBe(document);
  });

  it("keeps the index that a label set gives it", () => {
    const labels = new LabelSet(["owns", "NA", "makes"]).withNone("NA");
    expect([...labels, labels.noneIndex]).toEqual(["owns", "None", "makes", 1]);
    const other = new LabelSet(["owns", "makes"]);
    expect(other.withNone("NA")).toBe(other);
  });

  it("refuses a label set that has both", () => {
    expect(() => new LabelSet(["None", "NA"]).withNone("NA")).toThrow(
      expect.objectContaining({ code: "data/bad-label-set" }),
    );
  });
});
