// Describes a data set for the run folder: a content fingerprint and statistics.
import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import { openRegularFile } from "../base/regular-file.ts";
import type { Document, JsonValue } from "./document.ts";
import { cannotRead, cannotReadFile } from "./lines.ts";
import { tokensOf } from "./tokens.ts";

/** Smallest, mean and largest value; all 0 for an empty data set. */
export interface ValueRange {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

/** Counts over a set of documents. */
export interface DocumentStatistics {
  readonly documents: number;
  readonly withoutImage: number;
  /** Distinct image names. */
  readonly images: number;
  /** Distinct texts. */
  readonly texts: number;
  /** UTF-16 code units per document. */
  readonly characters: ValueRange;
  readonly tokens: ValueRange;
  /** Entities by label, commonest first. */
  readonly entities: Readonly<Record<string, number>>;
  /** Relations by label, commonest first. */
  readonly relations: Readonly<Record<string, number>>;
  /** Documents by category, commonest first; absent if none has one. */
  readonly categories?: Readonly<Record<string, number>>;
}

/**
 * sha256 over all documents in order, in hexadecimal. It depends only on the content: not on the path or format of the documents, nor on
 * the order of keys.
 */
export function fingerprintDocuments(documents: Iterable<Document>): string {
  const hash = createHash("sha256");
  for (const document of documents) hash.update(`${canonicalJson(document as unknown as JsonValue)}\n`);
  return hash.digest("hex");
}

/** sha256 of a file's bytes, in hexadecimal. @throws DataError `data/cannot-read`. */
export async function fingerprintFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await openRegularFile(path, cannotReadFile(path));
  try {
    await pipeline(file.createReadStream(), hash);
  } catch (error) {
    throw cannotRead(path, error);
  }
  return hash.digest("hex");
}

/** Counts over documents. */
export function documentStatistics(documents: readonly Document[]): DocumentStatistics {
  const categories = documents.flatMap(({ category }) => category ?? []);
  const images = documents.flatMap(({ image }) => (image === undefined ? [] : [image]));
  return {
    documents: documents.length,
    withoutImage: documents.length - images.length,
    images: new Set(images).size,
    texts: new Set(documents.map(({ text }) => text)).size,
    characters: rangeOf(documents.map(({ text }) => text.length)),
    tokens: rangeOf(documents.map((document) => tokensOf(document).length)),
    entities: countLabels(documents.flatMap(({ entities }) => entities)),
    relations: countLabels(documents.flatMap(({ relations }) => relations)),
    ...(categories.length > 0 ? { categories: countLabels(categories) } : {}),
  };
}

function rangeOf(values: readonly number[]): ValueRange {
  if (values.length === 0) return { min: 0, mean: 0, max: 0 };
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return { min, mean: sum / values.length, max };
}

function countLabels(labelled: readonly { readonly label: string }[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { label } of labelled) counts.set(label, (counts.get(label) ?? 0) + 1);
  const byCount = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return Object.fromEntries(byCount);
}

/** JSON with sorted keys and without undefined ones. */
function canonicalJson(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, inner]) => inner !== undefined);
    fields.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${fields.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}
