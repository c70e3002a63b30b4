// Groups documents that depend on each other, for splits and resamples: those with the same text or the same picture.

import { comparableText } from "./comparable-text.ts";
import type { Document } from "./document.ts";

type Posted = Pick<Document, "text" | "image">;

/**
 * Returns a number for each document, equal for documents connected by shared texts or pictures, directly or through others. If one cluster
 * would contain more than half of the documents (a few pictures that all posts share), pictures are ignored.
 *
 * @example
 * import { documentClusters } from "relata/data";
 *
 * documentClusters([{ text: "Ada met Bo", image: "1.jpg" }, { text: "at the pier", image: "1.jpg" }]); // [0, 0]
 */
export function documentClusters(documents: readonly Posted[]): number[] {
  const textOf = ({ text }: Posted) => `text ${comparableText(text)}`;
  const both = components(
    documents.map((one) => [textOf(one), ...(one.image === undefined ? [] : [`image ${one.image}`])]),
  );
  const sizes = new Map<number, number>();
  for (const cluster of both) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  const largest = Math.max(0, ...sizes.values());
  return largest > documents.length / 2 && sizes.size > 0
    ? components(documents.map((one) => [textOf(one)]))
    : both;
}

/** Returns, for each, the smallest index connected to it by common keys. */
function components(keys: readonly (readonly string[])[]): number[] {
  const parent = keys.map((_, i) => i);
  const rootOf = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root]!;
    for (let at = i; at !== root; ) [at, parent[at]] = [parent[at]!, root];
    return root;
  };
  const first = new Map<string, number>();
  for (const [i, own] of keys.entries()) {
    for (const key of own) {
      const known = first.get(key);
      if (known === undefined) {
        first.set(key, i);
        continue;
      }
      const [a, b] = [rootOf(known), rootOf(i)];
      parent[Math.max(a, b)] = Math.min(a, b);
    }
  }
  return keys.map((_, i) => rootOf(i));
}
