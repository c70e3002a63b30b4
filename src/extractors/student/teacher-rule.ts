// The selections that need teachers, and the rule that each of them makes of the teachers' scores.

import type { RuleScores } from "./scores-file.ts";
import type { SelectionRule } from "./selection.ts";

/** Methods of selection by teachers' scores. */
export const TEACHER_METHODS = ["teacher", "threshold"] as const;

/** A selection by teachers: a share of each example's views, or those within a margin (nats) of what the label needs. */
export type TeacherSelection =
  | { readonly method: "teacher"; readonly share: number }
  | { readonly method: "threshold"; readonly margin: number };

/** Whether a method of selection needs teachers' scores. */
export function needsTeachers(method: string): method is (typeof TEACHER_METHODS)[number] {
  return TEACHER_METHODS.some((one) => one === method);
}

/** The teachers' last epoch, whatever the student's. */
export const lastEpoch = (): number => Number.MAX_SAFE_INTEGER;

/** A selection's rule; `epochOf` says after how many of the teachers' epochs an epoch of the student selects. */
export function teacherRule(
  selection: TeacherSelection,
  { crossEntropy, information }: RuleScores,
  epochOf: (epoch: number) => number,
): SelectionRule {
  switch (selection.method) {
    case "teacher":
      return {
        ...selection,
        crossEntropyOf: (example, view, epoch) => crossEntropy(example, view, epochOf(epoch)),
      };
    case "threshold":
      return {
        ...selection,
        informationOf: (example, view, epoch) => information(example, view, epochOf(epoch)),
      };
    default:
      return selection satisfies never;
  }
}
