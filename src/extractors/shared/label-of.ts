// Returns the training label of an example.
import { TrainingError } from "../../base/errors.ts";

/** Index into the label set. @throws TrainingError `training/missing-label` */
export function labelOf(example: { readonly id: string; readonly label: number | undefined }): number {
  if (example.label !== undefined) return example.label;
  throw new TrainingError({
    code: "training/missing-label",
    message: `'${example.id}' has no label`,
    place: example.id,
    remedy: "Train on labelled documents only.",
  });
}
