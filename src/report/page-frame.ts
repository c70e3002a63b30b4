// What every page has: a head with its security policy, one style sheet, at most one script, and the choice of colours.

import { createHash } from "node:crypto";
import { Html, html } from "./html.ts";

/** A page's parts; style and script are relata's own, never a user's text. */
export interface PageContent {
  readonly title: string;
  readonly style: string;
  readonly script?: string | undefined;
  /** Has an element with the id "content". */
  readonly body: Html;
}

/** Returns the whole document as text. */
export function framePage({ title, style, script, body }: PageContent): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
${body}
${script !== undefined && html`<script>${new Html(script)}</script>`}
</body>
</html>
`;
  return page.text;
}

/** Nothing may be fetched: pictures are embedded, and only the page's own styles and its own script apply. */
function policy(style: string, script: string | undefined): string {
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const scripts = script === undefined ? "" : ` script-src ${hash(script)};`;
  return `default-src 'none'; img-src data:; style-src ${hash(style)};${scripts} base-uri 'none'; form-action 'none'`;
}

/** Radio buttons that the style sheet reads: a choice without a script. */
export function themeChoice(): Html {
  const choices = [
    ["auto", "Auto"],
    ["light", "Light"],
    ["dark", "Dark"],
  ] as const;
  return html`<fieldset class="theme"><legend class="unseen">Colours</legend>${choices.map(
    ([value, name]) =>
      html`<label><input type="radio" name="theme" id="theme-${value}" value="${value}" autocomplete="off"${value === "auto" && new Html(" checked")}><span>${name}</span></label>`,
  )}</fieldset>`;
}
