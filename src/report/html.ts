// Text into HTML: a template tag that escapes everything that is not HTML already. The only way in which the report makes markup.

/** Markup that can be put into a page unchanged. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: markup as it is, text and numbers escaped, nothing for undefined, null and false, lists joined. */
export type HtmlValue = Html | string | number | undefined | null | false | readonly HtmlValue[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
// Control characters and noncharacters, which HTML forbids even as references, and halves of surrogate pairs, which UTF-8 cannot hold.
const FORBIDDEN = /(?![\t\n\r])\p{Cc}|\p{Noncharacter_Code_Point}|\p{Surrogate}/gu;

/** The text without what HTML cannot hold: it becomes U+FFFD. */
export function legible(text: string): string {
  return text.replace(FORBIDDEN, "\ufffd");
}

/** Text that is safe in an element or in a quoted attribute, with nothing in it that HTML cannot hold. */
export function escapeHtml(text: string): string {
  return legible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/**
 * Markup with values in it.
 *
 * @example html`<td title="${name}">${value}</td>`
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = strings[0] ?? "";
  for (const [i, value] of values.entries()) text += markup(value) + (strings[i + 1] ?? "");
  return new Html(text);
}

function markup(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return escapeHtml(String(value));
  return value.map(markup).join("");
}
