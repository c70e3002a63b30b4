// Fills the graph inputs that only the relation model has: mention spans and the rows of the mixup plan.
import type { RelationInput } from "../../encoders/tokenizing/relation-input.ts";
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import { type MixupPlan, rowInputs } from "../../models/i2srm/mixup-plan.ts";

type Inputs = Record<string, HostTensor>;

/** `head_span`, `tail_span` int64 [batch, 2]. */
export function spanInputs(
  examples: readonly { readonly input: Pick<RelationInput, "headSpan" | "tailSpan"> }[],
): Inputs {
  const spans = (of: "headSpan" | "tailSpan") =>
    hostTensor(
      "int64",
      [examples.length, 2],
      examples.flatMap(({ input }) => [...input[of]]),
    );
  return { head_span: spans("headSpan"), tail_span: spans("tailSpan") };
}

function int64(values: readonly number[]): HostTensor<"int64"> {
  return hostTensor("int64", [values.length], values);
}

/** Rows, labels and lambda of a mixup plan; `labels` are the batch's labels, and H* repeats them. */
export function mixupInputs(plan: MixupPlan, labels: readonly number[], lambda: number): Inputs {
  const labelsOf = (rows: readonly number[]) => int64(rows.map((row) => labels[row % labels.length]!));
  return {
    ...rowInputs(plan),
    unmixed_labels: labelsOf(plan.unmixed),
    mixed_labels_a: labelsOf(plan.mixedA),
    mixed_labels_b: labelsOf(plan.mixedB),
    mix_lambda: hostTensor("float32", [], [lambda]),
  };
}
