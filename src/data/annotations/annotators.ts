// Whose annotations of a text are read where several people annotated it.
import { counted } from "../../base/counted.ts";
import { type Annotations, defect, leavingOut, quote } from "../defects.ts";
import type { AnnotatorPolicy } from "../document-format.ts";
import type { AnnotationSet } from "./annotation-set.ts";

/** The sets that become documents, with what was found and left out for each. */
export function chosenSets(
  sets: readonly AnnotationSet[],
  policy: AnnotatorPolicy,
  place: string,
): readonly AnnotationSet[] {
  const [first] = sets;
  if (first === undefined || sets.length === 1 || policy === "all") return sets;
  if (policy === "agreement") return [agreedSet(sets, place)];
  const chosen =
    policy === "newest"
      ? sets.reduce((newest, set) => (isLater(set, newest) ? set : newest))
      : (sets.find(({ trusted }) => trusted) ?? first);
  const others = sets.filter((set) => set !== chosen);
  const left = sum(others.map(({ found }) => found));
  const who = others.map(({ annotator }) => quote(annotator)).join(", ");
  const message = `annotated ${sets.length} times: the annotations of ${quote(chosen.annotator)} are read; those of ${who} (${shown(left)}) are left out`;
  const why = leavingOut(defect("data/other-annotators", place, message), left);
  return [{ ...chosen, found: sum([chosen.found, left]), defects: [...chosen.defects, why] }];
}

function isLater(a: AnnotationSet, b: AnnotationSet): boolean {
  return typeof a.changed === typeof b.changed && a.changed > b.changed;
}

/** What all annotators agree on: equal spans and labels, and relations between equal entities. */
function agreedSet(sets: readonly AnnotationSet[], place: string): AnnotationSet {
  const [first, ...others] = sets as readonly [AnnotationSet, ...AnnotationSet[]]; // two or more
  const inAll = (key: string, keysOf: (set: AnnotationSet) => readonly string[]) =>
    others.every((set) => keysOf(set).includes(key));
  const kept = entityKeys(first).flatMap((key, i, keys) =>
    inAll(key, entityKeys) && keys.indexOf(key) === i ? [i] : [],
  );
  const relations = first.relations.filter((relation, i) => {
    const key = relationKeys(first)[i] ?? "";
    return (
      kept.includes(relation.head) &&
      kept.includes(relation.tail) &&
      inAll(key, relationKeys) &&
      relationKeys(first).indexOf(key) === i
    );
  });
  const entities = kept.flatMap((i) => first.entities[i] ?? []);
  const agreed = { entities: entities.length, relations: relations.length };
  const own = sum(first.defects.flatMap(({ leftOut }) => leftOut ?? []));
  const repeated = { entities: agreed.entities * others.length, relations: agreed.relations * others.length };
  const all = sum(sets.map(({ found }) => found));
  const rest = {
    entities: all.entities - own.entities - agreed.entities - repeated.entities,
    relations: all.relations - own.relations - agreed.relations - repeated.relations,
  };
  const names = others.map(({ annotator }) => quote(annotator)).join(", ");
  const same = `the same annotations of ${names} (${shown(repeated)}) are left out`;
  const differing = `not all ${sets.length} annotators agree on ${shown(rest)}, which are left out`;
  return {
    ...first,
    annotator: "agreement",
    found: all,
    defects: [
      ...first.defects,
      ...(isNone(repeated) ? [] : [leavingOut(defect("data/other-annotators", place, same), repeated)]),
      ...(isNone(rest) ? [] : [leavingOut(defect("data/no-agreement", place, differing), rest)]),
    ],
    category: others.every(({ category }) => category === first.category) ? first.category : undefined,
    entities,
    relations: relations.map(({ head, tail, label }) => ({
      head: kept.indexOf(head),
      tail: kept.indexOf(tail),
      label,
    })),
  };
}

function entityKey({ entities }: AnnotationSet, i: number): string {
  const { start, end, label } = entities[i] ?? {};
  return `${start} ${end} ${label}`;
}

function entityKeys(set: AnnotationSet): string[] {
  return set.entities.map((_, i) => entityKey(set, i));
}

function relationKeys(set: AnnotationSet): string[] {
  return set.relations.map(({ head, tail, label }) =>
    [entityKey(set, head), entityKey(set, tail), label].join("\n"),
  );
}

function isNone({ entities, relations }: Annotations): boolean {
  return entities + relations === 0;
}

/** What was read of a set: what is in it and was not left out. */
export function readOf({ entities, relations }: AnnotationSet): Annotations {
  return { entities: entities.length, relations: relations.length };
}

/** The sum of numbers of annotations. */
export function sum(counts: readonly Annotations[]): Annotations {
  return {
    entities: counts.reduce((total, one) => total + one.entities, 0),
    relations: counts.reduce((total, one) => total + one.relations, 0),
  };
}

/** Numbers of annotations in words. */
export function shown({ entities, relations }: Annotations): string {
  return `${counted(entities, "entity", "entities")} and ${counted(relations, "relation")}`;
}
