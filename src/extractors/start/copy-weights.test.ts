// Copying by label: every weight of a label moves with it, whatever the order, and only what is new keeps its initial value.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WeightSource } from "../../encoders/weight-source.ts";
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import type { ParameterDeclaration } from "../../nn/parameter-scope.ts";
import { copyWeights, planCopy } from "./copy-weights.ts";

const FRESH = -1;
const WIDTH = 2;
const AXES = { "head.weight": [0], "crf.transitions": [0, 1] };

/** A weight that says which labels, and which column, it belongs to. */
const sign = (...parts: readonly (string | number)[]) =>
  [...parts.join("/")].reduce((sum, letter) => (31 * sum + letter.charCodeAt(0)) % 10_007, 7);

/** The weights of a model with these labels; labels outside `known` have the value of fresh weights. */
function weightsOf(labels: readonly string[], known: ReadonlySet<string> = new Set(labels)) {
  const value = (names: readonly string[], ...more: readonly number[]) =>
    names.every((name) => known.has(name)) ? sign(...names, ...more) : FRESH;
  const columns = [...Array(WIDTH).keys()];
  const tensors: Record<string, HostTensor<"float32">> = {
    "encoder.layer": hostTensor("float32", [3], [1, 2, 3]),
    "head.weight": hostTensor(
      "float32",
      [labels.length, WIDTH],
      labels.flatMap((label) => columns.map((column) => value([label], column))),
    ),
    "crf.transitions": hostTensor(
      "float32",
      [labels.length, labels.length],
      labels.flatMap((from) => labels.map((to) => value([from, to]))),
    ),
  };
  return tensors;
}

function sourceOf(tensors: Record<string, HostTensor<"float32">>): WeightSource {
  return {
    path: "model.safetensors",
    names: () => Object.keys(tensors),
    spec: (name: string) => tensors[name],
    tensor: (name: string) => tensors[name],
  } as unknown as WeightSource;
}

function declarationsOf(tensors: Record<string, HostTensor<"float32">>) {
  return new Map(
    Object.entries(tensors).map(([name, { shape }]) => [name, { name, shape } as ParameterDeclaration]),
  );
}

describe("weights of a trained model", () => {
  it("move with their labels, and new labels keep their initial values", () => {
    const names = fc.uniqueArray(fc.constantFrom(..."ABCDEFGH"), { minLength: 1 });
    fc.assert(
      fc.property(names, names, (before, now) => {
        const wanted = weightsOf(now, new Set(before));
        const found = weightsOf(now, new Set()); // all fresh
        found["encoder.layer"]?.data.fill(FRESH);
        const source = sourceOf(weightsOf(before));
        const labels = { before, now, axes: AXES };
        const plan = planCopy(declarationsOf(found).values(), source, labels);
        expect(plan.fresh).toEqual([]);
        copyWeights(plan, source, labels, (name) => found[name]!); // declared above
        expect(found).toEqual(wanted);
      }),
      { numRuns: 100 },
    );
  });

  it("of other sizes are drawn again, but never those of the text encoder", () => {
    const source = sourceOf(weightsOf(["A"]));
    const labels = { before: ["A"], now: ["A"], axes: AXES };
    const plan = (changed: Record<string, HostTensor<"float32">>) =>
      planCopy(declarationsOf({ ...weightsOf(["A"]), ...changed }).values(), source, labels);
    const wide = hostTensor("float32", [1, 3], [0, 0, 0]);
    expect(plan({ "head.weight": wide, prefix: wide }).fresh).toEqual(["head.weight", "prefix"]);
    expect(() => plan({ "encoder.layer": hostTensor("float32", [2], [0, 0]) })).toThrow(
      expect.objectContaining({ code: "encoder/missing-weight" }),
    );
  });
});
