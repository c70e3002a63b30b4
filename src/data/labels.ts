// Label sets: relation or entity labels in a fixed order, from data or from the object of a rel2id.json, and comparison with a model's.
import { counted } from "../base/counted.ts";
import { DataError } from "../base/errors.ts";
import { type Defect, defect, quote } from "./defects.ts";
import type { Document } from "./document.ts";

/** The label for "no relation" in MNRE and most relation sets. */
export const NONE_LABEL = "None";

/** Labels with their indices; immutable. */
export class LabelSet implements Iterable<string> {
  /** The labels; a label's index is its position. */
  readonly labels: readonly string[];
  readonly #indices: ReadonlyMap<string, number>;

  /** @throws DataError `data/bad-label-set` if a label is empty or occurs twice. */
  constructor(labels: readonly string[], place?: string) {
    this.labels = Object.freeze([...labels]);
    this.#indices = new Map(labels.map((label, i) => [label, i]));
    const faulty = labels.find((label, i) => label === "" || this.#indices.get(label) !== i);
    if (faulty !== undefined) {
      throw badLabelSet(faulty === "" ? "a label is empty" : `${quote(faulty)} occurs twice`, faulty, place);
    }
  }

  /** Number of labels. */
  get size(): number {
    return this.labels.length;
  }

  /** Index of the "None" label, if the set has one. */
  get noneIndex(): number | undefined {
    return this.#indices.get(NONE_LABEL);
  }

  /**
   * The set with "None" instead of its own name for it; the same set if it has no such label.
   *
   * @throws DataError `data/bad-label-set` if "None" is another of its labels
   */
  withNone(noneLabel: string | undefined, place?: string): LabelSet {
    if (noneLabel === undefined || noneLabel === NONE_LABEL || !this.#indices.has(noneLabel)) return this;
    if (this.noneIndex !== undefined) {
      const both = `contains ${quote(NONE_LABEL)} as well as ${quote(noneLabel)}, which was named as the label for no relation`;
      throw badLabelSet(both, noneLabel, place);
    }
    return new LabelSet(
      this.labels.map((label) => (label === noneLabel ? NONE_LABEL : label)),
      place,
    );
  }

  /** Position of a label; undefined for a label outside the set. */
  indexOf(label: string): number | undefined {
    return this.#indices.get(label);
  }

  /** The same set in the form of `rel2id.json`. */
  toJSON(): Record<string, number> {
    return Object.fromEntries(this.#indices);
  }

  [Symbol.iterator](): Iterator<string> {
    return this.labels[Symbol.iterator]();
  }
}

/**
 * A label set from the object of a `rel2id.json`: labels to indices 0, 1, 2 ... without gaps. The order is the file's.
 *
 * @throws DataError `data/bad-label-set`.
 */
export function labelSetFromRel2id(value: unknown, place?: string): LabelSet {
  // WebNLG's file wraps its one object in a list.
  const only = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (typeof only !== "object" || only === null || Array.isArray(only)) {
    throw badLabelSet(`must map labels to integers from 0, but is ${quote(only)}`, value, place);
  }
  const entries = Object.entries(only).map(([label, index]: [string, unknown]) => {
    if (typeof index === "number" && Number.isSafeInteger(index) && index >= 0)
      return [label, index] as const;
    throw badLabelSet(
      `must map labels to integers from 0; ${quote(label)} has ${quote(index)}`,
      value,
      place,
    );
  });
  entries.sort(([, a], [, b]) => a - b);
  if (entries.length === 0) throw badLabelSet("has no labels", value, place);
  const wrong = entries.find(([, index], i) => index !== i);
  if (wrong) {
    const message = `the indices must be 0 to ${entries.length - 1}, each exactly once; ${quote(wrong[0])} has ${wrong[1]}`;
    throw badLabelSet(message, wrong, place);
  }
  return new LabelSet(
    entries.map(([label]) => label),
    place,
  );
}

/** The relation labels of documents: "None" first, the others in code unit order, so the same data always has the same indices. */
export function relationLabelsOf(documents: Iterable<Document>): LabelSet {
  return orderedLabels(documents, ({ relations }) => relations);
}

/** The entity labels of documents, in code unit order. */
export function entityLabelsOf(documents: Iterable<Document>): LabelSet {
  return orderedLabels(documents, ({ entities }) => entities);
}

/** The categories of documents, in code unit order. */
export function categoriesOf(documents: Iterable<Document>): readonly string[] {
  return orderedLabels(documents, ({ category }) => (category === undefined ? [] : [category])).labels;
}

function orderedLabels(
  documents: Iterable<Document>,
  labelled: (document: Document) => readonly { readonly label: string }[],
): LabelSet {
  const found = new Set<string>();
  for (const document of documents) for (const { label } of labelled(document)) found.add(label);
  const none = found.delete(NONE_LABEL);
  return new LabelSet([...(none ? [NONE_LABEL] : []), ...[...found].sort()]);
}

/** The relations of a document that are not in a label set. */
export function unknownLabels(document: Document, labels: LabelSet, place: string): readonly Defect[] {
  return document.relations
    .filter(({ label }) => labels.indexOf(label) === undefined)
    .map(({ label }) =>
      defect(
        "data/unknown-label",
        place,
        `relation ${quote(label)} matches none of the ${counted(labels.size, "label")} in the label set`,
        label,
      ),
    );
}

export interface LabelDifference {
  /** Labels of the expected set that the actual one lacks. */
  readonly missing: readonly string[];
  /** Labels that only the actual set has. */
  readonly extra: readonly string[];
  /** Labels in both with different indices. */
  readonly moved: readonly string[];
}

/** How `actual` differs from `expected`. */
export function compareLabelSets(actual: LabelSet, expected: LabelSet): LabelDifference {
  return {
    missing: expected.labels.filter((label) => actual.indexOf(label) === undefined),
    extra: actual.labels.filter((label) => expected.indexOf(label) === undefined),
    moved: actual.labels.filter((label, i) => ![i, undefined].includes(expected.indexOf(label))),
  };
}

/**
 * Refuses data with labels that differ from a checkpoint's.
 *
 * @param actual the data's labels.
 * @param expected the checkpoint's labels.
 * @throws DataError `data/labels-differ`, listing labels that are missing, extra or at another index.
 */
export function requireSameLabels(actual: LabelSet, expected: LabelSet, place?: string): void {
  const difference = compareLabelSets(actual, expected);
  const parts = Object.entries(difference)
    .filter(([, labels]) => labels.length > 0)
    .map(([kind, labels]) => `${kind}: ${labels.join(", ")}`);
  if (parts.length === 0) return;
  throw new DataError({
    code: "data/labels-differ",
    message: `the labels of the data (${actual.size}) differ from those of the checkpoint (${expected.size}): ${parts.join("; ")}`,
    place,
    value: difference,
    remedy: "Use the label set saved with the checkpoint, or train a model on these labels.",
  });
}

/** The error for an invalid label set. */
export function badLabelSet(what: string, value: unknown, place: string | undefined): DataError {
  return new DataError({
    code: "data/bad-label-set",
    message: `label set${place === undefined ? "" : ` ${place}`}: ${what}`,
    place,
    value,
    remedy: 'Give every label exactly once with its index: {"None": 0, "/per/per/peer": 1, ...}.',
  });
}
