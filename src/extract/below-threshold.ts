// Separates what is probable enough to be reported from the rest, which is counted by label.
import { counted } from "../base/counted.ts";
import { increment } from "../base/label-counts.ts";
import { type Thresholds, thresholdOf } from "../evaluation/thresholds.ts";
import type { ExtractionNote } from "./post.ts";

const CODE = "extract/below-threshold";

/** The lowest probability at which a label is reported. */
export type Threshold = (label: string) => number;

/** What was found in a post and not reported, by label. */
export interface BelowThreshold {
  readonly entities: Readonly<Record<string, number>>;
  readonly relations: Readonly<Record<string, number>>;
  /** At most one; absent without a category model. */
  readonly categories?: Readonly<Record<string, number>>;
}

/** Returns a model's own thresholds, or the given one in place of them; everything is reported without either. */
export function thresholdFor(
  own: Thresholds | undefined,
  { threshold, thresholds }: { readonly threshold?: number | undefined; readonly thresholds: boolean },
): Threshold {
  if (threshold !== undefined) return () => threshold;
  return own && thresholds ? (label) => thresholdOf(own, label) : () => 0;
}

/** Returns the reported ones in their order, and how many others there are of each label. */
export function reportedOf<One extends { readonly label: string; readonly probability?: number }>(
  found: readonly One[],
  threshold: Threshold,
): { readonly reported: readonly One[]; readonly below: Readonly<Record<string, number>> } {
  const below: Record<string, number> = {};
  const reported = found.filter(({ label, probability = 1 }) => {
    if (probability >= threshold(label)) return true;
    increment(below, label);
    return false;
  });
  return { reported, below };
}

/** The note about what was not reported; none if everything was. */
export function belowThresholdNotes(below: BelowThreshold): readonly ExtractionNote[] {
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((total, count) => total + count, 0);
  const [entities, relations] = [sum(below.entities), sum(below.relations)];
  const categories = sum(below.categories ?? {});
  const parts = [
    ...(entities > 0 ? [counted(entities, "entity", "entities")] : []),
    ...(relations > 0 ? [counted(relations, "relation")] : []),
    ...(categories > 0 ? ["the category"] : []),
  ];
  if (parts.length === 0) return [];
  return [
    {
      code: CODE,
      message: `${parts.join(" and ")} not reported: less probable than the threshold`,
      value: below,
    },
  ];
}

/** Returns the counts in a result's notes; undefined if everything was reported. */
export function belowThresholdOf(notes: readonly ExtractionNote[]): BelowThreshold | undefined {
  return notes.find(({ code }) => code === CODE)?.value as BelowThreshold | undefined; // as written above
}
