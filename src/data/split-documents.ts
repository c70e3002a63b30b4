// Divides documents into training, validation and test parts: no text, no near copy of it and no picture is in two of them, and labels are spread evenly.
import { counted } from "../base/counted.ts";
import { DataError } from "../base/errors.ts";
import { sha256 } from "../base/sha256.ts";
import { comparableText } from "./comparable-text.ts";
import type { Document } from "./document.ts";
import { nearClusters } from "./near-texts/near-texts.ts";
import { WordArena } from "./near-texts/word-arena.ts";

/** Of the search for nearly equal texts: another division by chance must not find others. */
const NEAR_SEED = 1;

/** How to divide documents. */
export interface SplitOptions {
  /** Names of the parts with their shares of the documents; only their proportion counts. */
  readonly shares: Readonly<Record<string, number>>;
  /** Another seed gives another division; the order of the documents does not matter to it. */
  readonly seed: number;
}

/** Divided documents, in their given order within each part. */
export interface DividedDocuments {
  readonly parts: Readonly<Record<string, readonly Document[]>>;
  /** Number of groups that were kept together. A group has the documents that are connected by a common picture or by texts that are equal or nearly so. */
  readonly groups: number;
  /** Number of documents of the largest group. */
  readonly largest: number;
  /** Whether nearly equal texts were kept together. They are not if one group would then have more than half of the documents: texts made from one template. */
  readonly nearTexts: boolean;
}

/** Documents that must be in the same part. */
interface Group {
  readonly documents: readonly Document[];
  /** Orders groups by chance, but always in the same way. */
  readonly key: string;
  readonly labels: ReadonlyMap<string, number>;
}

interface Part {
  readonly name: string;
  /** Numbers of documents and of each label that the part still lacks. */
  lacking: number;
  readonly lackingLabels: Map<string, number>;
  readonly groups: Set<Group>;
}

/**
 * Divides documents by their texts and pictures: documents with the same text (up to case, white space and the form of accents), with
 * nearly the same one (70 % of its words and pairs of neighbouring words) or with the same picture are in the same part. Entity labels, relation labels and categories are spread by iterative stratification (Sechidis et al. 2011).
 *
 * @throws DataError `data/cannot-split` if a part would be empty.
 * @example
 * import { readDocuments, splitDocuments } from "relata/data";
 *
 * const { documents } = await readDocuments("all.jsonl");
 * const { parts } = splitDocuments(documents, { shares: { train: 80, validation: 10, test: 10 }, seed: 1 });
 * console.log(parts.train?.length);
 */
export function splitDocuments(
  documents: readonly Document[],
  { shares, seed }: SplitOptions,
): DividedDocuments {
  const near = groupsOf(documents, seed, nearKeys(documents));
  const nearTexts = (near[0]?.documents.length ?? 0) <= documents.length / 2;
  const groups = nearTexts ? near : groupsOf(documents, seed, undefined);
  const largest = groups[0]?.documents.length ?? 0;
  const parts = emptyParts(documents, shares);
  assignGroups(groups, parts);
  const partOf = new Map<Document, string>();
  for (const { name, groups: own } of parts) {
    for (const group of own) for (const document of group.documents) partOf.set(document, name);
  }
  const divided = Object.fromEntries(
    parts.map(({ name }) => [name, documents.filter((document) => partOf.get(document) === name)]),
  );
  const empty = parts.find(({ groups: own }) => own.size === 0);
  if (empty !== undefined) throw cannotSplit(empty.name, documents.length, groups.length, largest);
  return { parts: divided, groups: groups.length, largest, nearTexts };
}

/** Equal for documents whose texts are equal or nearly so. Texts are compared in their own order, so that the order of the documents does not matter. */
function nearKeys(documents: readonly Document[]): ReadonlyMap<string, string> {
  const texts = [...new Set(documents.map(({ text }) => comparableText(text)))].sort();
  const arena = new WordArena();
  for (const text of texts) arena.add(text);
  const clusters = nearClusters(arena, NEAR_SEED);
  return new Map(texts.map((text, i) => [text, texts[clusters[i] ?? i] ?? text]));
}

/** Documents connected by a text or a picture, directly or over others; larger groups first, then in an order by chance. */
function groupsOf(
  documents: readonly Document[],
  seed: number,
  near: ReadonlyMap<string, string> | undefined,
): readonly Group[] {
  const parents = documents.map((_, i) => i);
  const rootOf = (i: number): number => {
    let root = i;
    while (parents[root] !== root) root = parents[root] ?? root;
    for (let at = i; at !== root; ) [parents[at], at] = [root, parents[at] ?? root];
    return root;
  };
  const firstWith = new Map<string, number>();
  for (const [i, { text, image }] of documents.entries()) {
    const own = comparableText(text);
    for (const key of [`text ${near?.get(own) ?? own}`, ...(image === undefined ? [] : [`image ${image}`])]) {
      const first = firstWith.get(key);
      if (first === undefined) firstWith.set(key, i);
      else parents[rootOf(i)] = rootOf(first);
    }
  }
  const members = new Map<number, Document[]>();
  for (const [i, document] of documents.entries()) {
    const root = rootOf(i);
    const own = members.get(root);
    if (own === undefined) members.set(root, [document]);
    else own.push(document);
  }
  const groups = [...members.values()].map((own) => groupOf(own, seed));
  return groups.sort((a, b) => b.documents.length - a.documents.length || (a.key < b.key ? -1 : 1));
}

function groupOf(documents: readonly Document[], seed: number): Group {
  const labels = new Map<string, number>();
  for (const { entities, relations, category } of documents) {
    if (category !== undefined) count(labels, `category ${category.label}`, 1);
    for (const { label } of entities) count(labels, `entity ${label}`, 1);
    for (const { label } of relations) count(labels, `relation ${label}`, 1);
  }
  const [first = ""] = documents.map(({ id, text }) => `${comparableText(text)}\n${id}`).sort();
  return { documents, key: sha256(`${seed}\n${first}`), labels };
}

function emptyParts(documents: readonly Document[], shares: Readonly<Record<string, number>>): Part[] {
  const whole = groupOf(documents, 0).labels;
  const sum = Object.values(shares).reduce((total, share) => total + share, 0);
  return Object.entries(shares).map(([name, share]) => ({
    name,
    lacking: (documents.length * share) / sum,
    lackingLabels: new Map([...whole].map(([label, number]) => [label, (number * share) / sum])),
    groups: new Set(),
  }));
}

/**
 * Gives every group to a part: those that fit only into a large part first, then the groups of the rarest label, each to the part that
 * lacks the label most.
 */
function assignGroups(groups: readonly Group[], parts: readonly Part[]): void {
  const open = new Set(groups);
  const left = new Map<string, number>();
  const withLabel = new Map<string, Group[]>();
  for (const group of groups) {
    for (const [label, number] of group.labels) {
      count(left, label, number);
      const own = withLabel.get(label);
      if (own === undefined) withLabel.set(label, [group]);
      else own.push(group);
    }
  }
  const assign = (group: Group, label?: string) => {
    const part = partFor(group, parts, label);
    open.delete(group);
    part.groups.add(group);
    part.lacking -= group.documents.length;
    for (const [own, number] of group.labels) {
      count(part.lackingLabels, own, -number);
      count(left, own, -number);
    }
  };
  const smallest = Math.min(...parts.map(({ lacking }) => lacking));
  for (const group of groups)
    if (group.documents.length > 1 && group.documents.length > smallest) assign(group);
  for (;;) {
    const [rarest] = [...left]
      .filter(([, number]) => number > 0)
      .sort(([a, m], [b, n]) => m - n || (a < b ? -1 : 1));
    if (rarest === undefined) break;
    const [label] = rarest;
    for (const group of withLabel.get(label) ?? []) if (open.has(group)) assign(group, label);
  }
  for (const group of open) assign(group);
}

/** The part with room for a group that lacks a label, and otherwise documents, most. */
function partFor({ documents }: Group, parts: readonly Part[], label: string | undefined): Part {
  const roomy = parts.filter(({ lacking }) => lacking >= documents.length / 2);
  const lackOf = (part: Part) => (label === undefined ? 0 : (part.lackingLabels.get(label) ?? 0));
  return (roomy.length > 0 ? roomy : parts).reduce((best, part) => {
    const difference = lackOf(part) - lackOf(best) || part.lacking - best.lacking;
    return difference > 0 ? part : best;
  });
}

function count(counts: Map<string, number>, key: string, number: number): void {
  counts.set(key, (counts.get(key) ?? 0) + number);
}

function cannotSplit(part: string, documents: number, groups: number, largest: number): DataError {
  return new DataError({
    code: "data/cannot-split",
    message: `nothing is left for ${part}: ${counted(documents, "document")} in ${counted(groups, "group")} with a text or picture in common, the largest of ${counted(largest, "document")}`,
    place: part,
    value: { documents, groups, largest },
    remedy:
      "Give more documents, or larger shares; or leave out a picture that most documents have in common.",
  });
}
