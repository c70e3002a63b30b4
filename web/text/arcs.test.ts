// Arcs above a text: no two overlap on one level, all are inside the box, lines are joined along the margin.
import { describe, expect, it } from "vitest";
import { FIRST_LEVEL, GUTTER, LEVEL_HEIGHT, layoutArcs } from "./arcs.ts";

const at = (left: number, top = 50) => ({ left, right: left + 40, top });

describe("arcs of relations", () => {
  it("draws one relation above the line, with its label in the middle", () => {
    const { arcs, levels } = layoutArcs([at(0), at(200)], [{ head: 0, tail: 1, width: 50 }], 400);
    expect(levels).toBe(1);
    expect(arcs[0]?.label).toEqual({ x: 120, y: 50 - 1 - FIRST_LEVEL });
    expect(arcs[0]?.path.startsWith("M20 49")).toBe(true);
  });

  it("puts an arc over another one a level higher, and neighbours on the same level", () => {
    const anchors = [at(0), at(100), at(300), at(400)];
    const over = layoutArcs(
      anchors,
      [
        { head: 0, tail: 3, width: 30 },
        { head: 0, tail: 1, width: 30 },
        { head: 2, tail: 3, width: 30 },
      ],
      600,
    );
    expect(over.levels).toBe(2);
    const heights = new Map(over.arcs.map(({ index, label }) => [index, label.y]));
    expect(heights.get(1)).toBe(heights.get(2));
    expect((heights.get(1) ?? 0) - (heights.get(0) ?? 0)).toBe(LEVEL_HEIGHT);
  });

  it("leads an arc between two lines along the left margin", () => {
    const { arcs } = layoutArcs([at(300, 50), at(100, 120)], [{ head: 0, tail: 1, width: 40 }], 500);
    const xs = [...(arcs[0]?.path ?? "").matchAll(/[ML ](-?[\d.]+) [\d.]+/g)].map(([, x]) => Number(x));
    expect(Math.min(...xs)).toBeLessThan(0);
    expect(Math.min(...xs)).toBeGreaterThanOrEqual(-GUTTER);
  });

  it("leaves out relations of a mention with itself, and those without a mention", () => {
    const links = [
      { head: 0, tail: 0, width: 10 },
      { head: 0, tail: 7, width: 10 },
    ];
    expect(layoutArcs([at(0), at(80)], links, 400)).toEqual({ arcs: [], levels: 0 });
  });

  it("keeps labels inside a narrow box", () => {
    const { arcs } = layoutArcs([at(0), at(60)], [{ head: 0, tail: 1, width: 160 }], 200);
    const x = arcs[0]?.label.x ?? 0;
    expect(x - 80).toBeGreaterThanOrEqual(-GUTTER);
    expect(x + 80).toBeLessThanOrEqual(200);
  });
});
