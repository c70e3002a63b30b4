// Reads the small part of XML that labeling configurations are written in: elements and attributes. Text between elements is left out, and
// a document type, through which entities could grow without bound, is refused.
import { DataError } from "../../../base/errors.ts";

/** An element of an XML document. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
}

const MAX_LENGTH = 1_000_000; // characters; configurations with hundreds of labels have some ten thousand
const MAX_DEPTH = 100;

// One alternative after the other: a comment, CDATA, an instruction, a declaration, an end tag, a start tag.
const PIECE =
  /<!--([\s\S]*?)-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<!([A-Za-z]+)|<\/([^\s<>/]+)\s*>|<([A-Za-z_][^\s<>/="']*)((?:\s+[^\s<>/="']+\s*=\s*(?:"[^<"]*"|'[^<']*'))*)\s*(\/?)>|</gy;
const ATTRIBUTE = /([^\s<>/="']+)\s*=\s*(?:"([^<"]*)"|'([^<']*)')/g;
const NAMED: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/**
 * Parses a document and returns its root element.
 *
 * @throws DataError `serving/bad-label-config`
 */
export function parseXml(xml: string): XmlElement {
  if (xml.length > MAX_LENGTH) throw badConfig(`it has ${xml.length} characters, more than ${MAX_LENGTH}`);
  const roots: XmlElement[] = [];
  const open: { readonly element: XmlElement; readonly children: XmlElement[] }[] = [];
  for (let at = xml.indexOf("<"); at >= 0; at = xml.indexOf("<", PIECE.lastIndex)) {
    PIECE.lastIndex = at;
    const [whole = "", , declaration, end, start, attributes = "", isEmpty] = PIECE.exec(xml) ?? [];
    const line = () => xml.slice(0, at).split("\n").length;
    if (declaration !== undefined) throw badConfig(`line ${line()} declares <!${declaration}>`);
    if (whole === "<" || whole === "") throw badConfig(`the tag in line ${line()} is not well formed`);
    if (end !== undefined) {
      const closed = open.pop();
      if (closed?.element.name !== end)
        throw badConfig(
          `line ${line()} ends <${end}>, where ${closed ? `<${closed.element.name}>` : "nothing"} is open`,
        );
    } else if (start !== undefined) {
      const children: XmlElement[] = [];
      const element = { name: start, attributes: attributesOf(attributes, line), children };
      (open.at(-1)?.children ?? roots).push(element);
      if (isEmpty === "") open.push({ element, children });
      if (open.length > MAX_DEPTH) throw badConfig(`more than ${MAX_DEPTH} elements are inside each other`);
    }
  }
  const last = open.at(-1);
  if (last !== undefined) throw badConfig(`<${last.element.name}> does not end`);
  const [root, second] = roots;
  if (root === undefined) throw badConfig("it has no element");
  if (second !== undefined) throw badConfig(`after <${root.name}> there is a second root, <${second.name}>`);
  return root;
}

/** Yields an element and everything inside it, in the order of the document. */
export function* elementsOf(root: XmlElement): Generator<XmlElement, void, undefined> {
  yield root;
  for (const child of root.children) yield* elementsOf(child);
}

function attributesOf(text: string, line: () => number): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", double, single] of text.matchAll(ATTRIBUTE)) {
    if (attributes.has(name)) throw badConfig(`line ${line()} gives the attribute ${name} twice`);
    attributes.set(name, unescaped(double ?? single ?? "", line));
  }
  return attributes;
}

function unescaped(text: string, line: () => number): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-fA-F]{1,6})|(\w+));?/g, (whole, decimal, hex, name) => {
    const point = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    const character = name === undefined ? characterOf(point) : NAMED[name];
    if (character === undefined || !whole.endsWith(";"))
      throw badConfig(`line ${line()} has the unknown entity ${whole}`);
    return character;
  });
}

function characterOf(point: number): string | undefined {
  return point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff)
    ? String.fromCodePoint(point)
    : undefined;
}

/** A labeling configuration that cannot be read. */
export function badConfig(problem: string): DataError {
  return new DataError({
    code: "serving/bad-label-config",
    message: `the labeling configuration cannot be read: ${problem}`,
    place: "label_config",
    remedy: "Copy the configuration from the project's settings in Label Studio, where it is checked.",
  });
}
