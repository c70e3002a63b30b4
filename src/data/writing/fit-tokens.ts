// Words for a document whose format counts in tokens: which words, which entities are made of them, and what is not.
import type { Document, Span } from "../document.ts";
import { type Token, tokensOf } from "../tokens.ts";
import { withoutEntities } from "./fit.ts";
import type { Lose } from "./losses.ts";

/** A document in tokens. */
export interface TokenisedDocument {
  /** The document as far as tokens hold it; its offsets count characters of its own text. */
  readonly document: Document;
  readonly tokens: readonly Token[];
  /** Each entity's tokens, half-open. */
  readonly spans: readonly Span[];
}

/** How a format holds tokens. */
export interface TokenRules {
  /** Whether a word can be written. */
  readonly holds: (word: string) => boolean;
  /**
   * Whether the text is kept beside its tokens. Words are then divided where an entity begins or ends inside them, unless the document has
   * tokens of its own. Otherwise readers join the tokens by one space.
   */
  readonly keepsText?: boolean | undefined;
}

/** Divides a document into tokens, and leaves out the entities that are not made of them. */
export function tokenised(
  document: Document,
  { holds, keepsText = false }: TokenRules,
  lose: Lose,
): TokenisedDocument {
  const hasOwn = document.meta?.tokens !== undefined;
  const all =
    keepsText && !hasOwn
      ? tokensOf(document).flatMap((token) => divided(token, document))
      : tokensOf(document);
  const tokens = all.filter(({ text }) => holds(text));
  lose("words", all.length - tokens.length);
  const first = new Map(tokens.map(({ start }, at) => [start, at]));
  const after = new Map(tokens.map(({ end }, at) => [end, at + 1]));
  const spanOf = ({ start, end }: Span) => {
    const span = { start: first.get(start) ?? -1, end: after.get(end) ?? -1 };
    return span.start >= 0 && span.end > span.start ? span : undefined;
  };
  const kept = withoutEntities(
    document,
    (entity) => (spanOf(entity) === undefined ? "boundaries" : undefined),
    lose,
  );
  return { document: kept, tokens, spans: kept.entities.map((entity) => spanOf(entity)!) }; // the others are left out
}

/** The parts of a token between the borders of entities inside it. */
function divided(token: Token, { entities }: Document): readonly Token[] {
  const cuts = new Set<number>();
  for (const { start, end } of entities)
    for (const at of [start, end]) if (at > token.start && at < token.end) cuts.add(at);
  if (cuts.size === 0) return [token];
  const borders = [token.start, ...[...cuts].sort((a, b) => a - b), token.end];
  const parts = borders.slice(0, -1).map((start, i) => {
    const end = borders[i + 1]!; // one border more than parts
    return { start, end, text: token.text.slice(start - token.start, end - token.start) };
  });
  return parts.filter(({ text }) => text.trim() !== "");
}

/** Notes a text that is not its tokens joined by one space. */
export function loseSpacing({ text }: Document, tokens: readonly Token[], lose: Lose): void {
  if (tokens.map((token) => token.text).join(" ") !== text) lose("spacing");
}

/** Leaves out the entities that overlap an earlier or longer one, because a token has one tag; the tags of the others. */
export function tagged(
  { document, tokens, spans }: TokenisedDocument,
  isLabel: (label: string) => boolean,
  lose: Lose,
): { readonly document: Document; readonly tags: readonly string[] } {
  const tags = tokens.map(() => "O");
  const order = spans.map((span, at) => ({ ...span, at })).sort((a, b) => a.start - b.start || b.end - a.end);
  const kept = new Set<number>();
  let end = 0;
  for (const span of order) {
    const label = document.entities[span.at]?.label ?? "";
    if (!isLabel(label) || span.start < end) continue;
    tags.fill(`I-${label}`, span.start, span.end);
    tags[span.start] = `B-${label}`;
    end = span.end;
    kept.add(span.at);
  }
  const rest = withoutEntities(
    document,
    ({ label }, at) => (kept.has(at) ? undefined : isLabel(label) ? "overlapping" : "labels"),
    lose,
  );
  return { document: rest, tags };
}
