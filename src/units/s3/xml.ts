// The few things that S3's answers say in XML: errors, lists of keys, ids of uploads.

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The text of the first element with this name; undefined if there is none. */
export function elementText(xml: string, name: string): string | undefined {
  return elementTexts(xml, name).next().value ?? undefined;
}

/** The texts of all elements with this name. */
export function* elementTexts(xml: string, name: string): Generator<string> {
  for (const [, text = ""] of xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([^<]*)</${name}>`, "g")))
    yield text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(amp|lt|gt|quot|apos));/gi, (_, hex, decimal, known) =>
      known === undefined
        ? String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
        : (ENTITIES[known.toLowerCase()] ?? ""),
    );
}
