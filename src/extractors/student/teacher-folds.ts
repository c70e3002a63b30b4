// Which examples teach and which are scored: folds, and two halves of the other folds where two teachers must not share an example.
import { documentClusters } from "../../data/document-clusters.ts";
import { stream } from "../../training/random.ts";
import type { StudentSet } from "./prepare-students.ts";

/** A group per example, equal for examples with the same real text or picture. */
export function realViewKeys(
  { documents, examples, instanceOf }: Pick<StudentSet, "documents" | "examples" | "instanceOf">,
  real: "text" | "picture",
): string[] {
  const document = new Map(documents.map((one) => [one.id, one]));
  return examples.map(({ id }) => {
    const instance = instanceOf.get(id)!;
    const owner = document.get(instance) ?? document.get(instance.replace(/#\d+$/, ""));
    return (real === "text" ? owner?.text : owner?.image) ?? instance;
  });
}

/** A fold per example: the same teacher scores all examples of a group. */
export function foldsOf(keys: readonly string[], folds: number, seed: number): number[] {
  const partOf = parts(keys, folds, stream(seed, 0, "teacher-folds"));
  return keys.map((key) => partOf.get(key)!);
}

/** Divides the examples that are not of `fold`: half of their groups teach one teacher, the others the second. Undefined for those of the fold. */
export function halvesOf(
  keys: readonly string[],
  folds: readonly number[],
  fold: number,
  seed: number,
): (0 | 1 | undefined)[] {
  const others = keys.filter((_, i) => folds[i] !== fold);
  const partOf = parts(others, 2, stream(seed, fold, "teacher-halves"));
  return keys.map((key, i) => (folds[i] === fold ? undefined : partOf.get(key) === 0 ? 0 : 1));
}

/** Deals the distinct keys to `count` parts of nearly the same size. */
function parts(
  keys: readonly string[],
  count: number,
  random: ReturnType<typeof stream>,
): Map<string, number> {
  const groups = [...new Set(keys)];
  const order = [...random.permutation(groups.length)];
  return new Map(order.map((group, position) => [groups[group]!, position % count]));
}

/** A number by example, equal for examples of documents that share a text or a picture, directly or through others. */
export function clustersOf({
  documents,
  examples,
  instanceOf,
}: Pick<StudentSet, "documents" | "examples"> & Partial<Pick<StudentSet, "instanceOf">>): Map<
  string,
  number
> {
  const clusters = documentClusters(documents);
  const byDocument = new Map(documents.map(({ id }, i) => [id, clusters[i]!]));
  const inOrder = documents.flatMap(({ relations }, i) => relations.map(() => clusters[i]!));
  return new Map(
    examples.map(({ id }, i) => {
      const instance = instanceOf?.get(id);
      const cluster = instance === undefined ? undefined : byDocument.get(instance);
      return [id, cluster ?? inOrder[i]!]; // an instance is a document, or one of its relations, which have one example each
    }),
  );
}
