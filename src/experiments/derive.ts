// Derives data files for an experiment: pictures drawn from other documents, labels renamed.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../base/errors.ts";
import type { Document } from "../data/document.ts";
import { writeJsonl } from "../data/jsonl.ts";
import { readDocuments } from "../data/readers.ts";
import type { Extensions } from "../extensions/extension.ts";
import { type RandomStream, stream } from "../training/random.ts";
import type { DeriveStage } from "./stage.ts";
import { STAGE_FILES } from "./stage-commands.ts";

/** Writes the stage's documents. Rows that the reader rejects are left out, as in every run. */
export async function derive(
  { folder, made, data, seed }: DeriveStage,
  extensions: Extensions,
): Promise<void> {
  const { documents } = await readDocuments(made.file, { ...data, extensions });
  await mkdir(folder, { recursive: true });
  const derived =
    made.kind === "shuffle-images"
      ? shuffleImages(documents, seed)
      : documents.map((document) => mapLabels(document, made.labels));
  await writeJsonl(join(folder, STAGE_FILES.documents), derived);
}

/**
 * Returns the documents, each with another one's image; every image is used as often as before. Documents without
 * an image remain without.
 *
 * @throws DataError `experiment/cannot-shuffle` when one image belongs to more than half of the documents that have one.
 */
export function shuffleImages(documents: readonly Document[], seed: number): Document[] {
  const own = documents.flatMap(({ image }) => (image === undefined ? [] : [image]));
  const drawn = [...own];
  const draws = stream(seed, 0, "experiment/shuffle-images");
  for (let at = drawn.length - 1; at > 0; at--) swap(drawn, at, below(draws, at + 1));
  for (let at = 0; at < drawn.length; at++) {
    if (drawn[at] !== own[at]) continue;
    const start = below(draws, drawn.length);
    const other = ring(start, drawn.length).find((i) => drawn[i] !== own[at] && own[i] !== drawn[at]);
    if (other === undefined) throw cannotShuffle(own[at] ?? "");
    swap(drawn, at, other);
  }
  let next = 0;
  return documents.map(
    (document) => (document.image === undefined ? document : { ...document, image: drawn[next++] as string }), // one per image
  );
}

function below(draws: RandomStream, bound: number): number {
  return Math.min(bound - 1, Math.floor(draws.uniform() * bound));
}

function swap<T>(list: T[], a: number, b: number): void {
  [list[a], list[b]] = [list[b] as T, list[a] as T]; // both are indices of the list
}

/** All indices of a list once, starting at `start`. */
function ring(start: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => (start + i) % size);
}

function cannotShuffle(image: string): DataError {
  return new DataError({
    code: "experiment/cannot-shuffle",
    message: `too many documents have the image "${image}" to give each of them another one`,
    value: image,
    remedy: "Use documents with a greater variety of pictures.",
  });
}

/**
 * Returns the document with every label replaced by its shared name; labels outside the map are kept. A label mapped to `null` removes its
 * entities and their relations, or its relation. Entities or relations that have become equal are kept once.
 */
export function mapLabels(document: Document, labels: Readonly<Record<string, string | null>>): Document {
  const shared = (label: string) => (Object.hasOwn(labels, label) ? (labels[label] ?? null) : label);
  const position = new Map<number, number>(); // of an entity before -> after
  const entities: Document["entities"][number][] = [];
  const seen = new Map<string, number>();
  for (const [i, entity] of document.entities.entries()) {
    const label = shared(entity.label);
    if (label === null) continue;
    const key = `${entity.start} ${entity.end} ${label}`;
    const known = seen.get(key) ?? entities.push({ ...entity, label }) - 1;
    seen.set(key, known);
    position.set(i, known);
  }
  const relations = new Map<string, Document["relations"][number]>();
  for (const relation of document.relations) {
    const [head, tail] = [position.get(relation.head), position.get(relation.tail)];
    const label = shared(relation.label);
    if (head === undefined || tail === undefined || head === tail || label === null) continue;
    const key = `${head} ${tail} ${label}`;
    if (!relations.has(key)) relations.set(key, { ...relation, head, tail, label });
  }
  return { ...document, entities, relations: [...relations.values()] };
}
