// What a trained model saves about its visual channel in order to reopen it; validated on reading.
import { resolve } from "node:path";
import { z } from "zod";
import { stampSchema } from "../extensions/stamp-schema.ts";

const count = z.int().positive();
/** As in the configuration. */
const MOST_STAGES = 16;

/** Label of the visual channel in results. */
const visualLabels = ["pixels", "precomputed features", "caption-as-vision"] as const;
export type VisualLabel = (typeof visualLabels)[number];

/** A frozen network: where it was, and a hash of what it was. */
const frozen = z.strictObject({ place: z.string().min(1), fingerprint: z.string().min(1) });

/** The `visual` part of config.json of a model folder. */
export const savedVisualSchema = z.strictObject({
  kind: z.enum(["pictures", "features", "captions"]),
  /** Printed with all results. */
  label: z.enum(visualLabels),
  mapWidth: count,
  classes: count,
  /** The encoder's stages that the maps are made of; absent: all, in order. */
  stages: z.array(z.int().positive()).min(1).max(MOST_STAGES).readonly().optional(),
  /** The frozen encoder of pictures or captions (or the feature file): where it was, and a hash of what it was. */
  encoder: z.string().min(1),
  fingerprint: z.string().min(1),
  /** The user's extension that `encoder` names; absent if it is a location. */
  extension: stampSchema.optional(),
  /** The detector that found the crops; absent if there are no crops or they come from a file. */
  detector: frozen.optional(),
  /** Whether locations are relative to the model's folder, as in an exported bundle; absent: as given. */
  relativeTo: z.literal("model").optional(),
});

export type SavedVisual = z.output<typeof savedVisualSchema>;

/** Resolves saved locations so that they can be opened from anywhere. */
export function locatedVisual(saved: SavedVisual | null, modelFolder: string): SavedVisual | null {
  if (saved?.relativeTo === undefined) return saved;
  const { relativeTo: _, detector, ...rest } = saved;
  return {
    ...rest,
    // Absolute, so that a missing folder is never mistaken for a hub id.
    encoder: rest.extension ? rest.encoder : resolve(modelFolder, rest.encoder),
    ...(detector ? { detector: { ...detector, place: resolve(modelFolder, detector.place) } } : {}),
  };
}
