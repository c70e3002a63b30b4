// Golden cases of encoders in the Hugging Face layout: outputs, the weighted loss and its gradients.
import { bertEncoder } from "../../encoders/bert.ts";
import { parseTextConfig } from "../../encoders/text-config.ts";
import type { Runtime } from "../../engine/runtime.ts";
import { DataError } from "../../errors.ts";
import { add, cast, input, multiply, reduceMean, reshape, type Tensor } from "../../graph/index.ts";
import { Dropout, ParameterScope } from "../../nn/index.ts";
import type { GoldenCase, Tensors } from "./golden-case.ts";
import { gradientOutputs, runGraph } from "./graph-run.ts";

/** The graph of one encoder family: outputs by name, parameters declared in `scope`. */
type EncoderGraph = (scope: ParameterScope, golden: GoldenCase) => Record<string, Tensor>;

const GRAPHS: Readonly<Record<string, EncoderGraph>> = {
  bert: textEncoder,
  roberta: textEncoder,
  "xlm-roberta": textEncoder,
};

/** Computes an encoder case. @throws DataError `parity/unknown-encoder` */
export async function runEncoderCase(golden: GoldenCase, runtime: Runtime): Promise<Tensors> {
  const modelType = (golden.config as { readonly model_type?: unknown }).model_type;
  const build = typeof modelType === "string" ? GRAPHS[modelType] : undefined;
  if (build === undefined) {
    throw new DataError({
      code: "parity/unknown-encoder",
      message: `model_type ${JSON.stringify(modelType)} is no known encoder; known: ${Object.keys(GRAPHS).join(", ")}`,
      place: golden.folder,
      remedy: "Use a case of a known encoder.",
    });
  }
  const scope = new ParameterScope();
  const outputs = build(scope, golden);
  const loss = golden.outputs
    .map((name) => weightedMean(name, outputs[name], golden))
    .reduce((sum, term) => add(sum, term));
  const gradients = gradientOutputs(loss, scope.table, "grad.", golden.expected);
  return runGraph(
    runtime,
    { ...outputs, loss, ...gradients },
    { ...golden.weights, ...golden.inputs },
    golden.folder,
  );
}

/** mean(output * `weight.<output>`), the term of one output in the loss. */
function weightedMean(name: string, output: Tensor | undefined, golden: GoldenCase): Tensor {
  const weight = golden.inputs[`weight.${name}`];
  if (output === undefined || weight === undefined) {
    throw new DataError({
      code: "parity/bad-case",
      message: `the case lists the output "${name}", which the graph or the inputs lack`,
      place: golden.folder,
      remedy: "List outputs of the encoder and give a weight for each.",
    });
  }
  return reduceMean(multiply(output, input(`weight.${name}`, "float32", output.shape)));
}

function textEncoder(scope: ParameterScope, golden: GoldenCase): Record<string, Tensor> {
  const inputIds = input("input_ids", "int64", ["batch", "length"]);
  const attentionMask = input("attention_mask", "int64", ["batch", "length"]);
  const hidden = bertEncoder(scope, parseTextConfig(golden.config, golden.folder), {
    inputIds,
    attentionMask,
    dropout: new Dropout(false),
  });
  // Padded positions hold whatever attention left there; the cases compare them as zero.
  const mask = reshape(cast(attentionMask, "float32"), ["batch", "length", 1]);
  return { last_hidden_state: multiply(hidden, mask) };
}
