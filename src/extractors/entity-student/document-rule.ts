// Selects views of whole texts by what teachers said about each mention: the mean over the mentions.
import type { EpochNumber, SelectionRule } from "../student/selection.ts";

/**
 * The rule for documents of a rule for questions about their mentions. Scores are nats per mention, so texts with few and with many mentions
 * compare. In a document without questions no view tells a type: all its views score zero.
 */
export function documentRule(
  rule: SelectionRule,
  questionsOf: (document: string) => readonly string[],
): SelectionRule {
  const mean =
    (of: EpochNumber): EpochNumber =>
    (document, view, epoch) => {
      const values = questionsOf(document).map((question) => of(question, view, epoch));
      // One missing score makes the mean not a number, which selection refuses.
      const sum = values.reduce<number>((total, value) => total + (value ?? Number.NaN), 0);
      return sum / Math.max(1, values.length);
    };
  switch (rule.method) {
    case "teacher":
      return { ...rule, crossEntropyOf: mean(rule.crossEntropyOf) };
    case "threshold":
      return { ...rule, informationOf: mean(rule.informationOf) };
    case "none":
    case "random":
    case "similarity":
      return rule;
    default:
      return rule satisfies never;
  }
}
