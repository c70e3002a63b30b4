// How wide a text is, roughly, where nothing can measure it: a report is drawn without fonts, and a name may not run out of its chart.

const NARROW = /[iljtfrI.,:;'|!()[\]{} /\\-]/;
const WIDE = /[mwMW@%]|\p{Lu}/u;
const FULL =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}]/u;

/** Pixels that a text takes, a little more than in the fonts that systems have. */
export function textWidth(text: string, fontSize: number): number {
  let ems = 0;
  for (const character of text) {
    ems += NARROW.test(character) ? 0.38 : FULL.test(character) ? 1.05 : WIDE.test(character) ? 0.85 : 0.62;
  }
  return Math.ceil(ems * fontSize);
}

/** The text, or its beginning with an ellipsis where it is wider than `pixels`. */
export function fitText(text: string, pixels: number, fontSize: number): string {
  if (textWidth(text, fontSize) <= pixels) return text;
  const characters = [...text];
  while (characters.length > 1 && textWidth(`${characters.join("")}…`, fontSize) > pixels) characters.pop();
  return `${characters.join("").trimEnd()}…`;
}
