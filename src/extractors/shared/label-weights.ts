// How much each training label counts: the probabilities that a model or several annotators gave it, as weights of the loss.
import { counted } from "../../base/counted.ts";
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";

/** What says how sure an example's label is, and how much it counts. */
export interface WeightedExample {
  /** The probability that its label is right, where the document says so: of a relation or category, or the mean over a text's entities. */
  readonly probability?: number | undefined;
  /** Its loss is multiplied by this; absent in a training without weights. */
  readonly weight?: number | undefined;
}

/** Mean probability of some labels, 1 for one that says nothing; undefined if none says anything. */
export function meanProbability(labels: readonly { readonly probability?: number }[]): number | undefined {
  if (labels.every(({ probability }) => probability === undefined)) return undefined;
  return labels.reduce((sum, { probability = 1 }) => sum + probability, 0) / labels.length;
}

/**
 * Examples with their probabilities, divided by the mean over all, as weights: the mean weight is 1, so the size of the loss and of the steps stays
 * what it was. Without a probability, or if all are equal, the examples are returned as they are and nothing changes.
 */
export function weighExamples<Example extends WeightedExample>(
  examples: readonly Example[],
): readonly Example[] {
  const probabilities = examples.map(({ probability = 1 }) => probability);
  const [first] = probabilities;
  if (probabilities.every((probability) => probability === first)) return examples;
  const mean = probabilities.reduce((sum, probability) => sum + probability, 0) / probabilities.length;
  return examples.map((example, i) => ({ ...example, weight: probabilities[i]! / mean }));
}

/** Begins the name of a training graph whose losses are weighted. */
const WEIGHTED = "weighted ";

/** Whether a training graph, by its name, weighs its losses. */
export function isWeighted(variant: string | undefined): boolean {
  return variant?.startsWith(WEIGHTED) === true;
}

/** The name of the training graph of a batch, and the weights of its examples: undefined for a batch without weights. */
export function weightsOf(
  examples: readonly WeightedExample[],
  variant: string,
): { readonly variant: string; readonly weights: readonly number[] | undefined } {
  if (examples.every(({ weight }) => weight === undefined)) return { variant, weights: undefined };
  return { variant: `${WEIGHTED}${variant}`, weights: examples.map(({ weight = 1 }) => weight) };
}

/** Weights as a graph input: float32 [rows]. */
export function weightInput(weights: readonly number[]): HostTensor<"float32"> {
  return hostTensor("float32", [weights.length], weights);
}

/** What to say about training labels that carry a probability; empty if none does and none is asked for. */
export function labelWeightNotes(
  labels: readonly { readonly probability?: number }[],
  setting: "none" | "probability",
): readonly string[] {
  const known = labels.flatMap(({ probability }) => probability ?? []);
  if (known.length === 0) {
    return setting === "none"
      ? []
      : ['no training label carries a probability: training.labelWeights "probability" changes nothing'];
  }
  const some = `${counted(known.length, "training label")} of ${labels.length.toLocaleString("en")} ${known.length === 1 ? "carries" : "carry"} a probability`;
  if (setting === "none")
    return [
      `${some} and ${known.length === 1 ? "is" : "are"} used as certain (--set training.labelWeights=probability weighs ${known.length === 1 ? "it" : "them"})`,
    ];
  const mean = known.reduce((sum, probability) => sum + probability, 0) / known.length;
  return [
    `${some} (mean ${mean.toFixed(2)}) and ${known.length === 1 ? "is" : "are"} weighted by it; labels without one count as certain`,
  ];
}
