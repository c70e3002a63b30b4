// Warns that a training learned nothing, since a score of 0 is easily overlooked among other numbers.

/** Shown if no epoch found anything. */
export function nothingLearned(best: Readonly<Record<string, number>> | undefined): readonly string[] {
  const scores = Object.entries(best ?? {});
  if (scores.length === 0 || scores.some(([, value]) => value > 0)) return [];
  return [
    `note: no epoch got anything right in the validation documents (${scores.map(([name]) => name).join(", ")} is 0 throughout). Train for more epochs (--epochs) or with a higher learning rate (--learning-rate), and check that both files use the same labels: relata validate <train file> <validation file>`,
  ];
}
