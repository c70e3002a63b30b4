// The topics of posts: what they reveal, and the ceilings, computed here by enumeration of the distribution.
import { describe, expect, it } from "vitest";
import { evidence } from "./distribution.ts";
import { drawWorld } from "./generate.ts";
import { topicOf, topicTruth } from "./topics.ts";

const world = drawWorld({ train: 300, validation: 60, test: 400 });
const truth = topicTruth(world);

describe("the topics of a world", () => {
  it.each(["text", "picture", "joint"] as const)("has the ceiling of the likeliest topic by %s", (view) => {
    const masses = new Map<string, number>();
    for (const cell of world.cells) {
      const key = JSON.stringify([evidence(view, cell), topicOf(cell)]);
      masses.set(key, (masses.get(key) ?? 0) + cell.probability);
    }
    const best = new Map<string, number>();
    for (const [key, mass] of masses) {
      const [seen] = JSON.parse(key) as [string];
      best.set(seen, Math.max(best.get(seen) ?? 0, mass));
    }
    expect(truth.ceilings[view]).toBeCloseTo(
      [...best.values()].reduce((sum, mass) => sum + mass, 0),
      10,
    );
  });

  it("needs both text and picture, and neither alone decides", () => {
    const { text, picture, joint } = truth.ceilings;
    expect(joint).toBeGreaterThan(Math.max(text, picture) + 0.1);
    expect(Math.abs(text - picture)).toBeGreaterThan(0.05);
    expect(truth.splits.test.ceilings.joint).toBeCloseTo(joint, 1);
  });

  it("counts the posts of each topic", () => {
    const counted = Object.values(truth.splits.train.topics).reduce((sum, count) => sum + count, 0);
    expect([counted, Object.keys(truth.splits.train.topics).length]).toEqual([300, 6]);
  });
});
