// What to know before training with mixup whose batches are too small for it.
import { counted } from "../../base/counted.ts";
import type { Config } from "../../config/schema.ts";
import { mixupPlan } from "../../models/i2srm/mixup-plan.ts";

/** A warning if no full batch mixes any two documents, else nothing. */
export function mixupNotes({ model, training }: Pick<Config, "model" | "training">): readonly string[] {
  const { mixup, attention } = model;
  const { batchSize } = training;
  if (!mixup.enabled) return [];
  const { mixedA } = mixupPlan(batchSize, attention.enabled, mixup, (count) => [...Array(count).keys()]);
  if (batchSize > 1 && mixedA.length > 0) return [];
  const batch = `a batch of ${counted(batchSize, "document")}`;
  const why =
    batchSize === 1
      ? `${batch} has no second one to mix with`
      : `in ${batch}, model.mixup.delta ${mixup.delta} and model.mixup.unmixedShare ${mixup.unmixedShare} select no row`;
  return [`warning: model.mixup is on, but nothing is mixed: ${why}`];
}
