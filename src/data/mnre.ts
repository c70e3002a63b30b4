// Reads MNRE and OpenNRE: one dict per line with `token` or `text`, `h`, `t`, `img_id` and `relation`, as documents with two entities and one relation.
import { basename, extname } from "node:path";
import { isFields } from "../base/fields.ts";
import { type Defect, defect, quote } from "./defects.ts";
import { type Document, questionKey, type Span } from "./document.ts";
import { checkLabels } from "./document-checks.ts";
import { documentDefects, surrogateDefects } from "./document-defects.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "./document-format.ts";
import { isDictLine } from "./file-kind.ts";
import { offsetConverter } from "./offset-units.ts";
import { DictFields } from "./python-fields.ts";
import { PythonLiteralError, type PythonValue, parsePythonLiteral } from "./python-literal.ts";
import { type Parsed, type RowOutcome, type RowParser, readRows } from "./rows.ts";
import { joinTokens } from "./tokens.ts";

/** The type of mentions without one: MNRE's text files have none. */
const ENTITY_LABEL = "entity";

/** `pos` counts tokens, [first, last + 1], or code points of a text. */
interface Mention {
  readonly name: string;
  readonly pos: readonly [number, number];
  readonly type: string | undefined;
}

interface Instance {
  /** The words of the text, or the text. */
  readonly token: readonly string[] | string;
  readonly h: Mention;
  readonly t: Mention;
  readonly imgId: string | undefined;
  readonly relation: string;
}

/**
 * Reads the instances of an MNRE or OpenNRE text file, row by row: text = tokens joined by one space, or the text that the row has, entities = [head, tail], one relation
 * ("None" included), image = `img_id`, if there is one; `meta` has the instance index (line - 1), the line and the token offsets. The id
 * is the file's name without extension, a hyphen and the instance index.
 *
 * @throws DataError `data/cannot-read`; under "strict" also the code of the first defect of severity "error".
 */
export function readMnre(
  path: string,
  options: ReadDocumentsOptions = {},
): AsyncGenerator<RowOutcome<Document>> {
  return readRows(path, mnreParser(basename(path, extname(path)), options), options);
}

/** MNRE, for the registry. */
export const mnreFormat: DocumentFormat = {
  name: "mnre",
  description: "MNRE and OpenNRE text files: one dict of Python or JSON per line",
  recognises: ({ lines: [first = ""], values: [value] }) => isDictLine(first) || isInstance(value),
  read: readMnre,
};

/** Whether a JSON value is a row of OpenNRE's files, whose keys have another order. */
function isInstance(value: unknown): boolean {
  const isMention = (one: unknown) => isFields(one) && Array.isArray(one.pos) && typeof one.name === "string";
  return isFields(value) && isMention(value.h) && isMention(value.t);
}

function mnreParser(idPrefix: string, options: ReadDocumentsOptions): RowParser<Document> {
  const answers: Answers = new Map();
  return {
    form: "python",
    parse(text, place, line) {
      const instance = parseMnreLine(text, place);
      if (instance.value === undefined) return { defects: instance.defects };
      const { value: document, defects } = toDocument(instance.value, idPrefix, line, place);
      return checkLabels({ ...(document && { value: document }), defects }, options, place);
    },
    compare: (document, place) => compareWithEarlier(document, place, answers),
  };
}

/** The relations that rows have assigned to a question so far: where first, and for which images. */
type Answers = Map<
  string,
  { readonly place: string; readonly relation: string; readonly images: (string | undefined)[] }[]
>;

function compareWithEarlier(document: Document, place: string, answers: Answers): readonly Defect[] {
  const [relation] = document.relations.map(({ label }) => label) as [string]; // readMnre makes exactly one
  const key = questionKey(document, document.relations[0]!);
  const { image } = document;
  const earlier = answers.get(key);
  if (earlier === undefined) {
    answers.set(key, [{ place, relation, images: [image] }]);
    return [];
  }
  const same = earlier.find((other) => other.relation === relation);
  if (same === undefined) {
    const [first] = earlier;
    earlier.push({ place, relation, images: [image] });
    const message = `relation ${quote(relation)}, but ${first!.place} has the same sentence, head and tail with ${quote(first!.relation)}`;
    return [defect("data/conflicting-labels", place, message, { relation, earlier: first!.relation })];
  }
  if (same.images.includes(image)) {
    return [defect("data/duplicate-row", place, `the same instance as ${same.place}`, document.id)];
  }
  same.images.push(image);
  return [];
}

/** The fields of a line, or all its faults. */
function parseMnreLine(text: string, place: string): Parsed<Instance> {
  let literal: PythonValue;
  try {
    literal = parsePythonLiteral(text, { jsonWords: true });
  } catch (error) {
    if (!(error instanceof PythonLiteralError)) throw error;
    return { defects: [defect("data/not-a-python-literal", place, error.message, error.value)] };
  }
  const defects: Defect[] = [];
  const fields = new DictFields(literal, "the row", place, defects);
  const token = fields.has("text") && !fields.has("token") ? fields.string("text") : fields.words("token");
  const h = mentionOf(fields.dict("h"));
  const t = mentionOf(fields.dict("t"));
  const imgId = fields.optionalString("img_id");
  const relation = fields.string("relation");
  fields.end();
  if (token === undefined || !h || !t || relation === undefined || defects.length > 0) return { defects };
  return { value: { token, h, t, imgId, relation }, defects };
}

/** The ids of a knowledge base beside a mention are not read. */
function mentionOf(fields: DictFields | undefined): Mention | undefined {
  if (fields === undefined) return undefined;
  const name = fields.string("name");
  const pos = fields.pair("pos");
  const type = fields.optionalString("type");
  fields.skip("id");
  fields.end();
  return name === undefined || pos === undefined ? undefined : { name, pos, type };
}

function toDocument(instance: Instance, idPrefix: string, line: number, place: string): Parsed<Document> {
  const { token, h, t, imgId, relation } = instance;
  const defects: Defect[] = [];
  if (token.length === 0) defects.push(defect("data/empty-text", place, "token is an empty list", []));
  if (typeof token !== "string") {
    for (const [i, word] of token.entries()) {
      if (word === "") defects.push(defect("data/empty-token", place, `token[${i}] is empty`, i));
    }
  }
  const words = typeof token === "string" ? undefined : joinTokens(token);
  const text = words?.text ?? String(token);
  const spanIn = words === undefined ? spanOfCharacters(text) : spanOfTokens(words.offsets);
  const head = mentionSpan(h, "h", text, spanIn, place, defects);
  const tail = mentionSpan(t, "t", text, spanIn, place, defects);
  if (imgId !== undefined) defects.push(...surrogateDefects(imgId, "img_id", place));
  if (imgId === "") defects.push(defect("data/empty-image", place, "img_id is empty", imgId));
  if (head === undefined || tail === undefined || defects.some(({ severity }) => severity === "error"))
    return { defects };

  if (head.start < tail.end && tail.start < head.end) {
    const message = `head ${quote(h.name)} [${h.pos.join(", ")}) and tail ${quote(t.name)} [${t.pos.join(", ")}) overlap`;
    defects.push(defect("data/overlapping-mentions", place, message, { h: h.pos, t: t.pos }));
  }
  const document: Document = {
    id: `${idPrefix}-${line - 1}`,
    text,
    ...(imgId !== undefined && { image: imgId }),
    entities: [
      { ...head, label: h.type ?? ENTITY_LABEL },
      { ...tail, label: t.type ?? ENTITY_LABEL },
    ],
    relations: [{ head: 0, tail: 1, label: relation }],
    meta: {
      instance: line - 1,
      line,
      ...(words && { tokens: words.offsets.map(({ start, end }) => [start, end]) }),
    },
  };
  return { value: document, defects: [...defects, ...documentDefects(document, place)] };
}

/** What a mention's position counts, how many of them there are, and the span of a position that is in range and not empty. */
interface Positions {
  readonly unit: string;
  readonly count: number;
  readonly span: (first: number, end: number) => Span;
}

function spanOfTokens(offsets: readonly Span[]): Positions {
  const span = (first: number, end: number) => ({ start: offsets[first]!.start, end: offsets[end - 1]!.end }); // in range
  return { unit: "tokens", count: offsets.length, span };
}

/** Positions in a text count code points, as Python does. */
function spanOfCharacters(text: string): Positions {
  const at = offsetConverter(text, "code-point");
  const span = (first: number, end: number) => ({ start: at(first)!, end: at(end)! }); // code points have no inside
  return { unit: "characters", count: [...text].length, span };
}

/** The characters of a mention, if they exist and are its name. */
function mentionSpan(
  mention: Mention,
  role: "h" | "t",
  text: string,
  { unit, count, span }: Positions,
  place: string,
  defects: Defect[],
): Span | undefined {
  const [first, end] = mention.pos;
  const shown = `${role}.pos [${first}, ${end})`;
  if (first < 0 || end < first || end > count) {
    const message = `${shown} is not a span of ${count} ${unit}`;
    defects.push(defect("data/span-out-of-range", place, message, mention.pos));
    return undefined;
  }
  if (first === end) {
    defects.push(defect("data/empty-span", place, `${shown} is empty`, mention.pos));
    return undefined;
  }
  const found = span(first, end);
  const words = text.slice(found.start, found.end);
  if (words !== mention.name) {
    const isSame = plain(words) === plain(mention.name);
    const message = `${role}.name is ${quote(mention.name)}, but ${unit} [${first}, ${end}) are ${quote(words)}`;
    const code = isSame ? "data/mention-differs" : "data/name-mismatch";
    defects.push(defect(code, place, message, { name: mention.name, tokens: words }));
    if (!isSame) return undefined;
  }
  return found;
}

/** Words without the differences that corpora have between a name and its place: case and white space. */
function plain(words: string): string {
  return words.toLowerCase().replaceAll(/\s+/g, "");
}
