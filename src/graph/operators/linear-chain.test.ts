import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../engine/index.ts";
import { chainLogPartition, hostTensor, input, serialize } from "../index.ts";

const TAGS = 3;
const LENGTH = 4;
// Numbers without pattern; what matters is that all sequences can be counted by hand.
const emissions = Array.from({ length: 2 * LENGTH * TAGS }, (_, i) => Math.sin(3 * i + 1));
const start = [0.3, -0.2, 0.5];
const end = [-0.1, 0.4, 0.2];
const transitions = [0.1, -0.4, 0.2, 0.6, 0.3, -0.5, -0.2, 0.7, 0];

/** log of the sum over all tag sequences of `length` positions, one by one. */
function byEnumeration(row: number, length: number): number {
  let total = 0;
  for (let code = 0; code < TAGS ** length; code++) {
    const tags = Array.from({ length }, (_, t) => Math.floor(code / TAGS ** t) % TAGS);
    let score = start[tags[0]!]! + end[tags.at(-1)!]!;
    tags.forEach((tag, t) => {
      score += emissions[(row * LENGTH + t) * TAGS + tag]!;
      if (t > 0) score += transitions[tags[t - 1]! * TAGS + tag]!;
    });
    total += Math.exp(score);
  }
  return Math.log(total);
}

describe("chainLogPartition", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await Runtime.open({ threads: 1 });
  });
  afterAll(() => runtime.dispose());

  it("equals the sum over all tag sequences of the unmasked positions", async () => {
    const tensors = {
      emissions: hostTensor("float32", [2, LENGTH, TAGS], emissions),
      mask: hostTensor("float32", [2, LENGTH], [1, 1, 1, 1, 1, 1, 0, 0]),
      start: hostTensor("float32", [TAGS], start),
      end: hostTensor("float32", [TAGS], end),
      transitions: hostTensor("float32", [TAGS, TAGS], transitions),
    };
    const result = chainLogPartition(
      input("emissions", "float32", ["batch", "length", TAGS]),
      input("mask", "float32", ["batch", "length"]),
      input("start", "float32", [TAGS]),
      input("end", "float32", [TAGS]),
      input("transitions", "float32", [TAGS, TAGS]),
    );
    await using session = await runtime.createSession(serialize({ result }).bytes);
    const { data } = (await session.run(tensors)).result!;
    expect(data[0]).toBeCloseTo(byEnumeration(0, 4), 5);
    expect(data[1]).toBeCloseTo(byEnumeration(1, 2), 5);
  });
});
