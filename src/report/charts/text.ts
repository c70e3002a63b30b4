// Estimates a text's width: a report is drawn without fonts, and a name must not run out of its chart.

const NARROW = /[iljtfrI.,:;'|!()[\]{} /\\-]/;
const WIDE = /[mwMW@%]|\p{Lu}/u;
const FULL =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}]/u;

/** Returns a text's width in pixels, slightly more than in common system fonts. */
export function textWidth(text: string, fontSize: number): number {
  let ems = 0;
  for (const character of text) {
    ems += NARROW.test(character) ? 0.38 : FULL.test(character) ? 1.05 : WIDE.test(character) ? 0.85 : 0.62;
  }
  return Math.ceil(ems * fontSize);
}

/** Returns the text, or its start with an ellipsis if it is wider than `pixels`. */
export function fitText(text: string, pixels: number, fontSize: number): string {
  if (textWidth(text, fontSize) <= pixels) return text;
  const characters = [...text];
  while (characters.length > 1 && textWidth(`${characters.join("")}…`, fontSize) > pixels) characters.pop();
  return `${characters.join("").trimEnd()}…`;
}
