import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sharedWindows, windowAround } from "./shared-windows.ts";

function startsOf(lengths: readonly number[]): number[] {
  const starts = [0];
  for (const length of lengths) starts.push(starts.at(-1)! + length);
  return starts;
}

describe("sharedWindows", () => {
  it("cover every word, fit into the room, and hold any words less than a third of it apart together", () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 24, max: 60 }), fc.nat(), fc.nat(), (tokens, room, a, b) => {
        const starts = startsOf(tokens);
        const windows = sharedWindows(starts, room);
        for (const { start, end } of windows) expect(starts[end]! - starts[start]!).toBeLessThanOrEqual(room);
        expect(windows[0]!.start).toBe(0);
        expect(windows.at(-1)!.end).toBe(tokens.length);
        const [first, last] = [a % tokens.length, b % tokens.length].sort((x, y) => x - y) as [
          number,
          number,
        ];
        if (starts[last + 1]! - starts[first]! > room / 3) return;
        const window = windowAround(windows, starts, first, last + 1)!;
        expect(window.start).toBeLessThanOrEqual(first);
        expect(window.end).toBeGreaterThan(last);
      }),
    );
  });

  it("are none where a word alone has more tokens than there is room for", () => {
    expect(sharedWindows(startsOf([1, 9, 1]), 8)).toEqual([]);
    expect(windowAround([], startsOf([1, 9, 1]), 0, 1)).toBeUndefined();
  });

  it("grow linearly in number with the text", () => {
    expect(sharedWindows(startsOf(Array(1000).fill(1)), 100)).toHaveLength(19);
  });
});
