import { describe, expect, it } from "vitest";
import type { NegativesSetting } from "../../config/negatives.ts";
import type { Document } from "../../data/document.ts";
import { ReportBuilder } from "../../data/report.ts";
import { pairRuleOf } from "./pair-rule.ts";
import { pairSetOf } from "./pair-set.ts";

function post(
  id: string,
  labels: readonly string[] = [],
  types: readonly [string, string] = ["PER", "ORG"],
): Document {
  return {
    id,
    text: `${id} met Bo`,
    entities: [
      { start: 0, end: 1, label: types[0] },
      { start: id.length + 5, end: id.length + 7, label: types[1] },
    ],
    relations: labels.map((label) => ({ head: 0, tail: 1, label })),
  };
}

const set = (documents: readonly Document[], format = "relata") => ({
  documents,
  report: new ReportBuilder("t", format).report(),
});
const ruleOf = (setting: NegativesSetting, documents: readonly Document[], format?: string) =>
  pairRuleOf(setting, 1, set(documents, format));

describe("pairSetOf", () => {
  const train = [post("a", ["works_for"]), post("b")];

  it("makes typed pairs None by default, with the types of the training documents in every split", () => {
    const rule = ruleOf("auto", train);
    expect(rule).toMatchObject({ negatives: "typed", types: ["ORG", "PER"] });
    expect(pairSetOf(set(train), { rule, split: "train" }).account.made).toBe(1);
    const scored = [post("c"), post("d", [], ["ORG", "PER"]), post("e", [], ["ORG", "ORG"])];
    // The pair of "d" is asked in reverse; the pair of "e" never had a relation.
    expect(pairSetOf(set(scored), { rule, split: "scored" }).account).toMatchObject({
      made: 2,
      byTypes: [{ head: "PER", tail: "ORG", count: 2 }],
    });
  });

  it.each([
    [
      "documents that annotate None",
      [post("a", ["works_for"]), post("b", ["None"]), post("c")],
      "relata",
      "1 of 2",
    ],
    ["rows of one question each", train, "mnre", "a single pair"],
    [
      "documents whose NA may mean it",
      [post("a", ["works_for"]), post("b", ["NA"]), post("c")],
      "relata",
      '"NA"',
    ],
  ])("leaves %s alone by default, and says why", (_, documents, format, why) => {
    const rule = ruleOf("auto", documents, format);
    const { made, account } = pairSetOf(set(documents, format), { rule, split: "train" });
    expect(made.size).toBe(0);
    expect(account).toMatchObject({ negatives: "none", reason: expect.stringContaining(why) });
    const asked = ruleOf("typed", documents, format);
    expect(pairSetOf(set(documents, format), { rule: asked, split: "train" }).made.size).toBe(1);
  });

  it("leaves documents alone that are scored and annotate None, though those of the training did not", () => {
    const scored = set([post("c", ["None"]), post("d")]);
    const use = { split: "scored" } as const;
    expect(pairSetOf(scored, { rule: ruleOf("auto", train), ...use }).made.size).toBe(0);
    expect(pairSetOf(scored, { rule: ruleOf("typed", train), ...use }).made.size).toBe(1);
  });

  it("thins training documents alone: scores are over all pairs that extraction asks", () => {
    const rule = ruleOf(0.5, [...train, post("c"), post("d")]);
    expect(pairSetOf(set([...train, post("c"), post("d")]), { rule, split: "train" }).made.size).toBe(1);
    const scored = set([post("e"), post("f"), post("g")]);
    expect(pairSetOf(scored, { rule, split: "scored" })).toMatchObject({
      account: { negatives: "typed", made: 3 },
    });
  });

  it("counts pairs with several relations", () => {
    const several = [post("a", ["works_for", "leads"]), post("b", ["works_for", "works_for"])];
    const { account } = pairSetOf(set(several), { rule: ruleOf("auto", several), split: "train" });
    expect(account.severalLabels).toBe(1);
  });
});
