// Estimates a text's width without drawing it: advance widths of DejaVu Sans (close to Verdana's), and estimates for other scripts.

/** Characters by width, in thousandths of the font size. */
const WIDTHS: readonly (readonly [width: number, characters: string])[] = [
  [275, "'"],
  [278, "ijl"],
  [295, "IJ"],
  [318, " ,."],
  [337, "/:;\\|"],
  [352, "f"],
  [361, "-"],
  [390, "()[]"],
  [392, "t"],
  [401, "!"],
  [411, "r"],
  [460, '"'],
  [500, "*_`"],
  [521, "s"],
  [525, "z"],
  [531, "?"],
  [550, "c"],
  [557, "L"],
  [575, "F"],
  [579, "k"],
  [592, "vxy"],
  [603, "P"],
  [613, "Tao"],
  [615, "eY"],
  [633, "Ehnu"],
  [635, "Sbdgpq$0123456789{}"],
  [656, "K"],
  [685, "AVXZB"],
  [697, "RC"],
  [732, "U"],
  [750, "NH"],
  [772, "DG"],
  [780, "&"],
  [787, "OQ"],
  [818, "w"],
  [838, "#+<=>^~"],
  [863, "M"],
  [974, "m"],
  [989, "W%"],
  [1000, "@"],
];

const BY_CHARACTER = new Map(
  WIDTHS.flatMap(([width, characters]) => [...characters].map((character) => [character, width] as const)),
);
const WIDE =
  /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uff00-\uff60]/u;
const WIDE_WIDTH = 1100; // one em, and the space around an emoji
const OTHER_WIDTH = 640;
const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

/** Splits into what a reader sees as single characters, in order. */
export function graphemesOf(text: string): readonly string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

/** Tells whether every character's width is known, not estimated. */
export function isMeasured(text: string): boolean {
  return [...text].every((character) => BY_CHARACTER.has(character));
}

/** In the unit of `size`, to two digits. */
export function textWidth(text: string, size: number): number {
  const thousandths = graphemesOf(text).reduce((sum, grapheme) => {
    const [first = ""] = grapheme.normalize("NFD"); // an accent adds nothing to its letter
    return sum + (BY_CHARACTER.get(first) ?? (WIDE.test(grapheme) ? WIDE_WIDTH : OTHER_WIDTH));
  }, 0);
  return Math.round((thousandths * size) / 10) / 100;
}

/** Returns the text, or its start with `…` if it is wider than `most`. */
export function shortened(text: string, size: number, most: number): string {
  if (textWidth(text, size) <= most) return text;
  const kept = [...graphemesOf(text)];
  while (kept.length > 1 && textWidth(`${kept.join("")}…`, size) > most) kept.pop();
  return `${kept.join("")}…`;
}
