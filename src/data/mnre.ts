// Reads MNRE: one Python dict per line with `token`, `h`, `t`, `img_id` and `relation`, as documents with two entities and one relation.
import { basename, extname } from "node:path";
import { type Defect, defect, quote } from "./defects.ts";
import { type Document, questionKey, type Span } from "./document.ts";
import { checkLabels } from "./document-checks.ts";
import { documentDefects, surrogateDefects } from "./document-defects.ts";
import type { DocumentFormat, ReadDocumentsOptions } from "./document-format.ts";
import { isDictLine } from "./file-kind.ts";
import {
  type PythonDict,
  PythonLiteralError,
  type PythonValue,
  parsePythonLiteral,
} from "./python-literal.ts";
import { type Parsed, type RowOutcome, type RowParser, readRows } from "./rows.ts";
import { joinTokens } from "./tokens.ts";

/** MNRE's text files have no entity types. */
const ENTITY_LABEL = "entity";

/** `pos` counts tokens, [first, last + 1]. */
interface Mention {
  readonly name: string;
  readonly pos: readonly [number, number];
}

interface Instance {
  readonly token: readonly string[];
  readonly h: Mention;
  readonly t: Mention;
  readonly imgId: string | undefined;
  readonly relation: string;
}

/**
 * Reads the instances of an MNRE text file, row by row: text = tokens joined by one space, entities = [head, tail], one relation
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
  description: "MNRE text files: one Python dict per line",
  recognises: ({ lines: [first = ""] }) => isDictLine(first),
  read: readMnre,
};

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
  const fields = new Fields(literal, "the row", place, defects);
  const token = fields.words("token");
  const h = fields.mention("h");
  const t = fields.mention("t");
  const imgId = fields.optionalString("img_id");
  const relation = fields.string("relation");
  fields.end();
  if (!token || !h || !t || relation === undefined || defects.length > 0) return { defects };
  return { value: { token, h, t, imgId, relation }, defects };
}

function toDocument(instance: Instance, idPrefix: string, line: number, place: string): Parsed<Document> {
  const { token, h, t, imgId, relation } = instance;
  const defects: Defect[] = [];
  if (token.length === 0) defects.push(defect("data/empty-text", place, "token is an empty list", []));
  for (const [i, word] of token.entries()) {
    if (word === "") defects.push(defect("data/empty-token", place, `token[${i}] is empty`, i));
  }
  const { text, offsets } = joinTokens(token);
  const head = mentionSpan(h, "h", token, offsets, place, defects);
  const tail = mentionSpan(t, "t", token, offsets, place, defects);
  if (imgId !== undefined) defects.push(...surrogateDefects(imgId, "img_id", place));
  if (imgId === "") defects.push(defect("data/empty-image", place, "img_id is empty", imgId));
  if (head === undefined || tail === undefined || defects.length > 0) return { defects };

  if (head.start < tail.end && tail.start < head.end) {
    const message = `head ${quote(h.name)} [${h.pos.join(", ")}) and tail ${quote(t.name)} [${t.pos.join(", ")}) overlap`;
    defects.push(defect("data/overlapping-mentions", place, message, { h: h.pos, t: t.pos }));
  }
  const document: Document = {
    id: `${idPrefix}-${line - 1}`,
    text,
    ...(imgId !== undefined && { image: imgId }),
    entities: [
      { ...head, label: ENTITY_LABEL },
      { ...tail, label: ENTITY_LABEL },
    ],
    relations: [{ head: 0, tail: 1, label: relation }],
    meta: { instance: line - 1, line, tokens: offsets.map(({ start, end }) => [start, end]) },
  };
  return { value: document, defects: [...defects, ...documentDefects(document, place)] };
}

/** The characters of a mention, if its tokens exist and match its name. */
function mentionSpan(
  mention: Mention,
  role: "h" | "t",
  token: readonly string[],
  offsets: readonly Span[],
  place: string,
  defects: Defect[],
): Span | undefined {
  const [first, end] = mention.pos;
  const shown = `${role}.pos [${first}, ${end})`;
  if (first < 0 || end < first || end > token.length) {
    const message = `${shown} is not a span of ${token.length} tokens`;
    defects.push(defect("data/span-out-of-range", place, message, mention.pos));
    return undefined;
  }
  if (first === end) {
    defects.push(defect("data/empty-span", place, `${shown} is empty`, mention.pos));
    return undefined;
  }
  const words = token.slice(first, end).join(" ");
  if (words !== mention.name) {
    const message = `${role}.name is ${quote(mention.name)}, but tokens [${first}, ${end}) are ${quote(words)}`;
    defects.push(defect("data/name-mismatch", place, message, { name: mention.name, tokens: words }));
    return undefined;
  }
  return { start: offsets[first]!.start, end: offsets[end - 1]!.end }; // in range: checked above
}

/** Extracts typed fields from a parsed dict and reports fields that are missing, mistyped or unknown. */
class Fields {
  readonly #dict: PythonDict | undefined;
  readonly #name: string;
  readonly #place: string;
  readonly #defects: Defect[];
  readonly #taken = new Set<unknown>();

  constructor(value: PythonValue, name: string, place: string, defects: Defect[]) {
    this.#name = name;
    this.#place = place;
    this.#defects = defects;
    if (value instanceof Map) this.#dict = value;
    else this.#add("data/wrong-type", `${name} is ${shown(value)}, not a dict`, value);
  }

  /** An optional string; None counts as absent. */
  optionalString(key: string): string | undefined {
    if (this.#dict === undefined || (this.#dict.get(key) ?? null) !== null) return this.string(key);
    this.#taken.add(key);
    return undefined;
  }

  string(key: string): string | undefined {
    return this.#take(key, "a string", (value) => (typeof value === "string" ? value : undefined));
  }

  words(key: string): readonly string[] | undefined {
    const isWords = (value: PythonValue): value is readonly string[] =>
      Array.isArray(value) && value.every((word) => typeof word === "string");
    return this.#take(key, "a list of strings", (value) => (isWords(value) ? value : undefined));
  }

  mention(key: string): Mention | undefined {
    const dict = this.#take(key, "a dict", (value) =>
      value instanceof Map ? (value as PythonDict) : undefined,
    );
    if (dict === undefined) return undefined;
    const fields = new Fields(dict, key, this.#place, this.#defects);
    const name = fields.string("name");
    const pos = fields.#take("pos", "a list of two ints", (value) => {
      const items = Array.isArray(value) ? (value as readonly PythonValue[]) : [];
      const [first, end] = items;
      return items.length === 2 && typeof first === "number" && typeof end === "number"
        ? ([first, end] as const)
        : undefined;
    });
    fields.end();
    return name === undefined || pos === undefined ? undefined : { name, pos };
  }

  /** Reports the fields that were not extracted. */
  end(): void {
    for (const [key, value] of this.#dict ?? []) {
      if (!this.#taken.has(key) && value !== null)
        this.#add("data/unknown-field", `${this.#name} has the unknown field ${quote(key)}`, key);
    }
  }

  #take<T>(key: string, wanted: string, read: (value: PythonValue) => T | undefined): T | undefined {
    this.#taken.add(key);
    if (this.#dict === undefined) return undefined;
    const value = this.#dict.get(key);
    const path = this.#name === "the row" ? key : `${this.#name}.${key}`;
    if (value === undefined || value === null) {
      this.#add("data/missing-field", `${path} is missing`, undefined);
      return undefined;
    }
    const field = read(value);
    if (field === undefined) this.#add("data/wrong-type", `${path} is ${shown(value)}, not ${wanted}`, value);
    return field;
  }

  #add(
    code: "data/wrong-type" | "data/missing-field" | "data/unknown-field",
    message: string,
    value: unknown,
  ): void {
    this.#defects.push(defect(code, this.#place, message, value));
  }
}

function shown(value: PythonValue): string {
  return value instanceof Map ? "a dict" : value === null ? "None" : quote(value);
}
