// A text as blocks between white space. A mention, and whatever is written together with it, is one block.
import type { TextSpan } from "../view.ts";

/** A run of characters without white space, or a mention with what is attached to it. */
export interface Block {
  readonly text: string;
  /** The word in it without punctuation around; undefined for punctuation alone and for blocks with mentions. */
  readonly word: string | undefined;
  /** The white space that follows. */
  readonly after: string;
  /** Mentions in the block, with their start in it. */
  readonly mentions: readonly { readonly index: number; readonly start: number; readonly length: number }[];
}

const WORD = /[\p{L}\p{N}](?:\S*[\p{L}\p{N}\p{M}])?/u;

/** The blocks of a text; white space before the first is dropped. */
export function blocksOf(text: string, mentions: readonly TextSpan[]): Block[] {
  const runs = Array.from(text.matchAll(/\S+/gu), ({ 0: { length }, index }) => ({
    start: index,
    end: index + length,
  }));
  const joined: { start: number; end: number }[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    const split =
      last !== undefined && mentions.every(({ start, end }) => start >= run.start || end <= last.end);
    if (last === undefined || split) joined.push({ ...run });
    else last.end = run.end; // a mention reaches over the white space between
  }
  return joined.map(({ start, end }, i) => {
    const within = mentions.flatMap((mention, index) =>
      mention.start < end && mention.end > start
        ? [{ index, start: mention.start - start, length: mention.end - mention.start }]
        : [],
    );
    const own = text.slice(start, end);
    return {
      text: own,
      word: within.length > 0 ? undefined : WORD.exec(own)?.[0],
      after: text.slice(end, joined[i + 1]?.start ?? end),
      mentions: within,
    };
  });
}

/** The text of the blocks, and where its mentions are now. */
export function joinBlocks(
  blocks: readonly Block[],
  count: number,
): { readonly text: string; readonly mentions: readonly TextSpan[] } {
  const mentions = new Array<TextSpan>(count);
  let text = "";
  for (const [i, block] of blocks.entries()) {
    for (const { index, start, length } of block.mentions)
      mentions[index] = { start: text.length + start, end: text.length + start + length };
    text += block.text + (i === blocks.length - 1 ? "" : block.after || " ");
  }
  return { text, mentions };
}
