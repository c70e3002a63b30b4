// Golden cases of encoders in the Hugging Face layout: outputs, the weighted loss and its gradients.

import { DataError } from "../../base/errors.ts";
import { canonicalWeightName } from "../../encoders/weight-names.ts";
import { loadWeights, openWeights } from "../../encoders/weights.ts";
import { add, multiply } from "../../graph/operators/elementwise.ts";
import { reduceMean } from "../../graph/operators/reduction.ts";
import { input, type Tensor } from "../../graph/tensor.ts";
import { ParameterScope } from "../../nn/parameter-scope.ts";
import { ENCODER_GRAPHS } from "./encoder-graphs.ts";
import type { GoldenCase, Tensors } from "./golden-case.ts";
import { type GraphRunner, gradientOutputs } from "./graph-run.ts";

/** What names of gradients begin with. */
const GRADIENT = "grad.";

/** Computes an encoder case. @throws DataError `parity/unknown-encoder` */
export async function runEncoderCase(golden: GoldenCase, runner: GraphRunner): Promise<Tensors> {
  const modelType = (golden.config as { readonly model_type?: unknown }).model_type;
  const build = typeof modelType === "string" ? ENCODER_GRAPHS[modelType] : undefined;
  if (build === undefined) {
    throw new DataError({
      code: "parity/unknown-encoder",
      message: `unknown encoder: model_type ${JSON.stringify(modelType)}; known: ${Object.keys(ENCODER_GRAPHS).join(", ")}`,
      place: golden.folder,
      remedy: "Use a case of a known encoder.",
    });
  }
  const scope = new ParameterScope();
  const outputs = build(scope, golden);
  const loss = lossOf(outputs, golden);
  // Newer versions of transformers name gradients unlike the weights in their own files.
  const expectedNames = new Map(Object.keys(golden.expected).map((name) => [canonicalName(name), name]));
  const expected = Object.fromEntries(
    Object.entries(golden.expected).map(([name, tensor]) => [canonicalName(name), tensor]),
  );
  const gradients = gradientOutputs(loss, scope.table, GRADIENT, expected);
  const { weights } = loadWeights(scope.table.values(), await openWeights(golden.folder));
  const results = await runner(
    { ...outputs, loss, ...gradients },
    { ...Object.fromEntries(weights), ...golden.inputs },
    golden.folder,
  );
  return Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => [expectedNames.get(name) ?? name, tensor]),
  );
}

function canonicalName(name: string): string {
  return name.startsWith(GRADIENT) ? GRADIENT + canonicalWeightName(name.slice(GRADIENT.length)) : name;
}

/** The sum over the case's outputs of mean(output * weight). */
function lossOf(outputs: Readonly<Record<string, Tensor>>, golden: GoldenCase): Tensor {
  const terms = golden.outputs.map((name) => weightedMean(name, outputs[name], golden));
  const [first, ...rest] = terms;
  if (first !== undefined) return rest.reduce((sum, term) => add(sum, term), first);
  throw new DataError({
    code: "parity/bad-case",
    message: "the case lists no outputs, so it has no loss",
    place: golden.folder,
    remedy: "List the outputs in case.json.",
  });
}

/** mean(output * `weight.<output>`), the term of one output in the loss. */
function weightedMean(name: string, output: Tensor | undefined, golden: GoldenCase): Tensor {
  const weight = golden.inputs[`weight.${name}`];
  if (output === undefined || weight === undefined) {
    throw new DataError({
      code: "parity/bad-case",
      message: `the case lists the output "${name}", which the graph or the inputs do not have`,
      place: golden.folder,
      remedy: "List outputs of the encoder and give a weight for each.",
    });
  }
  return reduceMean(multiply(output, input(`weight.${name}`, "float32", output.shape)));
}
