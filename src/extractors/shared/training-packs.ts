// What the trainer makes batches of: single examples, or packs of examples that share a sequence.
import type { TrainingModel } from "../../training/model.ts";
import type { TrainArguments } from "../../training/train-arguments.ts";
import type { TrainableModel } from "./training-task.ts";

type Trained<Example> = Pick<TrainableModel<Example, never>, "packing" | "groupOf"> & {
  readonly model: TrainingModel<Example>;
};
type Packed<Example> = Pick<
  TrainArguments<readonly Example[]>,
  "model" | "examples" | "exampleNoun" | "evaluationExamples" | "nameOf" | "groupOf"
>;

/** The examples in packs, one example each without packing, and the model as one of packs; `scored` are the examples of an evaluation. */
export function trainingPacks<Example extends { readonly id: string }>(
  { model, packing, groupOf }: Trained<Example>,
  examples: readonly Example[],
  scored: readonly Example[],
): Packed<Example> {
  return {
    model: {
      parameters: model.parameters,
      lengthOf: (pack) => packing?.lengthOf(pack) ?? model.lengthOf(pack[0]!), // no pack is empty
      savedWeights: () => model.savedWeights?.(),
      step: (packs, at) => model.step(packs.flat(), at),
      ...(model.stepAll && {
        stepAll: (batches, at) =>
          model.stepAll!(
            batches.map((packs) => packs.flat()),
            at,
          ), // there is one
      }),
    },
    examples: packing?.packs(examples) ?? examples.map((example) => [example]),
    exampleNoun: packing ? "text" : "example",
    evaluationExamples: (packing?.packs(scored) ?? scored).length,
    nameOf: (pack) => [...new Set(pack.map(({ id }) => id))].join(", "),
    ...(packing ? {} : { groupOf: ([example]) => groupOf(example!) }), // a pack has examples of several groups
  };
}
