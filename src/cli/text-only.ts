// What --text-only sets: no picture, nothing that needs one, and none of the picture settings of a configuration file.

/** Fields of the configuration with their values; `null` removes one. */
export const TEXT_ONLY: readonly (readonly [field: string, value: unknown])[] = [
  ["visual.kind", "none"],
  ["model.attention.enabled", false],
  ["model.mixup.enabled", false],
  ["model.prefix.wholePicture", null],
  ["visual.encoder", null],
  ["visual.stages", null],
  ["visual.detector", null],
  ["visual.features", null],
];
