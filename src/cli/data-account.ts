// What was used of a data file, in words: one line of counts, and one line for each of the first pictures that cannot be read.
import type { DataAccount } from "../experiments/relation-runs.ts";

const MAX_PICTURES_SHOWN = 3; // enough to see what kind of fault it is; --json has all of them

export function describeAccount(account: DataAccount): string {
  const { documents, examples, truncated, withoutVisual, brokenPictures, unknownRelations } = account;
  const counts = [
    `${examples} examples from ${documents.accepted} documents`,
    ...(documents.rejected > 0 ? [`${documents.rejected} rows rejected (relata validate lists them)`] : []),
    ...(truncated > 0 ? [`${truncated} cut to the greatest length`] : []),
    ...(withoutVisual > 0 ? [`${withoutVisual} without a usable picture or caption`] : []),
    ...(brokenPictures.length > 0 ? [`${brokenPictures.length} broken picture files`] : []),
    ...Object.entries(unknownRelations).map(([label, count]) => `${count} of the unknown relation ${label}`),
  ].join(", ");
  const shown = brokenPictures
    .slice(0, MAX_PICTURES_SHOWN)
    .map(({ image, code, message }) => `  ${image}: [${code}] ${message}`);
  const rest = brokenPictures.length - shown.length;
  return [counts, ...shown, ...(rest > 0 ? [`  and ${rest} more (--json lists all)`] : [])].join("\n");
}
