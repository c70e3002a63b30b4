// Derives a schema from labelled documents: labels by frequency with typical mentions, the types each relation joins, and how repeated mentions are marked.
import type { Document } from "../data/document.ts";
import { NONE_LABEL } from "../data/labels.ts";
import { namesOfNone } from "../data/none-label.ts";
import { MentionFinder } from "./find-mention.ts";
import type { AnnotationSchemaInput } from "./schema.ts";

const TYPICAL_MENTIONS = 5;
const LONGEST_TYPICAL = 60;

/** A schema from labelled documents; undefined if none has an entity. Descriptions are typical mentions, to be replaced by rules. */
export function deriveSchema(documents: readonly Document[]): AnnotationSchemaInput | undefined {
  const mentions = new Map<string, Map<string, number>>();
  const pairs = new Map<
    string,
    { count: number; heads: Set<string>; tails: Set<string>; pairs: Map<string, number> }
  >();
  let overlapping = 0;
  const repeated = { marked: 0, unmarked: 0 };
  const names = new Set(documents.flatMap(({ relations }) => relations.map(({ label }) => label)));
  const none = new Set([NONE_LABEL, ...namesOfNone(names)]);
  for (const document of documents) {
    const { text, entities, relations } = document;
    for (const { start, end, label } of entities) add(mentions, label, text.slice(start, end));
    const sorted = [...entities].sort((a, b) => a.start - b.start);
    if (sorted.some((one, i) => i > 0 && one.start < (sorted[i - 1]?.end ?? 0))) overlapping++;
    countRepeated(document, repeated);
    for (const { head, tail, label } of relations) {
      const [from, to] = [entities[head], entities[tail]];
      if (none.has(label) || from === undefined || to === undefined) continue;
      const known = pairs.get(label) ?? { count: 0, heads: new Set(), tails: new Set(), pairs: new Map() };
      known.count++;
      known.heads.add(from.label);
      known.tails.add(to.label);
      const pair = `${text.slice(from.start, from.end)} -> ${text.slice(to.start, to.end)}`;
      known.pairs.set(pair, (known.pairs.get(pair) ?? 0) + 1);
      pairs.set(label, known);
    }
  }
  if (mentions.size === 0) return undefined;
  const byCount = [...mentions].sort((a, b) => sum(b[1]) - sum(a[1]) || (a[0] < b[0] ? -1 : 1));
  const relations = [...pairs].sort((a, b) => b[1].count - a[1].count || (a[0] < b[0] ? -1 : 1));
  return {
    entities: Object.fromEntries(byCount.map(([label, texts]) => [label, { description: typical(texts) }])),
    ...(relations.length === 0
      ? {}
      : {
          relations: Object.fromEntries(
            relations.map(([label, { heads, tails, pairs: shown }]) => [
              label,
              { description: typical(shown), head: [...heads].sort(), tail: [...tails].sort() },
            ]),
          ),
        }),
    overlaps: overlapping > 0 ? "keep" : "resolve",
    repeated: repeated.marked >= repeated.unmarked ? "all" : "first",
  };
}

/** How many further occurrences of marked mentions are marked, too. */
function countRepeated({ text, entities }: Document, repeated: { marked: number; unmarked: number }): void {
  const finder = new MentionFinder(text);
  for (const mention of new Set(entities.map(({ start, end }) => text.slice(start, end)))) {
    const places = finder.find(mention)[0]?.places ?? [];
    if (places.length < 2) continue;
    const marked = places.filter(({ start, end }) =>
      entities.some((one) => one.start === start && one.end === end),
    );
    repeated.marked += Math.max(0, marked.length - 1);
    repeated.unmarked += places.length - Math.max(1, marked.length);
  }
}

function add(table: Map<string, Map<string, number>>, label: string, text: string): void {
  const texts = table.get(label) ?? new Map<string, number>();
  texts.set(text, (texts.get(text) ?? 0) + 1);
  table.set(label, texts);
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

function typical(texts: ReadonlyMap<string, number>): string {
  const short = [...texts].filter(([text]) => text.length <= LONGEST_TYPICAL);
  short.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const shown = short.slice(0, TYPICAL_MENTIONS).map(([text]) => text);
  return shown.length === 0 ? "" : `for example: ${shown.join("; ")}`;
}

/** A schema to begin with when there are no labelled documents. */
export const STARTER_SCHEMA: AnnotationSchemaInput = {
  entities: {
    person: { description: "the name of a real person or of a character; not a pronoun, not a job" },
    place: { description: "a city, country, region, street or building, if it is named as a place" },
    organisation: { description: "a company, team, party or institution" },
  },
  relations: {
    works_for: {
      description: "the head is employed by the tail, or plays for it",
      head: ["person"],
      tail: ["organisation"],
    },
    lives_in: {
      description: "the head's home is in the tail; a visit is not enough",
      head: ["person"],
      tail: ["place"],
    },
  },
  guidelines: "Do not mark user names that begin with @. Mark a hashtag's words without the #.",
  examples: [
    {
      text: "Ada Novak of Lumen Labs moved to Penrose",
      entities: [
        { text: "Ada Novak", label: "person" },
        { text: "Lumen Labs", label: "organisation" },
        { text: "Penrose", label: "place" },
      ],
      relations: [
        { head: 0, tail: 1, label: "works_for" },
        { head: 0, tail: 2, label: "lives_in" },
      ],
    },
  ],
  overlaps: "resolve",
  repeated: "all",
};
