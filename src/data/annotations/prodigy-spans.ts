// Reads the spans and relations of a Prodigy task. A relation joins tokens; where a token belongs to a span, the span is meant.
import { type Fields, isFields } from "../../base/fields.ts";
import { defect } from "../defects.ts";
import { AnnotationCollector, type AnnotationSet } from "./annotation-set.ts";

interface SpanOfTokens {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly first: number | undefined;
  readonly last: number | undefined;
}

/** The annotations of a row. */
export function prodigySet(row: Fields, annotator: string, place: string): AnnotationSet {
  const collector = new AnnotationCollector(place);
  const spans = collectSpans(row.spans, collector, place);
  for (const relation of listOf(row.relations, "relations", collector, place)) {
    if (!isFields(relation)) {
      collector.unreadRelation(relation);
      continue;
    }
    const { head, child, head_span: headSpan, child_span: childSpan, label } = relation;
    collector.arrow({
      from: keyOf(head, headSpan, spans, row.tokens),
      to: keyOf(child, childSpan, spans, row.tokens),
      labels: typeof label === "string" && label !== "" ? [label] : [],
    });
  }
  const { _timestamp: changed } = row;
  return collector.set({ annotator, changed: typeof changed === "number" ? changed : "", trusted: false });
}

function collectSpans(
  value: unknown,
  collector: AnnotationCollector,
  place: string,
): readonly SpanOfTokens[] {
  return listOf(value, "spans", collector, place).flatMap((span, i) => {
    if (!isFields(span) || !isOffset(span.start) || !isOffset(span.end)) {
      const isBox = isFields(span) && (Array.isArray(span.points) || "x" in span);
      if (isBox) collector.note("data/other-annotation", `spans[${i}] is a region of a picture: not read`);
      else {
        const found = defect("data/wrong-type", place, `spans[${i}] has no integer start and end`, span);
        collector.unread({ entities: 1 }, found);
      }
      return [];
    }
    const { start, end, label, text, token_start: first, token_end: last } = span;
    const key = `${start}-${end}`;
    const labels = typeof label === "string" && label !== "" ? [label] : [];
    collector.region(key, { start, end, labels, text: typeof text === "string" ? text : undefined });
    return [
      {
        key,
        start,
        end,
        first: isOffset(first) ? first : undefined,
        last: isOffset(last) ? last : undefined,
      },
    ];
  });
}

function listOf(
  value: unknown,
  name: string,
  collector: AnnotationCollector,
  place: string,
): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  collector.unread({}, defect("data/wrong-type", place, `${name} is not a list`, value));
  return [];
}

/** The key of the span at one end of a relation, or what to call an end that is not a span. */
function keyOf(token: unknown, span: unknown, spans: readonly SpanOfTokens[], tokens: unknown): string {
  if (isFields(span) && isOffset(span.start) && isOffset(span.end)) return `${span.start}-${span.end}`;
  const at = tokenAt(tokens, token);
  const found = spans.find(({ first, last, start, end }) =>
    first !== undefined && last !== undefined
      ? isOffset(token) && first <= token && token <= last
      : at !== undefined && start <= at.start && at.end <= end,
  );
  return found?.key ?? `token ${String(token)}`;
}

function tokenAt(
  tokens: unknown,
  index: unknown,
): { readonly start: number; readonly end: number } | undefined {
  const token: unknown = Array.isArray(tokens) && isOffset(index) ? tokens[index] : undefined;
  return isFields(token) && isOffset(token.start) && isOffset(token.end)
    ? { start: token.start, end: token.end }
    : undefined;
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
