// Reads the result of a Label Studio annotation: labelled regions of the text, relations between them, and other controls.
import { type Fields, isFields } from "../../base/fields.ts";
import { defect, quote } from "../defects.ts";
import type { AnnotationCollector } from "./annotation-set.ts";
import { otherFields } from "./task-fields.ts";

/** Controls that label the text as a whole or a region: kept in the document's `meta`; the only choice is also its category. */
const KEPT = ["choices", "taxonomy", "textarea", "rating", "number", "datetime", "pairwise"];

/** Collects the items of a result; the fields for `meta`. */
export function collectResult(
  result: unknown,
  collector: AnnotationCollector,
  place: string,
  /** Whether the scores of items are probabilities: those of a model's prediction. */
  withScores = false,
): Fields {
  if (result === undefined || result === null) return {};
  if (!Array.isArray(result)) {
    collector.unread({}, defect("data/wrong-type", place, "result is not a list", result));
    return {};
  }
  const meta = new Map<string, unknown>();
  const items = result.filter(isFields);
  for (const broken of result.filter((item) => !isFields(item)))
    collector.unread(
      { entities: 1 },
      defect("data/wrong-type", place, `an item of result is not an object: ${quote(broken)}`, broken),
    );
  for (const [i, { score, ...given }] of items.entries()) {
    const item: Fields = withScores ? { ...given, score } : given;
    if (item.type === "relation") continue;
    const id = String(item.id ?? `number ${i + 1}`);
    for (const [name, value] of Object.entries(collectItem({ ...item, id }, collector, place)))
      meta.set(name, meta.has(name) ? [meta.get(name), value].flat() : value);
  }
  for (const item of items) if (item.type === "relation") collectRelation(item, collector, withScores);
  return otherFields(Object.fromEntries(meta), []);
}

/** Collects an item other than a relation; the fields for `meta`. */
export function collectItem(
  { id, type, value, from_name: control, score }: Fields & { readonly id: string },
  collector: AnnotationCollector,
  place: string,
): Fields {
  if ((type === "labels" || type === "hypertextlabels") && isFields(value)) {
    collectSpan({ id, type, probability: probabilityOf(score) }, value, collector, place);
    return {};
  }
  if (typeof type === "string" && KEPT.includes(type) && isFields(value)) {
    const isOfText = value.start === undefined && value.globalOffsets === undefined;
    if (type === "choices" && isOfText)
      for (const label of labelsOf(value.choices) ?? []) collector.choice(label, probabilityOf(score));
    return { [String(control ?? type)]: value[type] ?? value };
  }
  const what = typeof type === "string" ? `of type ${quote(type)}` : "without a type";
  collector.note("data/other-annotation", `region ${quote(id)} ${what} is not a labelled span: not read`);
  return {};
}

interface RegionItem {
  readonly id: string;
  readonly type: "labels" | "hypertextlabels";
  readonly probability: number | undefined;
}

/** A score as a probability; one that is not a number is none. */
function probabilityOf(score: unknown): number | undefined {
  return typeof score === "number" ? score : undefined;
}

function collectSpan(
  { id, type, probability }: RegionItem,
  value: Fields,
  collector: AnnotationCollector,
  place: string,
): void {
  const labels = labelsOf(value[type] ?? value.labels);
  const offsets = isFields(value.globalOffsets) ? value.globalOffsets : value;
  const [start, end] = [offsets.start, offsets.end].map((one) =>
    typeof one === "number" && Number.isSafeInteger(one) ? one : undefined,
  );
  if (labels === undefined || start === undefined || end === undefined) {
    const what = labels === undefined ? "labels that are not a list of texts" : "no integer start and end";
    const found = defect("data/wrong-type", place, `region ${quote(id)} has ${what}`, value);
    collector.unread({ entities: Math.max(1, labels?.length ?? 1) }, found);
    return;
  }
  const { text } = value;
  const stated = typeof text === "string" ? text : undefined;
  collector.region(id, { start, end, labels, text: stated, probability });
}

function labelsOf(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) && value.every((label) => typeof label === "string") ? value : undefined;
}

function collectRelation(item: Fields, collector: AnnotationCollector, withScores: boolean): void {
  const { from_id: from, to_id: to, direction } = item;
  const [head, tail] = direction === "left" ? [to, from] : [from, to];
  collector.arrow({
    from: String(head),
    to: String(tail),
    labels: labelsOf(item.labels) ?? [],
    bothWays: direction === "bi",
    probability: withScores ? probabilityOf(item.score) : undefined,
  });
}
