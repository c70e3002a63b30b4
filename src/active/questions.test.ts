// Which documents ask the same question.
import { describe, expect, it } from "vitest";
import type { Document } from "../data/document.ts";
import { questionKey, textKey, withoutAnswers } from "./questions.ts";

describe("near duplicates", () => {
  it("are texts that differ in case, marks, links, addressed users and RT", () => {
    const key = textKey("Ada met Bo in Rome");
    for (const copy of [
      "RT @ada : Ada met Bo in Rome !",
      "ada MET bo, in  rome… https://t.co/x1",
      "Ada met Bo in Rome @bo",
    ])
      expect(textKey(copy)).toBe(key);
    expect(textKey("Ada met Bo in Paris")).not.toBe(key);
    expect(textKey("#Rome")).not.toBe(textKey("Rome"));
  });

  it("keep a text of nothing but marks apart", () => {
    expect(textKey("!!!")).not.toBe(textKey("???"));
  });

  it("are different questions about relations if they ask about other mentions", () => {
    const entities = [
      { start: 0, end: 3, label: "person" },
      { start: 8, end: 10, label: "person" },
      { start: 14, end: 18, label: "place" },
    ];
    const asking = (head: number, tail: number): Document => ({
      id: `${head}-${tail}`,
      text: "Ada met Bo in Rome",
      entities,
      relations: [{ head, tail, label: "None" }],
    });
    expect(questionKey(asking(0, 1), "mre")).not.toBe(questionKey(asking(0, 2), "mre"));
    expect(questionKey(asking(0, 1), "mner")).toBe(questionKey(asking(0, 2), "mner"));
    expect(withoutAnswers(asking(0, 1), "mre")).toMatchObject({ entities, relations: [] });
    expect(withoutAnswers(asking(0, 1), "both")).toMatchObject({ entities: [], relations: [] });
  });
});
