// Fills the graph inputs that only relation models have: mention spans.
import type { RelationInput } from "../../encoders/tokenizing/relation-input.ts";
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";

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
