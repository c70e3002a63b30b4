// Makes documents from tokens and annotations counted in tokens, as the JSON corpora of relation extraction have them.
import { type Annotations, type Defect, defect, leavingOut, quote } from "../defects.ts";
import type { Document, Entity, JsonObject, Relation, Span } from "../document.ts";
import { documentDefects } from "../document-defects.ts";
import type { TokenEnds } from "../document-format.ts";
import type { Parsed } from "../rows.ts";
import { joinTokens, tokensWithin } from "../tokens.ts";

/** A text in tokens; `start` and `end` of entities count tokens. */
export interface TokenRow {
  readonly id: string;
  readonly tokens: readonly string[];
  /** The text with its own spacing; without it tokens are joined by one space. */
  readonly text?: string | undefined;
  readonly image?: string | undefined;
  readonly entities: readonly Entity[];
  readonly relations: readonly Relation[];
  readonly meta: JsonObject;
}

/** The document for a row, and every annotation that its file has. `meta.tokens` gives the tokens. */
export function documentOfTokens(row: TokenRow, ends: TokenEnds, place: string): Parsed<Document> {
  const { id, tokens, image, entities, relations } = row;
  const found: Annotations = { entities: entities.length, relations: relations.length };
  const defects: Defect[] = tokens.flatMap((token, i) =>
    token.trim() === "" ? [defect("data/empty-token", place, `tokens[${i}] is ${quote(token)}`, token)] : [],
  );
  if (tokens.length === 0) defects.push(defect("data/empty-text", place, "there are no tokens"));
  const own = row.text === undefined ? undefined : tokensWithin(row.text, tokens);
  if (row.text !== undefined && own === undefined) {
    const message = `the tokens do not spell ${quote(row.text)}; the text is made from them`;
    defects.push(defect("data/tokens-not-in-text", place, message, row.text));
  }
  const joined = joinTokens(tokens);
  const { text, offsets } = own === undefined ? joined : { text: row.text ?? "", offsets: own };
  const spans = entities.map((entity, i) => {
    const fault = tokenSpanDefect(entity, tokens.length, ends, { name: `entities[${i}]`, place });
    if (fault !== undefined) defects.push(fault);
    return { ...spanOfTokens(entity, ends, offsets), label: entity.label };
  });
  if (defects.some(({ severity }) => severity === "error")) return { defects, found };
  const meta = { ...row.meta, tokens: offsets.map(({ start, end }) => [start, end]) };
  const document = { id, text, ...(image !== undefined && { image }), entities: spans, relations, meta };
  return { value: document, defects: [...defects, ...documentDefects(document, place)], found };
}

/** The characters of a span of tokens, which must exist. */
function spanOfTokens({ start, end }: Span, ends: TokenEnds, offsets: readonly Span[]): Span {
  const last = ends === "inclusive" ? end : end - 1;
  return { start: offsets[start]?.start ?? -1, end: offsets[last]?.end ?? -1 };
}

/** The defect of a span that is not made of the text's tokens. */
function tokenSpanDefect(
  { start, end }: Span,
  tokens: number,
  ends: TokenEnds,
  { name, place }: { readonly name: string; readonly place: string },
): Defect | undefined {
  const last = ends === "inclusive" ? end : end - 1;
  if (start >= 0 && last >= start && last < tokens) return undefined;
  const shown = `${name} has the tokens ${start} to ${end} (${ends})`;
  if (start >= 0 && start === end) {
    const message = `${shown}, which are none; if ends are inclusive, say so with --token-ends inclusive`;
    return defect("data/empty-span", place, message, { start, end });
  }
  const hint =
    start >= 0 && end === tokens && end > start
      ? "; if ends are exclusive, say so with --token-ends exclusive"
      : "";
  const message = `${shown}, but the text has ${tokens}${hint}`;
  return defect("data/span-out-of-range", place, message, { start, end });
}

/** A relation between two spans, as some corpora state them. */
export interface SpanRelation {
  readonly head: Span;
  readonly tail: Span;
  readonly label: string;
}

/** The relations between entities, and a defect for each whose head or tail is not an entity: it is left out. */
export function relationsOfSpans(
  given: readonly SpanRelation[],
  entities: readonly Entity[],
  place: string,
): { readonly relations: readonly Relation[]; readonly defects: readonly Defect[] } {
  const relations: Relation[] = [];
  const defects: Defect[] = [];
  const positions = new Map<string, number>();
  for (const [i, { start, end }] of entities.entries()) {
    const key = `${start} ${end}`;
    if (!positions.has(key)) positions.set(key, i);
  }
  for (const { head, tail, label } of given) {
    const ends = [head, tail].map(({ start, end }) => positions.get(`${start} ${end}`));
    const missing = [head, tail].find((_, i) => ends[i] === undefined);
    const [first, second] = ends;
    if (first !== undefined && second !== undefined) relations.push({ head: first, tail: second, label });
    else {
      const message = `the relation ${quote(label)} joins the tokens ${missing?.start} to ${missing?.end}, which are not an entity; it is left out`;
      const value = { label, head: [head.start, head.end], tail: [tail.start, tail.end] };
      defects.push(leavingOut(defect("data/relation-end-missing", place, message, value), { relations: 1 }));
    }
  }
  return { relations, defects };
}
