// Finds overlap between the splits of a data set: ids, pictures, texts and questions, and whether their answers agree.
import { type Defect, defect, quote } from "./defects.ts";
import { type Document, type DocumentId, type ImageName, questionKey } from "./document.ts";

/** Overlap of two splits. */
export interface SplitOverlap {
  readonly a: string;
  readonly b: string;
  readonly ids: readonly DocumentId[];
  readonly images: readonly ImageName[];
  /** Distinct texts in both. */
  readonly texts: readonly string[];
  /** Distinct texts of the second split that equal one in the first up to white space, case and the form of accents. */
  readonly similarTexts: number;
  /** (sentence, head, tail) triples in both. */
  readonly questions: number;
  /** Triples with different relations: `data/conflicting-labels`, at the document of the second split. */
  readonly conflicts: readonly Defect[];
}

/** Compares every pair of splits, in the given order. */
export function compareSplits(
  splits: Readonly<Record<string, readonly Document[]>>,
): readonly SplitOverlap[] {
  const names = Object.keys(splits);
  return names.flatMap((a, i) =>
    names.slice(i + 1).map((b) => overlapOf(a, splits[a] ?? [], b, splits[b] ?? [])),
  );
}

function overlapOf(
  a: string,
  first: readonly Document[],
  b: string,
  second: readonly Document[],
): SplitOverlap {
  const shared = <T>(value: (document: Document) => T): readonly NonNullable<T>[] => {
    const others = new Set(first.map(value));
    const both = new Set(second.map(value).filter((x) => others.has(x)));
    return [...both].filter((x) => x !== undefined && x !== null) as NonNullable<T>[];
  };
  const texts = shared(({ text }) => text);
  const firstAnswers = answersOf(first);
  const conflicts: Defect[] = [];
  let questions = 0;
  for (const [key, { labels, document }] of answersOf(second)) {
    const earlier = firstAnswers.get(key);
    if (earlier === undefined) continue;
    questions++;
    if (labels.size === earlier.labels.size && [...labels].every((label) => earlier.labels.has(label)))
      continue;
    const [here, there] = [[...labels].join(", "), [...earlier.labels].join(", ")];
    const message = `relation ${quote(here)}, but ${quote(earlier.document.id)} in ${a} has the same sentence, head and tail with ${quote(there)}`;
    conflicts.push(
      defect("data/conflicting-labels", `${b}:${document.id}`, message, { [a]: there, [b]: here }),
    );
  }
  return {
    a,
    b,
    ids: shared(({ id }) => id),
    images: shared(({ image }) => image),
    texts,
    similarTexts: similarTexts(first, second, texts),
    questions,
    conflicts,
  };
}

/** Normalises white space, case and the form of accents, in which copies of a text often differ. */
export function comparableText(text: string): string {
  return text.normalize("NFC").toLowerCase().replace(/\s+/gu, " ").trim();
}

function similarTexts(
  first: readonly Document[],
  second: readonly Document[],
  same: readonly string[],
): number {
  const known = new Set(first.map(({ text }) => comparableText(text)));
  const exact = new Set(same);
  const others = new Set(second.map(({ text }) => text).filter((text) => !exact.has(text)));
  return [...others].filter((text) => known.has(comparableText(text))).length;
}

/** The relations of each (sentence, head span, tail span) in a split. "None" counts as an answer. */
function answersOf(documents: readonly Document[]) {
  const answers = new Map<string, { readonly labels: Set<string>; readonly document: Document }>();
  for (const document of documents) {
    for (const relation of document.relations) {
      const key = questionKey(document, relation);
      const known = answers.get(key);
      if (known) known.labels.add(relation.label);
      else answers.set(key, { labels: new Set([relation.label]), document });
    }
  }
  return answers;
}
