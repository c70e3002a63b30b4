// Codes of the graph layer: errors in building a model's computation.
import type { CodeTable } from "./code-table.ts";

/** Errors of `relata/graph` and `relata/nn`. */
export const GRAPH_CODES = {
  "graph/bad-name": {
    means: "A tensor was given a name that the ONNX file cannot hold.",
    remedy: "Use letters, digits, `.`, `_`, `-` and `/`, and begin with a letter or `_`.",
  },
  "graph/bad-size": {
    means: "An axis was given a size that is neither a whole number from 0 nor a named size.",
    remedy:
      "Give a number, a name such as `batch`, or what `addDimensions` and `multiplyDimensions` return. Do not write sums of names by hand.",
  },
  "graph/cannot-quantize": {
    means: "Eight-bit layers were asked for in a graph that is not for the CPU, or that stores its weights.",
    remedy:
      'Serialise for the spelling "cpu" with `supplyParameters`, or leave `quantize` out and predict in float32.',
  },
  "graph/duplicate-input": {
    means:
      "Two different inputs of one graph have the same name, so a feed by name could not tell them apart.",
    remedy: "Create the input once and use that tensor in both places, or rename one of them.",
  },
  "graph/duplicate-output": {
    means: "A name belongs to an input and to an output of the same graph.",
    remedy: "Give the output another name.",
  },
  "graph/loss-not-scalar": {
    means: "Gradients were asked of a tensor that is not a single float32 number.",
    remedy: "Reduce the loss to one number first, for instance with `reduceMean`.",
  },
  "graph/no-gradient": {
    means: "The loss depends on a wanted tensor through an operator for which no gradient is defined.",
    remedy:
      "Wrap the operator's input in `stopGradient` if nothing should flow through it. Otherwise build the value from operators that have a gradient.",
  },
  "graph/no-such-axis": {
    means: "An axis was named that the tensor does not have.",
    remedy: "Count axes from 0, or from the end with negative numbers. The message gives the legal range.",
  },
  "graph/not-a-matrix": {
    means: "A weight that is not a matrix [out, in] was to be quantised to eight bits.",
    remedy: "Quantise only the weights of linear layers.",
  },
  "graph/not-finite": {
    means: "A weight that was to be quantised holds NaN or infinity.",
    remedy: "The model is damaged or its training diverged: use an earlier model, or train again.",
  },
  "graph/shape-mismatch": {
    means:
      "An operator was given a tensor with the wrong number of axes, or tensors whose sizes do not fit together.",
    remedy:
      "Compare the shapes in the message with what the operator takes, and reshape or transpose first. From a picture encoder it means that the pictures are too small or not square: give 224 x 224 pixels.",
  },
  "graph/too-large": {
    means: "The weights stored in an ONNX file would exceed the format's limit of 2 GiB.",
    remedy:
      "Serialise with the weights as inputs (`supplyParameters`). To export a bundle, leave `--onnx` out or train a smaller encoder.",
  },
  "graph/unknown-size": {
    means:
      "The graph computes with a named size that no input has an axis of, so it has no value at run time.",
    remedy: "Give one of the inputs an axis of exactly that name.",
  },
  "graph/wrong-array": {
    means: "A host tensor was built from a typed array that is not the one of its element type.",
    remedy: "Pass the typed array that the message names, or a plain array of numbers.",
  },
  "graph/wrong-dtype": {
    means: "An operator was given a tensor of an element type that it does not take.",
    remedy: "Cast the tensor to one of the types in the message first.",
  },
  "graph/wrong-element-count": {
    means: "A host tensor was given more or fewer elements than its shape has.",
    remedy: "Give as many elements as the product of the sizes. A scalar has one.",
  },
  "graph/wrong-weight": {
    means: "The value supplied for a parameter has another element type or shape than the graph declares.",
    remedy: "Supply the weights of the model that the graph was built for.",
  },
  "nn/parameter-shape": {
    means: "One parameter name was declared twice with different shapes.",
    remedy: "Use one shape for one name, or put the second layer below a scope of its own (`scope.at(...)`).",
  },
} satisfies CodeTable;
