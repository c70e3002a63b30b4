// The shape of fitted thresholds, in a model folder and in what is exported from it.
import { z } from "zod";

const share = z.number().min(0).max(1);
const count = z.int().nonnegative();

const heldOutSchema = z.strictObject({
  kept: count,
  right: count,
  precision: share.nullable(),
  interval: z.tuple([share, share]),
  recall: share,
  f1: share,
});

const thresholdSchema = z.strictObject({
  threshold: share.nullable(),
  decision: z.enum(["reached", "unreached", "not-better", "too-few", "all-labels"]),
  predictions: count,
  texts: count,
  gold: count,
  precision: share.nullable(),
  recall: share,
  heldOut: heldOutSchema.nullable(),
});

/** `Thresholds` as JSON. */
export const thresholdsSchema = z.strictObject({
  aim: z.union([z.literal("best-f1"), z.strictObject({ precision: z.number().gt(0).lt(1) })]),
  unreached: z.enum(["best", "drop"]),
  all: thresholdSchema,
  together: heldOutSchema.nullable(),
  labels: z.array(thresholdSchema.extend({ label: z.string() })),
});
