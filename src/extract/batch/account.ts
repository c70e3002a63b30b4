// Counts what a batch read, found, rejected, cut and did not see. The count continues after an interruption.
import { z } from "zod";
import { increment, labelCounts } from "../../base/label-counts.ts";
import type { Document } from "../../data/document.ts";
import { belowThresholdOf } from "../below-threshold.ts";
import type { Extraction, ShownVisual } from "../post.ts";
import type { RowFault } from "./post-rows.ts";

export const accountSchema = z.strictObject({
  /** Rows of the input: posts read, and rows rejected. */
  rows: z.int().nonnegative(),
  posts: z.int().nonnegative(),
  /** Rejected rows by code. */
  rejected: labelCounts,
  entities: z.int().nonnegative(),
  relations: z.int().nonnegative(),
  entitiesByType: labelCounts,
  relationsByLabel: labelCounts,
  /** Posts by category; empty without a category model. */
  categories: labelCounts.default(() => ({})),
  /** Entities, relations and categories that were found but are less probable than their threshold, by label. */
  belowThreshold: z
    .strictObject({
      entities: labelCounts,
      relations: labelCounts,
      categories: labelCounts.default(() => ({})),
    })
    .default(() => ({ entities: {}, relations: {}, categories: {} })),
  /** Posts, by what the models saw of their picture. */
  visual: z.strictObject({
    picture: z.int().nonnegative(),
    caption: z.int().nonnegative(),
    none: z.int().nonnegative(),
    missing: z.int().nonnegative(),
    broken: z.int().nonnegative(),
  }),
  /** Broken pictures by code. */
  brokenPictures: labelCounts,
  /** Posts by kind of note: pairs left out, texts cut, pictures that no model can see. */
  notes: labelCounts,
});

export type BatchAccount = z.output<typeof accountSchema>;

/** Returns an empty account. */
export function emptyAccount(): BatchAccount {
  return {
    rows: 0,
    posts: 0,
    rejected: {},
    entities: 0,
    relations: 0,
    entitiesByType: {},
    relationsByLabel: {},
    categories: {},
    belowThreshold: { entities: {}, relations: {}, categories: {} },
    visual: { picture: 0, caption: 0, none: 0, missing: 0, broken: 0 } satisfies Record<ShownVisual, number>,
    brokenPictures: {},
    notes: {},
  };
}

/** Counts a post that was read. */
export function countExtraction(account: BatchAccount, { entities, relations, ...rest }: Extraction): void {
  account.rows++;
  account.posts++;
  account.entities += entities.length;
  account.relations += relations.length;
  for (const { label } of entities) increment(account.entitiesByType, label);
  for (const { label } of relations) increment(account.relationsByLabel, label);
  if (rest.category) increment(account.categories, rest.category.label);
  const below = belowThresholdOf(rest.notes);
  for (const kind of ["entities", "relations", "categories"] as const) {
    for (const [label, count] of Object.entries(below?.[kind] ?? {}))
      increment(account.belowThreshold[kind], label, count);
  }
  account.visual[rest.visual]++;
  if (rest.visualError) increment(account.brokenPictures, rest.visualError.code);
  for (const code of new Set(rest.notes.map((note) => note.code))) increment(account.notes, code);
}

/** Counts a rejected row. */
export function countRejected(account: BatchAccount, { code }: RowFault): void {
  account.rows++;
  increment(account.rejected, code);
}

const PROBABILITY_DIGITS = 6;

/** Returns the document of a post: its fields, what was found in it, and under `meta.extraction` what the models saw and what was left out. */
export function extractedDocument(
  { id, text, image, meta }: Pick<Document, "id" | "text" | "image" | "meta">,
  { entities, relations, category, visual, visualError, calibrated, notes }: Extraction,
): Document {
  return {
    id,
    text,
    ...(image === undefined ? {} : { image }),
    entities: entities.map(rounded),
    relations: relations.map(rounded),
    ...(category ? { category: rounded(category) } : {}),
    meta: {
      ...meta,
      offsets: "utf-16",
      extraction: {
        visual,
        ...(visualError ? { visualError: { ...visualError } } : {}),
        calibrated,
        ...(notes.length > 0
          ? { notes: notes.map(({ code, message, value }) => ({ code, message, ...jsonValue(value) })) }
          : {}),
      },
    },
  };
}

function rounded<T extends { readonly probability?: number }>(found: T): T {
  if (found.probability === undefined) return found;
  return { ...found, probability: Number(found.probability.toFixed(PROBABILITY_DIGITS)) };
}

/** Converts a note's value to JSON. */
function jsonValue(value: unknown) {
  return value === undefined ? {} : { value: JSON.parse(JSON.stringify(value)) };
}
