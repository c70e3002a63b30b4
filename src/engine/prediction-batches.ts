// Divides texts into batches for prediction: of similar length, for little padding, and of about equal work.

/**
 * Tokens of a batch, padding included. With fewer, products run below their full rate; with more, activations no longer fit the cache,
 * and cores finish less evenly. From 240 to 960 tokens the time per token was the same within 3 %.
 */
const TOKENS = 512;
/** Maximum rows of a batch: matters for short texts that each have pictures. */
const ROWS = 64;

/**
 * Indices of `lengths` in batches, longest texts first. The batches depend only on the lengths.
 *
 * @param lengths tokens of each text
 */
export function predictionBatches(lengths: readonly number[]): number[][] {
  const order = lengths.map((_, i) => i).sort((a, b) => (lengths[b] as number) - (lengths[a] as number));
  const batches: number[][] = [];
  for (let start = 0; start < order.length; ) {
    const longest = Math.max(1, lengths[order[start] as number] as number);
    const rows = Math.max(1, Math.min(ROWS, Math.floor(TOKENS / longest)));
    batches.push(order.slice(start, start + rows));
    start += rows;
  }
  return batches;
}
