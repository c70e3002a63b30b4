// A template tag that escapes everything that is not HTML already. The report creates markup only with it.

/** Markup that can be inserted into a page unchanged. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Values of a template: markup is kept, text and numbers are escaped, undefined, null and false print nothing, lists are joined. */
export type HtmlValue = Html | string | number | undefined | null | false | readonly HtmlValue[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
// Control characters and noncharacters, which HTML forbids even as references, and lone surrogates, which UTF-8 cannot encode.
const FORBIDDEN = /(?![\t\n\r])\p{Cc}|\p{Noncharacter_Code_Point}|\p{Surrogate}/gu;

/** Replaces what HTML cannot contain with U+FFFD. */
export function legible(text: string): string {
  return text.replace(FORBIDDEN, "\ufffd");
}

/** Escapes text for an element or a quoted attribute, and replaces what HTML cannot contain. */
export function escapeHtml(text: string): string {
  return legible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/**
 * Builds markup with values in it.
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
