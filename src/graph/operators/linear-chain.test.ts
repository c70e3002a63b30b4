import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../engine/runtime.ts";
import { gradients } from "../gradients.ts";
import { hostTensor } from "../host-tensor.ts";
import { serialize } from "../serialize.ts";
import { input, type Tensor } from "../tensor.ts";
import { SPELLINGS } from "../testing/check-gradients.ts";
import { reduceSum } from "./broadcasting.ts";
import { chainLogPartition } from "./linear-chain.ts";

const TAGS = 3;
const LENGTH = 4;
// Irregular numbers, few enough to enumerate all sequences.
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

  // Emissions like those of a tagger after a few steps at a high learning rate; some rows end early, one after a single position.
  const far = { tags: 6, batch: 3 };
  for (const length of [1, 2, 40]) {
    for (const scale of [1, 1000, 1e4]) {
      it(`has finite and right gradients at emissions of +-${scale} and ${length} positions`, async () => {
        const lengths = [length, Math.ceil(length / 2), 1];
        const chain = randomChain(far.tags, scale);
        const emissions = waves(far.batch * length * far.tags, scale, 3);
        const tensors = {
          emissions: hostTensor("float32", [far.batch, length, far.tags], emissions),
          mask: hostTensor(
            "float32",
            [far.batch, length],
            lengths.flatMap((own) => Array.from({ length }, (_, t) => (t < own ? 1 : 0))),
          ),
          start: hostTensor("float32", [far.tags], chain.start),
          end: hostTensor("float32", [far.tags], chain.end),
          transitions: hostTensor("float32", [far.tags, far.tags], chain.transitions),
        };
        const inputs = Object.entries(tensors).map(([name, { shape }]) => input(name, "float32", shape));
        const [e, m, s, t, r] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
        const result = chainLogPartition(e, m, s, t, r);
        const [forE, forS, forT, forR] = gradients(reduceSum(result), [e, s, t, r]) as [
          ...[Tensor, Tensor, Tensor, Tensor],
        ];
        const graph = { result, forEmissions: forE, forStart: forS, forEnd: forT, forTransitions: forR };
        const wanted = inDoublePrecision(emissions, lengths, length, chain);
        for (const spelling of SPELLINGS) {
          await using session = await runtime.createSession(serialize(graph, { spelling }).bytes);
          const found = await session.run(tensors);
          for (const [name, values] of Object.entries(wanted)) {
            const largest = Math.max(1, ...values.map(Math.abs));
            for (const [i, value] of values.entries()) {
              expect(Math.abs(Number(found[name]!.data[i]) - value), `${spelling} ${name} ${i}`).toBeLessThan(
                1e-5 * largest,
              );
            }
          }
        }
      });
    }
  }
});

type Chain = ReturnType<typeof randomChain>;

/** Irregular float32 numbers in +-scale. */
const waves = (length: number, scale: number, pace: number) =>
  Float32Array.from({ length }, (_, i) => scale * Math.sin(pace * i + 1));

function randomChain(tags: number, scale: number) {
  return {
    start: waves(tags, 1, 5),
    end: waves(tags, 1, 7),
    transitions: waves(tags * tags, scale / 10, 11),
  };
}

/** The same with the forward and backward recursion in double precision: the gradients are the marginals. */
function inDoublePrecision(
  emissions: Float32Array,
  lengths: readonly number[],
  length: number,
  { start, end, transitions }: Chain,
): Record<string, number[]> {
  const tags = start.length;
  const all = Array.from({ length: tags }, (_, tag) => tag);
  const logSum = (values: readonly number[]) => {
    const most = Math.max(...values);
    return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
  };
  const result: number[] = [];
  const forEmissions = new Array<number>(emissions.length).fill(0);
  const [forStart, forEnd] = [start, end].map(() => new Array<number>(tags).fill(0)) as [number[], number[]];
  const forTransitions = new Array<number>(tags * tags).fill(0);
  for (const [row, own] of lengths.entries()) {
    const at = (t: number, tag: number) => (row * length + t) * tags + tag;
    const forward = [all.map((tag) => start[tag]! + emissions[at(0, tag)]!)];
    for (let t = 1; t < own; t++) {
      forward.push(
        all.map(
          (to) =>
            emissions[at(t, to)]! +
            logSum(all.map((from) => forward[t - 1]![from]! + transitions[from * tags + to]!)),
        ),
      );
    }
    const backward = [all.map((tag) => end[tag]!)]; // of the last position, then those before it
    for (let t = own - 1; t > 0; t--) {
      const next = backward[0]!;
      const before = all.map((from) =>
        logSum(all.map((to) => transitions[from * tags + to]! + emissions[at(t, to)]! + next[to]!)),
      );
      backward.unshift(before);
    }
    const total = logSum(all.map((tag) => forward[own - 1]![tag]! + end[tag]!));
    result.push(total);
    for (const tag of all) {
      const share = (t: number) => Math.exp(forward[t]![tag]! + backward[t]![tag]! - total);
      for (let t = 0; t < own; t++) forEmissions[at(t, tag)] = share(t);
      forStart[tag] = forStart[tag]! + share(0);
      forEnd[tag] = forEnd[tag]! + share(own - 1);
      for (let t = 1; t < own; t++) {
        for (const from of all) {
          const path = forward[t - 1]![from]! + transitions[from * tags + tag]! + emissions[at(t, tag)]!;
          const place = from * tags + tag;
          forTransitions[place] = forTransitions[place]! + Math.exp(path + backward[t]![tag]! - total);
        }
      }
    }
  }
  return { result, forEmissions, forStart, forEnd, forTransitions };
}
