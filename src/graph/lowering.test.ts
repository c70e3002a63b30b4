import { describe, expect, it } from "vitest";
import { Lowering } from "./lowering.ts";
import type { Subgraph } from "./onnx-node.ts";

/** A running sum over steps, times a value from outside; returns what the Scan reads, its body and its results. */
function runningSum(spelling: "cpu" | "onnx") {
  const l = new Lowering(spelling, new Map());
  const factor = l.node("Identity", ["x"]);
  const results = l.scan(["begin"], ["steps"], ([sum], [step]) => {
    const next = l.node("Add", [sum!, step!]);
    return {
      states: [next],
      outputs: [l.node("Mul", [next, factor]), l.node("Mul", [next, l.floatScalar(2)])],
    };
  });
  const scan = l.nodes.at(-1)!;
  const { graph } = scan.attributes.body as { readonly graph: Subgraph };
  const inside = new Set([...graph.inputs, ...graph.nodes.flatMap(({ outputs }) => outputs)]);
  const read = graph.nodes.flatMap(({ inputs }) => inputs).filter((name) => !inside.has(name));
  return { factor, results, scan, graph, fromOutside: read.filter((name) => !l.initializers.has(name)) };
}

describe("scan", () => {
  it("lets the body read values from outside with onnxruntime's own operators", () => {
    const { factor, scan, results, fromOutside } = runningSum("cpu");
    expect(fromOutside).toEqual([factor]);
    expect(scan.inputs).toEqual(["begin", "steps"]);
    expect(results).toEqual(scan.outputs);
  });

  it("passes them as states that stay as they are in standard operators, and hides these from the results", () => {
    const { factor, scan, results, graph, fromOutside } = runningSum("onnx");
    expect(fromOutside).toEqual([]);
    expect(scan.inputs).toEqual(["begin", factor, "steps"]);
    expect(graph.inputs).toHaveLength(3);
    expect(graph.outputs).toHaveLength(4);
    const kept = graph.nodes.find(({ outputs }) => outputs[0] === graph.outputs[1]);
    expect(kept).toMatchObject({ type: "Identity", inputs: [graph.inputs[1]] });
    expect(results).toEqual([scan.outputs[0], scan.outputs[2], scan.outputs[3]]);
  });
});
