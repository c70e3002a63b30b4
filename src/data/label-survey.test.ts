import { describe, expect, it } from "vitest";
import type { Document } from "./document.ts";
import { LabelSurvey } from "./label-survey.ts";

const file = (source: string, counts: Readonly<Record<string, number>>) => ({
  source,
  documents: Object.entries(counts).map(
    ([label, count], i): Document => ({
      id: `${i}`,
      text: "x".repeat(count),
      entities: Array.from({ length: count }, (_, start) => ({ start, end: start + 1, label })),
      relations: [],
    }),
  ),
});
const said = (...files: ReturnType<typeof file>[]) => {
  const survey = new LabelSurvey();
  for (const { source, documents } of files) for (const document of documents) survey.see(source, document);
  return survey.defects().map(({ code, message }) => `${code.slice(5)} ${message}`);
};

describe("a survey of labels", () => {
  it("names labels that differ in case, marks or one letter, across files", () => {
    const found = said(file("a", { PERSON: 20, person: 2, PRESON: 2, "work-at": 3, work_at: 2, PERSO: 2 }));
    for (const pair of [
      '"person" (2) and "PERSON" (20)',
      '"PRESON" (2) and "PERSON" (20)',
      '"work_at" (2) and "work-at" (3)',
      '"PERSO" (2) and "PERSON" (20)',
    ])
      expect(found).toContain(`label-variants entities: ${pair} may be the same label`);
    expect(found).toHaveLength(4);
    expect(said(file("a", { ORG: 20 }), file("b", { Org: 3 }))).toEqual([
      'label-variants entities: "Org" (3) and "ORG" (20) may be the same label',
    ]);
  });

  it("names tags of tokens that stand for labels", () => {
    expect(said(file("a", { "B-PER": 20, "I-PER": 9 }))[0]).toBe(
      'label-prefixes entities: the labels are tags of tokens: "B-PER" (20), "I-PER" (9); a model would learn every word of a name as an entity of its own',
    );
    expect(said(file("a", { "B-side": 20, PER: 9 }))).toEqual([]);
  });

  it("leaves short labels, numbered ones and frequent neighbours alone", () => {
    expect(
      said(file("a", { PER: 50, PET: 2, Q151: 50, Q152: 2, parent: 40, parents: 30, title: 50, tilt: 2 })),
    ).toEqual([]);
  });

  it("names labels of the first file that occur once, in one line", () => {
    const rare = Object.fromEntries(
      ["alpha", "beta", "gamma", "delta", "kappa", "sigma"].map((name) => [name, 1]),
    );
    expect(said(file("a", { LOC: 14, ...rare }), file("b", { omega: 1 }))).toEqual([
      'rare-label entities: 6 labels occur only once: "alpha", "beta", "gamma", "delta", "kappa" and 1 more',
    ]);
    expect(said(file("a", { LOC: 13, ...rare }))).toEqual([]);
  });
});
