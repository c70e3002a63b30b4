// Windows of a text that is too long for one sequence: few enough to be shared by many pairs of mentions, with room around each.

/** Half-open range of words. */
export interface WordWindow {
  readonly start: number;
  readonly end: number;
}

/**
 * Windows of at most `room` tokens over words of the given lengths, each beginning half a window after the last, so that any two mentions less
 * than half a window apart are together in one. Empty if a word alone has more tokens than there is room for.
 *
 * @param starts number of tokens before each word, and after the last
 */
export function sharedWindows(starts: readonly number[], room: number): readonly WordWindow[] {
  const words = starts.length - 1;
  const windows: WordWindow[] = [];
  for (let start = 0; start < words; ) {
    let end = start;
    while (end < words && starts[end + 1]! - starts[start]! <= room) end++;
    if (end === start) return [];
    windows.push({ start, end });
    if (end === words) return windows;
    let next = start + 1;
    while (next < end && starts[next]! - starts[start]! < room / 2) next++;
    start = next;
  }
  return windows;
}

/** The window with most tokens on the shorter side of the words from `first` to `last`, exclusive; undefined if none contains them. */
export function windowAround(
  windows: readonly WordWindow[],
  starts: readonly number[],
  first: number,
  last: number,
): WordWindow | undefined {
  let best: WordWindow | undefined;
  let most = -1;
  for (const window of windows) {
    const { start, end } = window;
    if (start > first || end < last) continue;
    // Nothing is cut at the ends of the text.
    const before = start === 0 ? Number.POSITIVE_INFINITY : starts[first]! - starts[start]!;
    const after = end === starts.length - 1 ? Number.POSITIVE_INFINITY : starts[end]! - starts[last]!;
    const least = Math.min(before, after);
    if (least > most) [best, most] = [window, least];
  }
  return best;
}
