// Says what an extraction read and found, in lines for people.
import { counted } from "../base/counted.ts";
import { type OffsetUnit, UNIT_NAMES } from "../data/offset-units.ts";
import type { BatchAccount } from "../extract/batch/account.ts";
import type { PostSource } from "../extract/batch/post-rows.ts";

/** What the lines need beside the account. */
export interface ExtractionFacts {
  readonly source: PostSource;
  readonly out: string | undefined;
  /** What the offsets in the output count. */
  readonly offsets: OffsetUnit;
  /** Rows done by an earlier run. */
  readonly resumedRows?: number | undefined;
}

/** The account of an extraction, a line for each kind of count. */
export function describeAccount(
  account: BatchAccount,
  { source, out, offsets, resumedRows = 0 }: ExtractionFacts,
): string[] {
  const { rows, posts, rejected, entities, relations, visual, brokenPictures, notes } = account;
  const rejections = Object.values(rejected).reduce((sum, count) => sum + count, 0);
  return [
    `${counted(posts, "post")} of ${counted(rows, source.counts)}${resumedRows > 0 ? ` (${resumedRows} done before)` : ""}: ${counted(entities, "entity", "entities")}, ${counted(relations, "relation")}`,
    ...(entities > 0 ? [`entities: ${list(account.entitiesByType)}`] : []),
    ...(relations > 0 ? [`relations: ${list(account.relationsByLabel)}`] : []),
    ...(Object.keys(account.categories).length > 0 ? [`categories: ${list(account.categories)}`] : []),
    ...(entities > 0 ? [`offsets: ${UNIT_NAMES[offsets]}`] : []),
    ...describeBelow(account.belowThreshold),
    `pictures: ${list(visual)}${visual.broken > 0 ? ` (${list(brokenPictures)})` : ""}`,
    ...(Object.keys(notes).length > 0 ? [`posts with notes: ${list(notes)}`] : []),
    ...(rejections > 0
      ? [`rejected: ${list(rejected)}${out === undefined ? "" : `, listed in ${out}.rejected.jsonl`}`]
      : []),
  ];
}

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}

/** What was found and not reported. */
function describeBelow({ entities, relations, categories }: BatchAccount["belowThreshold"]): string[] {
  const below = [entities, relations, categories].flatMap((counts) => Object.entries(counts));
  if (below.length === 0) return [];
  return [
    `below their threshold, not reported: ${below.map(([label, count]) => `${label} ${count}`).join(", ")}`,
  ];
}
