// Which colour class a label has: by its place among the model's labels, so that it is the same in all parts.

/** Colour classes in the style sheet. */
const TINTS = 8;

/** Returns the class of a label. One that the model does not know gets its colour from its letters. */
export function tintOf(label: string, known: readonly string[]): string {
  const at = known.indexOf(label);
  if (at >= 0) return `tint-${(at % TINTS) + 1}`;
  let sum = 0;
  for (const character of label) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return `tint-${(sum % TINTS) + 1}`;
}
