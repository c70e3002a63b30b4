// A text in which characters that would change how the rest is read are visible: embeddings and overrides of direction, and characters
// without width. Joiners stay as they are, because scripts and emoji need them.
import { type Html, html } from "../html.ts";

const UNSEEN = /[\u00ad\u180e\u200b\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/gu;

/** Returns the text; the style sheet shows a hidden character as its code. */
export function visibleText(text: string): Html {
  const pieces: Html[] = [];
  let at = 0;
  for (const { 0: character, index } of text.matchAll(UNSEEN)) {
    const code = `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    pieces.push(
      html`${text.slice(at, index)}<span class="unseen-character" role="img" aria-label="${code}" data-code="${code}"></span>`,
    );
    at = index + character.length;
  }
  return at === 0 ? html`${text}` : html`${pieces}${text.slice(at)}`;
}
