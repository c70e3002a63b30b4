// Finds labels that look like mistakes: one label in two spellings, tags in place of labels, and labels that occur only once.
import { counted } from "../base/counted.ts";
import { isSlip } from "../base/nearest.ts";
import { type Defect, defect, quote } from "./defects.ts";
import type { Document } from "./document.ts";

const ONCE_SHOWN = 5;
/** In a handful of annotations every label is rare. */
const LEAST_ANNOTATIONS = 20;
/** A label is a misspelling of another one only if that is at least this many times as frequent. */
const RARER = 10;
const MOST_TYPOS = 3;
const SHORTEST = 4; // PER and PET may both be labels
const DIGITS = /\p{N}/gu;

interface Seen {
  count: number;
  readonly place: string;
}

/** Labels of one kind, in order of appearance. */
type Labels = ReadonlyMap<string, Seen>;

/** Sees the documents of data files one by one and finds the labels that look like mistakes, entities and relations apart. */
export class LabelSurvey {
  readonly #all = { entities: new Map<string, Seen>(), relations: new Map<string, Seen>() };
  /** Of the first file, the training data, in which labels that occur once are reported. */
  readonly #training = { entities: new Map<string, Seen>(), relations: new Map<string, Seen>() };
  #first: string | undefined;

  /** @param source the file that the document is from, by its name */
  see(source: string, document: Document): void {
    this.#first ??= source;
    for (const kind of KINDS) {
      for (const { label } of document[kind]) {
        count(this.#all[kind], label, source, document);
        if (source === this.#first) count(this.#training[kind], label, source, document);
      }
    }
  }

  defects(): readonly Defect[] {
    return [
      ...tags(this.#all.entities),
      ...KINDS.flatMap((kind) => [...variants(this.#all[kind], kind), ...once(this.#training[kind], kind)]),
    ];
  }
}

const KINDS = ["entities", "relations"] as const;

function count(labels: Map<string, Seen>, label: string, source: string, document: Document): void {
  const known = labels.get(label);
  if (known) known.count++;
  else labels.set(label, { count: 1, place: `${source}, document ${quote(document.id)}` });
}

/** Labels that are tags of tokens: what a pipeline gives without joining tokens to entities. */
function tags(labels: Labels): Defect[] {
  const found = [...labels].filter(([label]) => /^[BIESLUM]-./.test(label));
  const [first] = found;
  if (first === undefined || found.length < labels.size || !found.some(([label]) => label.startsWith("B-")))
    return [];
  const names = found.slice(0, ONCE_SHOWN).map(([label, { count }]) => `${quote(label)} (${count})`);
  const message = `entities: the labels are tags of tokens: ${names.join(", ")}; a model would learn every word of a name as an entity of its own`;
  return [defect("data/label-prefixes", first[1].place, message, found.length)];
}

/** Pairs of labels that are equal up to case and marks, or of which one looks like a misspelling of the other. */
function variants(labels: Labels, kind: string): Defect[] {
  const frequent = [...labels].sort(([, a], [, b]) => b.count - a.count);
  return frequent.flatMap(([rare, seen], at) => {
    const other = frequent.slice(0, at).find(([label, { count }]) => {
      if (bare(label) === bare(rare)) return true;
      return seen.count <= MOST_TYPOS && count >= RARER * seen.count && isMisspelt(rare, label);
    });
    if (other === undefined) return [];
    const message = `${kind}: ${quote(rare)} (${seen.count}) and ${quote(other[0])} (${other[1].count}) may be the same label`;
    return [defect("data/label-variants", seen.place, message, [rare, other[0]])];
  });
}

function bare(label: string): string {
  return label
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\s_./\\-]+/gu, "");
}

/** Whether two labels differ by a letter that is missing, added, replaced or exchanged with its neighbour; numbered labels differ on purpose. */
function isMisspelt(rare: string, label: string): boolean {
  if (Math.min(rare.length, label.length) < SHORTEST) return false;
  const [a, b] = [rare.toLowerCase(), label.toLowerCase()];
  if (a.replace(DIGITS, "") === b.replace(DIGITS, "")) return false;
  return isSlip(a, b);
}

function once(labels: Labels, kind: string): Defect[] {
  const total = [...labels.values()].reduce((sum, { count }) => sum + count, 0);
  if (total < LEAST_ANNOTATIONS) return [];
  const found = [...labels].filter(([, { count }]) => count === 1);
  const [first] = found;
  if (first === undefined) return [];
  const names = found.slice(0, ONCE_SHOWN).map(([label]) => quote(label));
  const rest = found.length > ONCE_SHOWN ? ` and ${found.length - ONCE_SHOWN} more` : "";
  const message = `${kind}: ${counted(found.length, "label occurs", "labels occur")} only once: ${names.join(", ")}${rest}`;
  return [defect("data/rare-label", first[1].place, message, found.length)];
}
