import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Document } from "../../data/document.ts";
import { ReportBuilder } from "../../data/report.ts";
import { pairRuleOf } from "./pair-rule.ts";
import { pairSetOf } from "./pair-set.ts";
import { PairCounter, PairSurvey } from "./pair-survey.ts";

const type = fc.constantFrom("PER", "ORG", "LOC");
const label = fc.constantFrom("works_for", "near", "knows");

/** Documents with few texts and spans, so that many ask the same questions. */
const documents = fc
  .array(
    fc.record({
      text: fc.constantFrom("a b c d e f g h i j k l", "l k j i h g f e d c b a"),
      marks: fc.array(fc.tuple(fc.integer({ min: 0, max: 11 }), type), { maxLength: 10 }),
      relations: fc.array(fc.tuple(fc.nat(20), fc.nat(20), label), { maxLength: 3 }),
    }),
    { maxLength: 12 },
  )
  .map((all) =>
    all.map(
      ({ text, marks, relations }, i): Document => ({
        id: `${i}`,
        text,
        entities: marks.map(([at, kind]) => ({ start: 2 * at, end: 2 * at + 1, label: kind })),
        relations:
          marks.length === 0
            ? []
            : relations.map(([head, tail, relation]) => ({
                head: head % marks.length,
                tail: tail % marks.length,
                label: relation,
              })),
      }),
    ),
  );

describe("counting pairs document by document", () => {
  it("gives the account that completing the documents gives", () => {
    const setting = fc.constantFrom(
      "auto" as const,
      "all" as const,
      "typed" as const,
      "none" as const,
      1,
      2.5,
    );
    const split = fc.constantFrom("train" as const, "scored" as const);
    fc.assert(
      fc.property(documents, setting, split, (all, setting, split) => {
        const set = { documents: all, report: new ReportBuilder("t", "relata").report() };
        const survey = new PairSurvey();
        for (const document of all) survey.see(document);
        const rule = survey.rule(setting, 3, "relata");
        expect(rule).toEqual(pairRuleOf(setting, 3, set));
        const counter = new PairCounter(survey, "relata", { rule, split });
        if (counter.needsDocuments) for (const document of all) counter.see(document);
        expect(counter.account()).toEqual(pairSetOf(set, { rule, split }).account);
      }),
      { numRuns: 300 },
    );
  });
});
